// An inspector and a meter see every loop of a program: shards, worker threads, those that hang and
// those that have ended. On every backend.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>

#include <rondo/async/sleep.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/net/unix_stream.hpp>
#include <rondo/observe/inspect.hpp>
#include <rondo/observe/metrics.hpp>
#include <rondo/observe/text.hpp>
#include <rondo/os/crash.hpp>
#include <rondo/runtime/sharded.hpp>
#include <rondo/runtime/worker_thread.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/latch.hpp>
#include <rondo/task/scope.hpp>

#include "observe/looking.hpp"
#include "runtime/fixture.hpp"
#include "support/temporary.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::event;
using rondo::scope;
using rondo::shard;
using rondo::task;
using rondo::worker_options;
using rondo::observe::inspect;
using rondo::observe::inspect_options;
using rondo::observe::inspector;
using rondo::observe::meter;
using rondo::observe::snapshot;
using rondo::observe::task_state;
using rondo::observe::task_view;
using rondo::observe::worker_view;
using rondo::testing::find;
using rondo::testing::in_scope;
using rondo::testing::quietly;
using rondo::testing::until;
using testing::HasSubstr;

class several_loops : public rondo::testing::threads_test {
 protected:
  rondo::sharded shards(int count) const {
    rondo::sharded how(count);
    how.backend = GetParam();
    return how;
  }
  rondo::loop_options one_loop() const {
    rondo::loop_options options;
    options.backend = rondo::io::make_backend(GetParam()).value();
    return options;
  }
  worker_options worker(std::string_view name) const {
    worker_options options{rondo::label(name)};
    options.backend = GetParam();
    return options;
  }
};

INSTANTIATE_TEST_SUITE_P(backends, several_loops,
                         ::testing::ValuesIn(rondo::testing::granted_backends()),
                         rondo::testing::backend_name);

std::set<int> loops_of(const snapshot& s) {
  std::set<int> found;
  for (const worker_view& each : s.workers) found.insert(each.index);
  return found;
}

/// Where the tasks of this name are.
std::multiset<int> workers_of(const snapshot& s, std::string_view name) {
  std::multiset<int> found;
  for (const task_view& each : s.tasks) {
    if (each.name == name) found.insert(each.worker);
  }
  return found;
}

bool is_stuck(const snapshot& s, int index) {
  const auto found = std::ranges::find(s.workers, index, &worker_view::index);
  return found != s.workers.end() && found->stuck;
}

task<> sleep_long() {
  co_await rondo::sleep_for(1h);
}

/// Holds its thread until it is told.
task<> spin(std::atomic<bool>& until_then) {
  while (!until_then) {
  }
  co_return;
}

TEST_P(several_loops, all_shards_are_seen_with_their_tasks) {
  std::atomic<int> waiting = 0;
  rondo::run(shards(3), [&](shard& me) -> task<> {
    event ends;
    auto waits = [&]() -> task<> {
      ++waiting;
      co_await ends.wait();
    };
    auto body = [&](scope& all) -> task<> {
      all.spawn("early", waits());
      co_await until([&] { return waiting >= 3; });
      if (me.index() == 1) {
        const inspector see = co_await inspect(quietly());
        const snapshot s = see.look();
        EXPECT_EQ(loops_of(s), (std::set{0, 1, 2}));
        EXPECT_EQ(workers_of(s, "early"), (std::multiset{0, 1, 2}));
        for (const worker_view& each : s.workers) EXPECT_FALSE(each.stuck || each.ended);
        for (int i = 0; i < me.count(); ++i) {
          me.post(i, sleep_long);
        }
        const auto are_there = [&] {
          return workers_of(see.look(), "a post of another shard") == (std::multiset{0, 1, 2});
        };
        co_await until(are_there);
        ++waiting;
      }
      co_await until([&] { return waiting >= 4; });
    };
    co_await in_scope(body);
    me.cancel_all("seen");
  });
}

/// From their first moment on, and again and again.
TEST_P(several_loops, every_shard_may_look) {
  rondo::run(shards(3), [&](shard& me) -> task<> {
    for (int i = 0; i < 20; ++i) {
      const inspector see = co_await inspect(quietly());
      const snapshot s = see.look();
      EXPECT_EQ(loops_of(s), (std::set{0, 1, 2}));
      const bool sees_itself = std::ranges::any_of(s.tasks, [&](const task_view& t) {
        return t.worker == me.index() && t.state == task_state::running;
      });
      EXPECT_TRUE(sees_itself);
      co_await rondo::yield_now();
    }
  });
}

