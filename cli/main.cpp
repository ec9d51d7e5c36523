#include <iostream>
#include <string>
#include <vector>

#include "cli/program.hpp"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return reeve::cli::run_program(std::move(arguments), {std::cin, std::cout, std::cerr}, reeve::cli::process_environment);
}
