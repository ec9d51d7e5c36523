#include "cli/compose/digest.hpp"

#include <openssl/sha.h>

#include <array>

namespace reeve::cli::compose {

std::string digest_of(const config::Bundle& bundle) {
  std::string all;
  for (const config::BundledFile& file : bundle) all += std::to_string(static_cast<int>(file.role)) + ":" + std::to_string(file.text.size()) + ":" + file.text;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(all.data()), all.size(), digest.data());
  std::string text;
  for (const unsigned char byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace reeve::cli::compose
