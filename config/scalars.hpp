// The small languages of the file: sizes, whole numbers, modes, signals. Strict: a text either is one of them or it is not.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reeve::config {

// "64KiB", "1MiB", "2GiB", "1TiB", "512B", "4096": bytes. No fractions, no decimal units, no space.
[[nodiscard]] std::optional<std::int64_t> parse_size(std::string_view text);
// The shortest text that parse_size reads back.
[[nodiscard]] std::string size_text(std::int64_t bytes);

// "0", "-5", "120"; not "012", "1e3", "0x10", "+5", "5.0".
[[nodiscard]] std::optional<std::int64_t> parse_integer(std::string_view text);
// As JSON writes numbers: "1.5", "2", "-0.25", "1e3".
[[nodiscard]] std::optional<double> parse_number(std::string_view text);
// "true" and "false" and nothing else.
[[nodiscard]] std::optional<bool> parse_flag(std::string_view text);
// "0022", "0o22", "0660": three or four octal digits after the leading 0 (or 0o).
[[nodiscard]] std::optional<unsigned> parse_mode(std::string_view text);
// "TERM", "SIGTERM", "15": a signal that can be sent to ask for an end.
[[nodiscard]] std::optional<int> parse_signal(std::string_view text);
// "TERM" of 15.
[[nodiscard]] std::string signal_text(int signal);

}  // namespace reeve::config
