#include <ostream>

#include "cli/exit_code.hpp"
#include "cli/session.hpp"
#include "cli/text_safety.hpp"
#include "cli/verbs/verbs.hpp"

namespace reeve::cli {
namespace {

class Doctor final : public Verb {
 public:
  About about() const override {
    return {"doctor", "what this machine offers, and whether daemon and store are well; 1 if something is not", "  reeve doctor\n"};
  }
  void declare(Grammar&) override {}

  int run(Session& session) override {
    const Answer answer = session.daemon().get("/v1/doctor", std::chrono::minutes{5});
    const Object report = answer.object();
    bool well = true;
    Table table({{"", false, false}, {"WHAT", false, false}, {"DETAIL", false, true}});
    for (const auto& check : array_in(report, "checks")) {
      const Object& one = as_object(check);
      const bool ok = is_set_in(one, "ok");
      well = well && ok;
      table.add({{ok ? "ok" : "bad", ok ? Tone::good : Tone::bad, {}}, {text_in(one, "name"), Tone::plain, {}}, {text_in(one, "detail"), Tone::plain, {}}});
    }
    for (const auto& feature : array_in(report, "features")) {
      const Object& one = as_object(feature);
      const bool there = is_set_in(one, "available");
      table.add({{there ? "yes" : "no", there ? Tone::good : Tone::warn, {}}, {text_in(one, "name"), Tone::plain, {}}, {text_in(one, "detail"), Tone::plain, {}}});
    }
    for (const auto& note : array_in(report, "notes"))
      table.add({{"note", Tone::plain, {}}, {"", Tone::plain, {}}, {shown(note), Tone::plain, {}}});
    if (session.json()) session.print(answer.body);
    else table.print(session.out(), session.paper());
    return well ? ExitCode::ok : ExitCode::failed;
  }
};

}  // namespace

std::unique_ptr<Verb> make_doctor() { return std::make_unique<Doctor>(); }

}  // namespace reeve::cli
