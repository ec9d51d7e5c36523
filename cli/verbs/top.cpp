#include <chrono>
#include <ostream>
#include <sstream>
#include <variant>

#include "cli/board_report.hpp"
#include "cli/exit_code.hpp"
#include "cli/keyboard.hpp"
#include "cli/session.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"
#include "executors/scoreboard/boot_time.hpp"
#include "executors/scoreboard/layout.hpp"

namespace reeve::cli {
namespace {

namespace scoreboard = executors::scoreboard;

constexpr std::chrono::milliseconds between_frames{1'000};
constexpr const char* other_screen = "\x1b[?1049h\x1b[?25l";   // a screen of its own, no cursor
constexpr const char* first_screen = "\x1b[?25h\x1b[?1049l";
constexpr const char* from_the_top = "\x1b[H\x1b[J";

class Top final : public Verb {
 public:
  About about() const override {
    return {"top", "what runs, read from the scoreboard: also when the daemon hangs, is stopped or dead",
            "  reeve top                             refreshes each second; q ends it\n"
            "  reeve top --once --json | jq '.rows[] | select(.silent_ms > 60000)'\n"};
  }

  void declare(Grammar& grammar) override {
    grammar.flag("--once", once_, "print it once");
    grammar.option("--board", board_, "PATH", "this scoreboard, not the one beside the socket");
  }

  int run(Session& session) override {
    const std::string board = board_ ? *board_ : scoreboard::board_of(session.socket());
    if (once_ || session.json() || !session.terminal().out) return print_once(session, board);
    return refresh(session, board);
  }

 private:
  using Look = std::variant<SeenBoard, std::string>;   // or why there is nothing to see

  static Look look(const std::string& path) {
    auto read = scoreboard::read_board(path);
    if (std::holds_alternative<scoreboard::NoBoard>(read))
      return "no scoreboard at " + path + ": no daemon serves there, or it runs without one (see reeve doctor)";
    if (auto* nothing = std::get_if<scoreboard::Unreadable>(&read)) return std::move(nothing->message);
    SeenBoard board{std::get<scoreboard::Sight>(std::move(read))};
    board.keeper = scoreboard::keeper_of(board.sight);
    board.now = scoreboard::boot_time();
    return board;
  }

  static int print_once(Session& session, const std::string& path) {
    const Look seen = look(path);
    const auto* board = std::get_if<SeenBoard>(&seen);
    if (board == nullptr) {
      session.say("reeve: " + safe_line(std::get<std::string>(seen)));
      return ExitCode::not_found;
    }
    if (session.json()) session.print(board_json(*board, path));
    else if (session.terminal().out) print(session, session.out(), *board);
    else slot_table(*board).print(session.out(), session.paper());
    if (!session.json() && !session.terminal().out) session.say(headline(*board, false));
    return ExitCode::ok;
  }

  static void print(const Session& session, std::ostream& out, const SeenBoard& board) {
    out << headline(board, session.terminal().colour) << "\n\n";
    if (board.sight.rows.empty()) out << "nothing runs\n";
    else slot_table(board).print(out, session.paper());
  }

  // Each picture is written at once, so that it does not flicker.
  static int refresh(Session& session, const std::string& path) {
    Keyboard keyboard;
    session.out() << other_screen;
    do {
      std::ostringstream picture;
      const Look seen = look(path);
      if (const auto* board = std::get_if<SeenBoard>(&seen)) print(session, picture, *board);
      else picture << safe_line(std::get<std::string>(seen)) << '\n';
      session.out() << from_the_top << picture.str() << "\n" << toned("q ends this", Tone::faint, session.terminal().colour) << std::flush;
    } while (session.out() && keyboard.wait(between_frames) != Keyboard::Pressed::end);
    session.out() << first_screen << std::flush;
    return ExitCode::ok;
  }

  bool once_ = false;
  std::optional<std::string> board_{};
};

}  // namespace

std::unique_ptr<Verb> make_top() { return std::make_unique<Top>(); }

}  // namespace reeve::cli
