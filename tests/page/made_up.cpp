// A program whose every figure is known.
#include "page/made_up.hpp"

namespace rondo::testing {

namespace {

using observe::snapshot;
using observe::suspicion;
using observe::task_state;
using observe::task_view;

constexpr int first_mutex = 0;
constexpr int second_mutex = 0;
constexpr int queue = 0;

task_view session(std::uint64_t id) {
  task_view t;
  t.id = id;
  t.name = "session";
  t.spawned_at = std::source_location::current();
  t.parent = 3;
  t.state = task_state::waiting;
  t.polls = id * 2;
  t.wakes = id * 2;
  t.age = duration::milliseconds(static_cast<std::int64_t>(10'000 + id));
  t.busy = duration::microseconds(static_cast<std::int64_t>(id % 97));
  t.in_state = duration::milliseconds(20);
  t.waits_for = "receive on a socket";
  t.waits_at = std::source_location::current();
  t.fd = static_cast<int>(id);
  t.awaited_at = {std::source_location::current(), std::source_location::current()};
  return t;
}

task_view philosopher(std::uint64_t id, const char* name, const void* wants) {
  task_view t = session(id);
  t.name = name;
  t.waits_for = "lock of a mutex";
  t.fd = -1;
  t.on = wants;
  t.suspicions = static_cast<std::uint8_t>(suspicion::deadlocked);
  return t;
}

observe::worker_view worker(int index) {
  observe::worker_view w;
  w.index = index;
  w.asleep = index == 0;
  w.loop.turns = 1000;
  w.loop.idle = duration::seconds(9);
  w.loop.active = duration::seconds(1);
  for (int i = 0; i < loop_metrics::phases; ++i) {
    w.loop.calls[i] = static_cast<std::uint64_t>(i) * 100;
    w.loop.in_calls[i] = duration::milliseconds(i * 10);
    w.queued[i] = static_cast<std::uint64_t>(i);
  }
  w.handles = 5;
  w.delay_count = 100;
  w.delay_p50 = 20'000;
  w.delay_p90 = 90'000;
  w.delay_p99 = 1'000'000;
  w.delay_max = 3'000'000;
  for (int i = 0; i < 9; ++i) w.delays[i] = static_cast<std::uint64_t>(100 >> i);
  return w;
}

}  // namespace

snapshot made_up_program(int tasks) {
  snapshot s;
  s.pid = 4711;
  s.program = "made \"up\" <b>";
  s.uptime = duration::seconds(10);
  s.backend = "epoll";
  s.workers = {worker(0), worker(1)};
  s.workers[1].stuck = true;
  s.workers[1].stuck_for = duration::milliseconds(3200);
  s.workers[1].stuck_task = 4;
  for (int i = 1; i <= tasks; ++i) s.tasks.push_back(session(static_cast<std::uint64_t>(i)));
  if (tasks >= 5) {
    s.tasks[0] = philosopher(1, "Plato", &second_mutex);
    s.tasks[1] = philosopher(2, "Kant", &first_mutex);
    s.tasks[3].name = "spin";
    s.tasks[3].state = task_state::running;
    s.tasks[3].suspicions = static_cast<std::uint8_t>(suspicion::polled_too_long);
    s.tasks[4].on = &queue;
    s.tasks[4].waits_for = "value of a channel";
    s.locks.push_back({&first_mutex, "mutex", 1});
    s.locks.push_back({&second_mutex, "mutex", 2});
    s.deadlocks.push_back({{1, 2}, "Plato waits for Kant, and Kant for Plato."});
  }
  s.handles.push_back({0, "interval", std::source_location::current(), duration::milliseconds(7)});
  s.handles.push_back({0, "hold", std::source_location::current(), {}});
  for (const int fd : {7, 8, 9}) {
    s.handles.push_back({1, "receive on descriptor " + std::to_string(fd), {}, {}});
  }
  s.sockets.push_back({7, "tcp", "127.0.0.1:80", "127.0.0.1:5000", "connected", 12, 3456});
  s.jobs.push_back({"read a file", duration::milliseconds(40)});
  s.jobs_queued = 2;
  return s;
}

}  // namespace rondo::testing