TEST_P(several_loops, a_shard_that_hangs_is_named) {
  std::atomic<bool> looks = false, hangs = false, ends = false;
  rondo::run(shards(3), [&](shard& me) -> task<> {
    if (me.index() == 2) {
      co_await until([&] { return looks.load(); });
      auto body = [&](scope& all) -> task<> {
        all.spawn("spins for ever", spin(ends));
        hangs = true;
        co_return;
      };
      co_await rondo::with_scope(body);
      co_return;
    }
    if (me.index() != 0) co_return;  // it goes on serving
    const inspector see = co_await inspect(quietly());
    looks = true;
    co_await until([&] { return hangs && is_stuck(see.look(), 2); });
    const snapshot s = see.look();
    EXPECT_FALSE(is_stuck(s, 0));
    EXPECT_FALSE(is_stuck(s, 1));
    EXPECT_EQ(find(s, "spins for ever").worker, 2);
    EXPECT_EQ(s.workers[2].stuck_task, find(s, "spins for ever").id);
    EXPECT_THAT(why_it_waits(s, ""), HasSubstr("HELD UP: worker 2"));
    EXPECT_THAT(why_it_waits(s, ""), HasSubstr("\"spins for ever\""));
    ends = true;
    co_await until([&] { return !is_stuck(see.look(), 2); });
  });
}

/// Whoever looks does not wait for it.
TEST_P(several_loops, a_shard_that_hangs_already_is_seen_later) {
  std::atomic<bool> hangs = false, ends = false, seen = false;
  rondo::run(shards(2), [&](shard& me) -> task<> {
    if (me.index() == 1) {
      hangs = true;
      co_await spin(ends);
      co_await until([&] { return seen.load(); });
      co_return;
    }
    co_await until([&] { return hangs.load(); });
    inspect_options options = quietly();
    options.overdue = 10ms;
    const inspector see = co_await inspect(options);
    co_await until([&] { return is_stuck(see.look(), 1); });
    EXPECT_EQ(loops_of(see.look()), (std::set{0, 1}));
    EXPECT_FALSE(is_stuck(see.look(), 0));
    {
      const inspector another = co_await inspect(options);  // and leaves before that one comes
    }
    ends = true;
    const auto is_there = [&] {
      const snapshot s = see.look();
      return !is_stuck(s, 1) && std::ranges::any_of(s.tasks, [](const task_view& t) {
        return t.worker == 1 && t.waits_for == "sleep";
      });
    };
    co_await until(is_there);
    seen = true;
  });
}

TEST_P(several_loops, a_shard_whose_main_has_ended_is_there) {
  std::atomic<bool> seen = false;
  rondo::run(shards(2), [&](shard& me) -> task<> {
    if (me.index() == 1) co_return;
    const inspector see = co_await inspect(quietly());
    // It waits for the common end.
    const auto has_ended = [&] { return see.look().workers[1].asleep; };
    co_await until(has_ended);
    EXPECT_EQ(loops_of(see.look()), (std::set{0, 1}));
    EXPECT_FALSE(see.look().workers[1].ended);
    seen = true;
  });
  EXPECT_TRUE(seen);
}

TEST_P(several_loops, one_that_has_ended_is_shown_as_it_was) {
  std::unique_ptr<inspector> see;
  auto main = [&]() -> task<> {
    inspector made = co_await inspect(quietly());
    see = std::make_unique<inspector>(std::move(made));
    co_await rondo::sleep_for(1ms);
    EXPECT_FALSE(see->look().workers[0].ended);
  };
  rondo::run(main(), one_loop());
  const snapshot s = see->look();
  ASSERT_EQ(s.workers.size(), 1U);
  EXPECT_TRUE(s.workers[0].ended);
  EXPECT_FALSE(s.workers[0].stuck);
  EXPECT_GT(s.workers[0].loop.turns, 0U);
  EXPECT_THAT(overview(s, nullptr, 0), HasSubstr("has ended"));
  see.reset();
  rondo::run(main(), one_loop());  // and another one may be looked at
  see.reset();
}

TEST_P(several_loops, a_meter_has_a_label_for_each_shard) {
  meter figures;
  std::atomic<int> attached = 0;
  rondo::run(shards(3), [&](shard& me) -> task<> {
    if (me.index() != 1) co_await figures.attach();  // once is enough, twice does not hurt
    ++attached;
    co_await until([&] { return attached == 3; });
    if (me.index() != 1) co_return;
    const auto now = figures.read();
    EXPECT_EQ(now.loops.size(), 3U);
    EXPECT_GE(now.tasks().alive(), 3U);
    const std::string text = to_prometheus(now);
    for (const char* const each : {"\"0\"", "\"1\"", "\"2\""}) {
      EXPECT_THAT(text, HasSubstr(std::string("rondo_loop_turns_total{worker=") + each));
    }
    EXPECT_FALSE(now.common_queue_depth);
  });
  EXPECT_EQ(figures.read().loops.size(), 3U);  // as they were last
}

