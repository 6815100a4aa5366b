// The figures as Prometheus reads them: https://prometheus.io/docs/instrumenting/exposition_formats
// (version 0.0.4) for the format, https://prometheus.io/docs/practices/naming for the names.
#include <charconv>
#include <initializer_list>
#include <utility>

#include <rondo/base/version.hpp>
#include <rondo/http/method.hpp>
#include <rondo/http/static_files.hpp>
#include <rondo/http/target.hpp>
#include <rondo/observe/metrics.hpp>

namespace rondo::observe {

namespace {

using probe::turn_phase;

using label_pair = std::pair<std::string_view, std::string_view>;
using labels = std::initializer_list<label_pair>;

class text {
 public:
  /// What follows until the next one are its samples.
  void family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    ((((out_ += "# HELP ") += name) += ' ') += help) += '\n';
    ((((out_ += "# TYPE ") += name) += ' ') += type) += '\n';
  }
  void sample(labels with, double value, std::string_view suffix = {}) {
    begin(with, suffix);
    char digits[40];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    out_ += '\n';
  }
  void sample(labels with, std::uint64_t value, std::string_view suffix = {}) {
    begin(with, suffix);
    (out_ += std::to_string(value)) += '\n';
  }
  std::string take() && { return std::move(out_); }

 private:
  void begin(labels with, std::string_view suffix) {
    (out_ += name_) += suffix;
    char before = '{';
    for (const auto& [key, value] : with) {
      out_ += std::exchange(before, ',');
      (out_ += key) += "=\"";
      for (const char c : value) {
        if (c == '\\' || c == '"') out_ += '\\';
        c == '\n' ? out_ += "\\n" : out_ += c;
      }
      out_ += '"';
    }
    out_ += with.size() == 0 ? " " : "} ";
  }

