// Text that somebody else wrote, made safe to show on a terminal.
//
// A task may print anything: escape sequences that retitle the window or rewrite earlier lines, carriage returns, right-to-left marks that
// turn text around, bytes that are no UTF-8. Shown here are visible stand-ins: \x1b, \r, \u202e, \xff.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace reeve::cli {

// For one cell or one sentence: nothing that moves the cursor is left, neither line feeds nor tabs.
[[nodiscard]] std::string one_line(std::string_view text);

// For a line of a log: as one_line, but tabs stay.
[[nodiscard]] std::string safe_line(std::string_view text);

// For text of several lines (a JSON document, the tail of stderr): line feeds and tabs stay.
[[nodiscard]] std::string safe_text(std::string_view text);

// How many columns a terminal gives to text that one_line made.
[[nodiscard]] std::size_t columns_of(std::string_view text);

// At most `columns` columns wide; what was cut is shown as an ellipsis.
[[nodiscard]] std::string cut_to(std::string_view text, std::size_t columns);


}  // namespace reeve::cli
