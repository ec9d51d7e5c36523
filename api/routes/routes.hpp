// The handlers of all routes, by noun. Each takes one request and gives one reply, or throws Problem; docs/api.md says what they mean.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "api/http.hpp"
#include "api/service.hpp"

namespace reeve::api::routes {

using Answer = boost::asio::awaitable<Reply>;

// tasks.cpp
Answer enqueue(Service& service, Request request);
Answer get_task(Service& service, Request request);
Answer wait_for_task(Service& service, Request request);
Answer list_tasks(Service& service, Request request);

// task_details.cpp
Answer get_attempts(Service& service, Request request);
Answer get_log(Service& service, Request request);
Answer get_task_events(Service& service, Request request);
Answer explain_task(Service& service, Request request);
Answer get_dependencies(Service& service, Request request);

// parts.cpp: steps, waits, timers, signals
Answer get_steps(Service& service, Request request);
Answer get_signals(Service& service, Request request);
Answer send_signal(Service& service, Request request);

// attempt.cpp: by whoever has the token of a running attempt
Answer speak(Service& service, Request request);

// claims.cpp: workers elsewhere
Answer claim_remote(Service& service, Request request);

// bulk.cpp
Answer enqueue_bulk(Service& service, Request request);

// batches.cpp
Answer create_batch(Service& service, Request request);
Answer list_batches(Service& service, Request request);
Answer get_batch(Service& service, Request request);
Answer close_batch(Service& service, Request request);
Answer wait_for_batch(Service& service, Request request);

// control.cpp: of one task, and of up to 1000 by their ids
Answer cancel_task(Service& service, Request request);
Answer cancel_tasks(Service& service, Request request);
Answer retry_task(Service& service, Request request);
Answer retry_tasks(Service& service, Request request);
Answer remove_task(Service& service, Request request);
Answer remove_tasks(Service& service, Request request);

// rerun.cpp
Answer rerun_task(Service& service, Request request);
Answer rerun_tasks(Service& service, Request request);

// failures.cpp
Answer list_failures(Service& service, Request request);

// events.cpp
Answer list_events(Service& service, Request request);
Answer stream_events(Service& service, Request request);
Answer stream_task(Service& service, Request request);

// queues.cpp
Answer list_queues(Service& service, Request request);
Answer pause_queue(Service& service, Request request);
Answer resume_queue(Service& service, Request request);

// pauses.cpp
Answer list_pauses(Service& service, Request request);
Answer pause_kind(Service& service, Request request);
Answer resume_kind(Service& service, Request request);
Answer pause_label(Service& service, Request request);
Answer resume_label(Service& service, Request request);

// schedules.cpp
Answer list_schedules(Service& service, Request request);
Answer get_schedule(Service& service, Request request);
Answer put_schedule(Service& service, Request request);
Answer remove_schedule(Service& service, Request request);
Answer pause_schedule(Service& service, Request request);
Answer resume_schedule(Service& service, Request request);
Answer run_schedule(Service& service, Request request);

// kinds.cpp
Answer list_kinds(Service& service, Request request);
Answer get_stats(Service& service, Request request);

// status.cpp
Answer get_status(Service& service, Request request);

// daemon.cpp
Answer drain(Service& service, Request request);
Answer get_drain(Service& service, Request request);
Answer resume(Service& service, Request request);
Answer reload(Service& service, Request request);
Answer shut_down(Service& service, Request request);
Answer get_doctor(Service& service, Request request);

// config.cpp
Answer get_config(Service& service, Request request);
Answer plan_config(Service& service, Request request);
Answer apply_config(Service& service, Request request);
Answer roll_back_config(Service& service, Request request);
Answer list_revisions(Service& service, Request request);
Answer get_revision(Service& service, Request request);
Answer compare_revisions(Service& service, Request request);

// store.cpp
Answer check_store(Service& service, Request request);
Answer back_up_store(Service& service, Request request);

// inbox.cpp: what other programs wrote
Answer list_inbox(Service& service, Request request);
Answer ring_inbox(Service& service, Request request);

// store_upkeep.cpp
Answer compact_store(Service& service, Request request);
Answer vacuum_store(Service& service, Request request);
Answer get_store_stats(Service& service, Request request);

// health.cpp: from memory alone, so that a slow disk delays neither
Answer get_health(Service& service, Request request);
Answer get_readiness(Service& service, Request request);

}  // namespace reeve::api::routes
