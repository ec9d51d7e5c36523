// All verbs, in the order in which help lists them. Each lives in the file of its name.
#pragma once

#include "cli/verb.hpp"

namespace reeve::cli {

[[nodiscard]] Verbs all_verbs();

[[nodiscard]] std::unique_ptr<Verb> make_status();
[[nodiscard]] std::unique_ptr<Verb> make_top();
[[nodiscard]] std::unique_ptr<Verb> make_list();
[[nodiscard]] std::unique_ptr<Verb> make_show();
[[nodiscard]] std::unique_ptr<Verb> make_why();
[[nodiscard]] std::unique_ptr<Verb> make_logs();
[[nodiscard]] std::unique_ptr<Verb> make_events();
[[nodiscard]] std::unique_ptr<Verb> make_failures();
[[nodiscard]] std::unique_ptr<Verb> make_stats();
[[nodiscard]] std::unique_ptr<Verb> make_enqueue();
[[nodiscard]] std::unique_ptr<Verb> make_run();
[[nodiscard]] std::unique_ptr<Verb> make_wait();
[[nodiscard]] std::unique_ptr<Verb> make_cancel();
[[nodiscard]] std::unique_ptr<Verb> make_retry();
[[nodiscard]] std::unique_ptr<Verb> make_rerun();
[[nodiscard]] std::unique_ptr<Verb> make_delete();
[[nodiscard]] std::unique_ptr<Verb> make_signal();
[[nodiscard]] std::unique_ptr<Verb> make_pause();
[[nodiscard]] std::unique_ptr<Verb> make_resume();
[[nodiscard]] std::unique_ptr<Verb> make_drain();
[[nodiscard]] std::unique_ptr<Verb> make_batch_create();
[[nodiscard]] std::unique_ptr<Verb> make_batch_add();
[[nodiscard]] std::unique_ptr<Verb> make_batch_list();
[[nodiscard]] std::unique_ptr<Verb> make_batch_show();
[[nodiscard]] std::unique_ptr<Verb> make_batch_close();
[[nodiscard]] std::unique_ptr<Verb> make_batch_wait();
[[nodiscard]] std::unique_ptr<Verb> make_schedule_list();
[[nodiscard]] std::unique_ptr<Verb> make_schedule_show();
[[nodiscard]] std::unique_ptr<Verb> make_schedule_add();
[[nodiscard]] std::unique_ptr<Verb> make_schedule_remove();
[[nodiscard]] std::unique_ptr<Verb> make_schedule_pause();
[[nodiscard]] std::unique_ptr<Verb> make_schedule_resume();
[[nodiscard]] std::unique_ptr<Verb> make_schedule_run();
[[nodiscard]] std::unique_ptr<Verb> make_reload();
[[nodiscard]] std::unique_ptr<Verb> make_plan();
[[nodiscard]] std::unique_ptr<Verb> make_apply();
[[nodiscard]] std::unique_ptr<Verb> make_rollback();
[[nodiscard]] std::unique_ptr<Verb> make_config_list();
[[nodiscard]] std::unique_ptr<Verb> make_config_show();
[[nodiscard]] std::unique_ptr<Verb> make_config_diff();
[[nodiscard]] std::unique_ptr<Verb> make_progress();
[[nodiscard]] std::unique_ptr<Verb> make_log();
[[nodiscard]] std::unique_ptr<Verb> make_beat();
[[nodiscard]] std::unique_ptr<Verb> make_step();
[[nodiscard]] std::unique_ptr<Verb> make_sleep();
[[nodiscard]] std::unique_ptr<Verb> make_serve();
[[nodiscard]] std::unique_ptr<Verb> make_check();
[[nodiscard]] std::unique_ptr<Verb> make_doctor();
[[nodiscard]] std::unique_ptr<Verb> make_compact();
[[nodiscard]] std::unique_ptr<Verb> make_store_check();
[[nodiscard]] std::unique_ptr<Verb> make_store_restore();
[[nodiscard]] std::unique_ptr<Verb> make_store_export();
[[nodiscard]] std::unique_ptr<Verb> make_store_import();
[[nodiscard]] std::unique_ptr<Verb> make_store_vacuum();
[[nodiscard]] std::unique_ptr<Verb> make_store_backup();
[[nodiscard]] std::unique_ptr<Verb> make_store_schema();
[[nodiscard]] std::unique_ptr<Verb> make_store_stats();
[[nodiscard]] std::unique_ptr<Verb> make_outbox_init();
[[nodiscard]] std::unique_ptr<Verb> make_version();
[[nodiscard]] std::unique_ptr<Verb> make_completion();

}  // namespace reeve::cli