  std::string out_;
  std::string_view name_;
};

void put_process(text& t, const os::process_usage& p) {
  t.family("process_start_time_seconds", "gauge", "When the process began, since 1970.");
  t.sample({}, p.started);
  t.family("process_cpu_seconds_total", "counter", "CPU time of all threads, user and system.");
  t.sample({}, p.cpu_seconds);
  t.family("process_resident_memory_bytes", "gauge", "Memory that is in use.");
  t.sample({}, p.resident_bytes);
  t.family("process_virtual_memory_bytes", "gauge", "Addresses that are in use.");
  t.sample({}, p.virtual_bytes);
  t.family("process_open_fds", "gauge", "Open descriptors.");
  t.sample({}, p.open_descriptors);
  t.family("process_max_fds", "gauge", "Descriptors that may be open.");
  t.sample({}, p.most_descriptors);
  t.family("process_threads", "gauge", "Threads of the system.");
  t.sample({}, p.threads);
}

/// A family with one sample a loop.
template <class Value>
void put_each(text& t, const metrics& m, std::string_view name, std::string_view type,
              std::string_view help, Value value) {
  t.family(name, type, help);
  for (const measured_loop& each : m.loops) {
    t.sample({{"worker", std::to_string(each.index)}}, value(each));
  }
}

/// And one with one a phase as well.
template <class Value>
void put_each_phase(text& t, const metrics& m, std::string_view name, std::string_view help,
                    Value value) {
  t.family(name, "counter", help);
  for (const measured_loop& each : m.loops) {
    for (int i = 0; i < loop_metrics::phases; ++i) {
      const auto phase = static_cast<turn_phase>(i);
      t.sample({{"worker", std::to_string(each.index)}, {"phase", to_string(phase)}},
               value(each.loop, phase));
    }
  }
}

void put_delay(text& t, const metrics& m) {
  t.family("rondo_loop_delay_seconds", "histogram",
           "How late the loop called a timer that asks for it now and then.");
  for (const measured_loop& each : m.loops) {
    const std::string worker = std::to_string(each.index);
    std::uint64_t so_far = 0;
    for (std::size_t i = 0; i <= delay_metrics::bounds; ++i) {
      so_far += each.delay.counts[i];
      std::string bound = "+Inf";
      if (i < delay_metrics::bounds) {
        char digits[40];
        bound.assign(digits,
                     std::to_chars(digits, digits + sizeof digits, delay_metrics::bound[i]).ptr);
      }
      t.sample({{"worker", worker}, {"le", bound}}, so_far, "_bucket");
    }
    t.sample({{"worker", worker}}, each.delay.sum_seconds, "_sum");
    t.sample({{"worker", worker}}, so_far, "_count");
  }
}

void put_loops(text& t, const metrics& m) {
  using loop_is = const measured_loop&;
  put_each(t, m, "rondo_loop_turns_total", "counter", "Turns of the loop.",
           [](loop_is l) { return l.loop.turns; });
  put_each(t, m, "rondo_loop_active_seconds_total", "counter",
           "Time in which the loop did not sleep in its poll phase.",
           [](loop_is l) { return l.loop.active.count_seconds(); });
  put_each(t, m, "rondo_loop_idle_seconds_total", "counter",
           "Time in which the loop slept in its poll phase.",
           [](loop_is l) { return l.loop.idle.count_seconds(); });
  put_each_phase(t, m, "rondo_loop_callbacks_total", "Callbacks, by the queue they were in.",
                 [](const loop_metrics& l, turn_phase in) { return l.calls_in(in); });
  put_each_phase(
      t, m, "rondo_loop_callback_seconds_total", "Time in callbacks.",
      [](const loop_metrics& l, turn_phase in) { return l.time_in(in).count_seconds(); });
  put_delay(t, m);
  t.family("rondo_io_operations_total", "counter",
           "I/O operations that ended at once, and that had to wait.");
  for (const measured_loop& each : m.loops) {
    const std::string worker = std::to_string(each.index);
    t.sample({{"worker", worker}, {"outcome", "at_once"}}, each.loop.io_at_once);
    t.sample({{"worker", worker}, {"outcome", "waited"}}, each.loop.io_waited);
  }
  put_each(t, m, "rondo_io_completions_total", "counter",
           "I/O operations that had to wait, and have ended on this loop.",
           [](loop_is l) { return l.loop.io_completed; });
}

void put_tasks(text& t, const metrics& m) {
  const task_metrics all = m.tasks();
  t.family("rondo_tasks_spawned_total", "counter", "Tasks that were begun.");
  t.sample({}, all.spawned);
  t.family("rondo_tasks_alive", "gauge", "Tasks that have not ended.");
  t.sample({}, all.alive());
  t.family("rondo_task_polls_total", "counter", "Times that a task was resumed.");
  t.sample({}, all.polls);
}

void put_workers(text& t, const metrics& m) {
  if (!m.common_queue_depth) return;
  using worker_is = const measured_loop&;
  put_each(t, m, "rondo_worker_polls_total", "counter", "Times that the worker resumed a task.",
           [](worker_is w) { return w.worker.polls; });
  put_each(t, m, "rondo_worker_busy_seconds_total", "counter", "Time in tasks that move.",
           [](worker_is w) { return w.worker.busy.count_seconds(); });
  put_each(t, m, "rondo_worker_steals_total", "counter", "Times that it took work from another.",
           [](worker_is w) { return w.worker.steals; });
  put_each(t, m, "rondo_worker_stolen_tasks_total", "counter", "Tasks that it took from others.",
           [](worker_is w) { return w.worker.stolen; });
  put_each(t, m, "rondo_worker_parks_total", "counter", "Times that there was no work.",
           [](worker_is w) { return w.worker.parks; });
  put_each(t, m, "rondo_worker_wakes_total", "counter", "Times that another thread woke it.",
           [](worker_is w) { return w.worker.wakes; });
  put_each(t, m, "rondo_worker_common_tasks_total", "counter",
           "Tasks that it took from the common queue.",
           [](worker_is w) { return w.worker.remote; });
  put_each(t, m, "rondo_worker_overflows_total", "counter",
           "Tasks moved to the common queue, its own being full.",
           [](worker_is w) { return w.worker.overflows; });
  put_each(t, m, "rondo_worker_rescues_total", "counter",
           "Timers and I/O served for a worker that was busy too long.",
           [](worker_is w) { return w.worker.rescues; });
  put_each(t, m, "rondo_worker_queue_depth", "gauge", "Tasks that are ready in its queue.",
           [](worker_is w) { return w.worker.queue_depth; });
  t.family("rondo_common_queue_depth", "gauge", "Tasks that are ready in the common queue.");
  t.sample({}, *m.common_queue_depth);
}

/// All pools together: a label would tell them apart, but say nothing.
void put_pools(text& t, const metrics& m) {
  if (m.pools.empty()) return;
  pool_counts all;
  for (const pool_counts& each : m.pools) {
    all.threads += each.threads;
    all.idle_threads += each.idle_threads;
    all.failed_starts += each.failed_starts;
    for (std::size_t i = 0; i < work_kinds; ++i) {
      all.kinds[i].queued += each.kinds[i].queued;
      all.kinds[i].running += each.kinds[i].running;
      all.kinds[i].completed += each.kinds[i].completed;
    }
  }
  const auto number = [](int n) { return static_cast<std::uint64_t>(n); };
  t.family("rondo_pool_threads", "gauge", "Threads for blocking work.");
  t.sample({}, number(all.threads));
  t.family("rondo_pool_idle_threads", "gauge", "Those of them without work.");
  t.sample({}, number(all.idle_threads));
  t.family("rondo_pool_failed_starts_total", "counter", "Threads that the system had no room for.");
  t.sample({}, all.failed_starts);
  const auto each_kind = [&](auto value) {
    for (std::size_t i = 0; i < work_kinds; ++i) {
      t.sample({{"kind", to_string(static_cast<work_kind>(i))}}, value(all.kinds[i]));
    }
  };
  t.family("rondo_pool_jobs_queued", "gauge", "Jobs that wait for a thread.");
  each_kind([&](const work_counts& w) { return number(w.queued); });
  t.family("rondo_pool_jobs_running", "gauge", "Jobs that run.");
  each_kind([&](const work_counts& w) { return number(w.running); });
  t.family("rondo_pool_jobs_completed_total", "counter", "Jobs that have ended.");
  each_kind([](const work_counts& w) { return w.completed; });
}

void put_servers(text& t, const metrics& m) {
  if (m.servers.empty()) return;
  t.family("rondo_http_requests_total", "counter", "Requests that a handler was given.");
  for (const measured_server& each : m.servers) t.sample({{"server", each.name}}, each.requests);
  t.family("rondo_http_connections_accepted_total", "counter", "Connections that were accepted.");
  for (const measured_server& each : m.servers) t.sample({{"server", each.name}}, each.accepted);
  t.family("rondo_http_connections_open", "gauge", "Connections that have not ended.");
  for (const measured_server& each : m.servers) {
    t.sample({{"server", each.name}}, static_cast<double>(each.open));
  }
}

}  // namespace

std::string to_prometheus(const metrics& m) {
  text t;
  const std::string backend = m.loops.empty() ? "none" : m.loops.front().backend;
  t.family("rondo_build_info", "gauge", "Which Rondo this is, and how its loops wait.");
  t.sample({{"version", version()}, {"backend", backend}}, std::uint64_t{1});
  put_process(t, m.process);
  if (!m.loops.empty()) {
    put_loops(t, m);
    put_tasks(t, m);
  }
  put_workers(t, m);
  put_pools(t, m);
  put_servers(t, m);
  return std::move(t).take();
}

http::handling metrics_page::handle(http::exchange& x) {
  const std::string_view path = http::split_target(x.request().path_and_query()).path;
  if (path != "/metrics") {
    if (rest_ != nullptr) return rest_->handle(x);
    http::respond_plain(x, 404);
    return http::at_once;
  }
  const http::method verb = x.request().method();
  if (verb == http::method::get || verb == http::method::head) {
    x.respond(200, prometheus_media_type, to_prometheus(shows_->read()));
  } else {
    static constexpr http::field allowed[] = {{"Allow", "GET, HEAD"}};
    http::respond_plain(x, 405, allowed);
  }
  return http::at_once;
}

}  // namespace rondo::observe
