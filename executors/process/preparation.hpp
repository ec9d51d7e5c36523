// Everything a body needs before it is born: found, allocated and opened, so that nothing can fail half way through a birth but the birth.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "executors/execution.hpp"
#include "executors/outcome.hpp"
#include "executors/process/child_setup.hpp"
#include "executors/process/containment.hpp"
#include "executors/process/environment.hpp"
#include "executors/process/payload.hpp"
#include "executors/process/pipes.hpp"
#include "executors/scoreboard/scoreboard.hpp"
#include "executors/process/program.hpp"

namespace reeve::executors::process {

class Preparation {
 public:
  Preparation(const Execution& execution, const Surroundings& surroundings, const std::string& payload_folder)
      : execution_(execution), spec_(*execution.process), surroundings_(surroundings), payload_folder_(payload_folder) {}
  // Of a body that is more than this one attempt: `identity` takes the place of what an attempt is told about itself, see environment.hpp.
  Preparation(const Execution& execution, const Surroundings& surroundings, const std::string& payload_folder, WorkerIdentity identity)
      : Preparation(execution, surroundings, payload_folder) {
    worker_ = identity;
  }
  Preparation(const Preparation&) = delete;
  Preparation& operator=(const Preparation&) = delete;

  // For a body of `tree`. Nothing when all is there; otherwise how the attempt ends without a body.
  [[nodiscard]] std::optional<End> make(const Tree& tree);

  void tell(std::string_view name, std::string_view value);   // one more entry of its environment; after make()

  [[nodiscard]] ChildPlan& plan() { return plan_; }   // points into this object
  [[nodiscard]] Pipes& pipes() { return pipes_; }
  [[nodiscard]] scoreboard::Owner owner() const;      // whom the body runs as
  void close_childs_ends();                           // after the birth, so that the end of the child is the end of the pipes

 private:
  [[nodiscard]] std::optional<End> make_arguments();
  [[nodiscard]] std::optional<End> make_identity();
  [[nodiscard]] std::optional<End> make_program();
  [[nodiscard]] std::optional<End> make_descriptors();
  [[nodiscard]] std::optional<End> make_sandbox();
  void make_environment();
  [[nodiscard]] std::optional<End> make_limits(const Tree& tree);

  const Execution& execution_;
  const ProcessSpec& spec_;
  const Surroundings& surroundings_;
  const std::string& payload_folder_;
  std::optional<WorkerIdentity> worker_{};
  std::vector<std::string> arguments_{};
  std::vector<std::string> environment_{};
  std::vector<char*> argv_{};
  std::vector<char*> envp_{};
  std::string path_{};
  Program program_{};
  std::string home_{};
  Input input_{};
  Pipes pipes_{};
  ChildPlan plan_{};
};

}  // namespace reeve::executors::process
