// The wheel's data, as server-sent events a few times a second: what each loop does, and how many
// there are of everything. Cumulative figures: the page draws the difference of two.
#include <rondo/async/sleep.hpp>

#include "observe/page_json.hpp"
#include "observe/page_server.hpp"

namespace rondo::observe {

using namespace page;

namespace {

constexpr duration between_events = duration::milliseconds(250);
constexpr std::size_t most_deadlocks = 8;  // in words

json worker_of(const snapshot& all, const worker_view& of) {
  json calls = json::array();
  json times = json::array();
  for (int i = 0; i < loop_metrics::phases; ++i) {
    calls.push_back(of.loop.calls[i]);
    times.push_back(of.loop.in_calls[i].count_ns());
  }
  const task_view* const stuck_in = find_task(all, of.stuck_task);
  return {{"index", of.index},
          {"thread", of.thread},
          {"asleep", of.asleep},
          {"ended", of.ended},
          {"stuck", of.stuck},
          {"stuckFor", of.stuck_for.count_ns()},
          {"stuckTask", of.stuck_task},
          {"stuckName", stuck_in != nullptr ? title_of(*stuck_in) : ""},
          {"stuckAt", stuck_in != nullptr ? place(stuck_in->spawned_at) : ""},
          {"answeredAgo", of.answered_ago.count_ns()},
          {"turns", of.loop.turns},
          {"idle", of.loop.idle.count_ns()},
          {"active", of.loop.active.count_ns()},
          {"calls", std::move(calls)},
          {"times", std::move(times)},
          {"queued", of.queued},
          {"handles", of.handles},
          {"delay",
           {{"count", of.delay_count},
            {"p50", of.delay_p50},
            {"p90", of.delay_p90},
            {"p99", of.delay_p99},
            {"max", of.delay_max},
            {"buckets", of.delays}}},
          {"polls", of.worker.polls},
          {"steals", of.worker.steals},
          {"parks", of.worker.parks},
          {"wakes", of.worker.wakes},
          {"ready", of.worker.queue_depth}};
}

json counts_of(const snapshot& all) {
  std::size_t by_state[3] = {};
  std::size_t suspicious = 0;
  for (const task_view& task : all.tasks) {
    ++by_state[static_cast<int>(task.state)];
    suspicious += task.suspicions != 0 ? 1 : 0;
  }
  return {{"tasks", all.tasks.size() + all.tasks_left_out},
          {"ready", by_state[static_cast<int>(task_state::ready)]},
          {"running", by_state[static_cast<int>(task_state::running)]},
          {"waiting", by_state[static_cast<int>(task_state::waiting)]},
          {"suspicious", suspicious},
          {"deadlocks", all.deadlocks.size()},
          {"handles", all.handles.size()},
          {"sockets", all.sockets.size()},
          {"jobs", all.jobs.size()},
          {"jobsQueued", all.jobs_queued}};
}

json live(const snapshot& all, bool has_recorder) {
  json workers = json::array();
  for (const worker_view& each : all.workers) workers.push_back(worker_of(all, each));
  json deadlocks = json::array();
  for (const deadlock& each : all.deadlocks) {
    if (deadlocks.size() < most_deadlocks) deadlocks.push_back(each.in_words);
  }
  return {{"pid", all.pid},
          {"program", all.program},
          {"backend", all.backend},
          {"uptime", all.uptime.count_ns()},
          {"recorder", has_recorder},
          {"counts", counts_of(all)},
          {"deadlocks", std::move(deadlocks)},
          {"workers", std::move(workers)}};
}

/// Until the client leaves: then `flush` throws.
task<> send_live(http::exchange& x, page_view& view) {
  static constexpr http::field fields[] = {{"Content-Type", "text/event-stream"},
                                           {"X-Content-Type-Options", "nosniff"},
                                           {"Cross-Origin-Resource-Policy", "same-origin"},
                                           {"Cache-Control", "no-store"}};
  x.begin(200, fields);
  co_await x.write("retry: 1000\n\n");
  for (;;) {
    const json now = live(view.now(), view.recorder() != nullptr);
    const std::string event = "data: " + text_of(now) + "\n\n";
    co_await x.write(event);
    co_await x.flush();
    co_await sleep_for(between_events);
  }
}

}  // namespace

void add_live(page_routes& routes, page_view& view) {
  routes.add("/api/live", [&view](http::exchange& x, const page_query& query) -> http::handling {
    if (query.text("once") == "1" || x.request().method() == http::method::head) {
      return respond_json(x, live(view.now(), view.recorder() != nullptr));
    }
    return send_live(x, view);
  });
}

}  // namespace rondo::observe