// One socket a process --------------------------------------------------------------------------

inspect_options in_folder(const rondo::testing::temporary_folder& folder) {
  inspect_options options;
  options.socket_folder = folder / "sockets";
  return options;
}

/// What `rondo ps` would be told.
task<std::string> ask(const inspect_options& options, std::string_view what) {
  const std::string place =
      options.socket_folder + '/' + std::to_string(rondo::os::process_id()) + ".sock";
  rondo::unix_stream to = co_await rondo::unix_stream::connect(place);
  co_await to.write_all(what);
  std::string head;  // "ok 123\n"
  std::byte next{};
  while (!head.ends_with('\n')) {
    co_await to.read_exact(std::span(&next, 1));
    head += static_cast<char>(next);
  }
  EXPECT_TRUE(head.starts_with("ok ")) << head;
  std::string answer(std::stoul(head.substr(3)), ' ');
  co_await to.read_exact(std::as_writable_bytes(std::span(answer)));
  co_return answer;
}

TEST_P(several_loops, a_worker_thread_is_seen_beside_the_main_loop) {
  const rondo::testing::temporary_folder folder;
  auto main = [&]() -> task<> {
    const inspect_options options = in_folder(folder);
    const inspector see = co_await inspect(options);
    using resizer = rondo::worker_thread<int, std::size_t>;
    auto resize = [&](resizer::port& parent) -> task<> {
      auto body = [&](scope& all) -> task<> {
        all.spawn("resizes", sleep_long());
        const inspector also = co_await inspect(options);
        co_await parent.send(also.look().workers.size());
        co_await parent.receive();
      };
      co_await in_scope(body);
    };
    auto w = co_await resizer::start(resize, worker("resizer"));
    EXPECT_EQ(co_await w.receive(), 2U);
    auto body = [&](scope& all) -> task<> {
      all.spawn("patient", sleep_long());
      const auto both = [&] {
        const snapshot s = see.look();
        return workers_of(s, "patient") == std::multiset{0} &&
               workers_of(s, "resizes") == std::multiset{1};
      };
      co_await until(both);
      EXPECT_EQ(see.look().workers[1].thread, "resizer");
      const std::string told = co_await ask(options, "ps\n");
      EXPECT_THAT(told, HasSubstr("patient"));
      EXPECT_THAT(told, HasSubstr("resizes"));
    };
    co_await in_scope(body);
    co_await w.send(0);
    co_await w.join();
    const snapshot s = see.look();
    EXPECT_EQ(loops_of(s), std::set{0});
    EXPECT_TRUE(workers_of(s, "resizes").empty());
  };
  rondo::run(main(), one_loop());
}

TEST_P(several_loops, whoever_came_first_may_leave_first) {
  const rondo::testing::temporary_folder folder;
  const inspect_options options = in_folder(folder);
  auto main = [&]() -> task<> {
    std::optional<inspector> first(co_await inspect(options));
    using looker = rondo::worker_thread<int, int>;
    auto look = [&](looker::port& parent) -> task<> {
      const inspector see = co_await inspect(options);
      co_await parent.send(0);
      co_await parent.receive();  // the first one has left
      EXPECT_EQ(loops_of(see.look()), std::set{1});
      EXPECT_THAT(co_await ask(options, "ps\n"), HasSubstr("receive on descriptor"));
      co_await parent.send(0);
      co_await parent.receive();  // there is another
      EXPECT_EQ(loops_of(see.look()), (std::set{0, 1}));
    };
    auto w = co_await looker::start(look, worker("looks"));
    co_await w.receive();
    first.reset();
    co_await w.send(0);
    co_await w.receive();
    first.emplace(co_await inspect(options));
    co_await w.send(0);
    co_await w.join();
    first.reset();
    const inspector again = co_await inspect(options);  // the socket was closed meanwhile
    EXPECT_EQ(loops_of(again.look()), std::set{0});
  };
  rondo::run(main(), one_loop());
}

TEST_P(several_loops, one_loop_looked_at_twice_is_one) {
  const rondo::testing::temporary_folder folder;
  auto main = [&]() -> task<> {
    const inspector see = co_await inspect(in_folder(folder));
    {
      const inspector again = co_await inspect(in_folder(folder));
      EXPECT_EQ(again.look().workers.size(), 1U);
      EXPECT_EQ(again.look().tasks.size(), see.look().tasks.size());
    }
    EXPECT_EQ(see.look().workers.size(), 1U);
    EXPECT_EQ(find(see.look(), "main").state, task_state::running);
  };
  rondo::run(main(), one_loop());
}

}  // namespace
