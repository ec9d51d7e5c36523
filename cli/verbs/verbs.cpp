#include "cli/verbs/verbs.hpp"

namespace reeve::cli {

Verbs all_verbs() {
  std::unique_ptr<Verb> (*const makers[])() = {
      make_status,
      make_top,
      make_list,
      make_show,
      make_why,
      make_logs,
      make_events,
      make_failures,
      make_stats,
      make_enqueue,
      make_run,
      make_wait,
      make_cancel,
      make_retry,
      make_rerun,
      make_delete,
      make_signal,
      make_pause,
      make_resume,
      make_drain,
      make_schedule_list,
      make_schedule_show,
      make_schedule_add,
      make_schedule_remove,
      make_schedule_pause,
      make_schedule_resume,
      make_schedule_run,
      make_reload,
      make_plan,
      make_apply,
      make_rollback,
      make_config_list,
      make_config_show,
      make_config_diff,
      make_progress,
      make_log,
      make_beat,
      make_step,
      make_sleep,
      make_serve,
      make_check,
      make_doctor,
      make_compact,
      make_store_check,
      make_store_stats,
      make_store_backup,
      make_store_restore,
      make_store_export,
      make_store_import,
      make_store_vacuum,
      make_store_schema,
      make_outbox_init,
      make_version,
      make_completion,
  };
  Verbs verbs{};
  for (const auto make : makers) verbs.push_back(make());
  return verbs;
}

}  // namespace reeve::cli
