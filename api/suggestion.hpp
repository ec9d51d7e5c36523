// The word somebody probably meant.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace reeve::api {

// The known word within two slips of `word`; empty when there is none, or when `word` is too short to tell.
[[nodiscard]] std::string nearest(std::string_view word, std::initializer_list<std::string_view> known);

}  // namespace reeve::api
