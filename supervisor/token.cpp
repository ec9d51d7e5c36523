#include "supervisor/token.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace reeve::supervisor {

std::string make_token() {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::system_error(errno, std::generic_category(), "the kernel gives no random numbers");
  std::string token;
  for (const unsigned char byte : bytes) (token += digits[byte >> 4]) += digits[byte & 15];
  return token;
}

}  // namespace reeve::supervisor
