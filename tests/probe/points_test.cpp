// What the rooms record: small programs on every backend, and what the rings say they did.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <rondo/async/offload.hpp>
#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/net/tcp_stream.hpp>
#include <rondo/probe/recorder.hpp>
#include <rondo/runtime/runtime.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/task/spawn.hpp>
#include <rondo/task/when_all.hpp>

namespace rondo {
namespace {

using namespace std::chrono_literals;
using probe::event;
using probe::event_kind;
using probe::track_record;
using probe::turn_phase;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::SizeIs;

/// Each test runs on every backend, alone and on several workers.
struct setting {
  io::backend_kind backend;
  int workers;
};

class recorded : public ::testing::TestWithParam<setting> {
 protected:
  /// Runs `main` with the recorder.
  template <class T>
  void play(task<T> main) {
    runtime_options chosen =
        GetParam().workers == 0 ? current_thread() : multi_thread(GetParam().workers);
    chosen.backend = GetParam().backend;
    chosen.recorder = &recorder;
    rondo::run(std::move(main), chosen);
    tracks = recorder.snapshot();
  }
  /// All events of all threads, by time.
  std::vector<event> all() const {
    std::vector<event> sum;
    for (const track_record& each : tracks) {
      EXPECT_EQ(each.lost, 0U);
      sum.insert(sum.end(), each.events.begin(), each.events.end());
    }
    std::ranges::sort(sum, {}, &event::time);
    return sum;
  }
  long count(event_kind kind) const { return std::ranges::count(all(), kind, &event::kind); }
  /// What happened to the line of this name, in order.
  std::vector<std::string> story_of(const std::string& name) const {
    const std::vector<event> events = all();
    std::uint64_t line = 0;
    std::vector<std::string> story;
    for (const event& e : events) {
      if (e.kind == event_kind::line_named && probe::text_of(e) == name) line = e.subject;
    }
    EXPECT_NE(line, 0U) << name;
    for (const event& e : events) {
      if (e.subject != line || e.kind < event_kind::line_begins ||
          e.kind > event_kind::line_ended) {
        continue;
      }
      std::string text = probe::to_string(e.kind);
      if (e.kind == event_kind::line_suspended) text += std::string(": ") + probe::text_of(e);
      story.push_back(text);
    }
    return story;
  }

  probe::recorder recorder;
  std::vector<track_record> tracks;
};

std::vector<setting> all_settings() {
  std::vector<setting> all;
  for (const io::candidate& c : io::candidates()) {
    if (!c.granted) continue;
    for (const int workers : {0, 1, 4}) all.push_back({c.kind, workers});
  }
  return all;
}
INSTANTIATE_TEST_SUITE_P(EveryBackend, recorded, ::testing::ValuesIn(all_settings()),
                         [](const auto& info) {
                           return std::string(io::to_string(info.param.backend)) + "_" +
                                  std::to_string(info.param.workers);
                         });

TEST_P(recorded, TellsWhoWokeWhom) {
  rondo::event signal;
  const auto waits = [](rondo::event& signal) -> task<> { co_await signal.wait(); };
  const auto sets = [](rondo::event& signal) -> task<> {
    co_await yield_now();
    signal.set();
  };
  const auto main = [&]() -> task<> {
    co_await with_scope([&](scope& both) -> task<> {
      both.spawn("waits", waits(signal));
      both.spawn("sets", sets(signal));
      co_return;
    });
  };
  play(main());
  EXPECT_THAT(story_of("waits"),
              ElementsAre("line_begins", "line_named", "line_resumed", "line_suspended: an event",
                          "line_woken", "line_resumed", "line_ended"));
  // The wake stands between the resumption and the end of whoever woke, on one track.
  for (const track_record& each : tracks) {
    std::uint64_t running = 0, woken_by = 0, sets_line = 0, waits_line = 0;
    for (const event& e : each.events) {
      if (e.kind == event_kind::line_named) {
        if (probe::text_of(e) == std::string("sets")) sets_line = e.subject;
        if (probe::text_of(e) == std::string("waits")) waits_line = e.subject;
      }
      if (e.kind == event_kind::line_resumed) running = e.subject;
      if (e.kind == event_kind::line_woken && e.subject == waits_line) woken_by = running;
    }
    if (waits_line != 0) EXPECT_EQ(woken_by, sets_line);
  }
}

TEST_P(recorded, PairsWhatBeginsWithWhatEnds) {
  const auto child = []() -> task<> {
    for (int i = 0; i < 5; ++i) co_await yield_now();
    co_await sleep_for(1ms);
  };
  const auto main = [&]() -> task<> {
    co_await when_all(child(), child());
    for (int i = 0; i < 10; ++i) co_await spawn(child());
    co_await offload(offload_options(work_kind::cpu, "a job"), [] {});
  };
  play(main());
  for (const track_record& each : tracks) {
    int depth = 0, polls = 0, works = 0;
    for (const event& e : each.events) {
      const bool call = e.kind == event_kind::call_begins || e.kind == event_kind::timer_fired ||
                        e.kind == event_kind::io_completed;
      if (call) ++depth;
      if (e.kind == event_kind::call_ends) --depth;
      if (e.kind == event_kind::poll_begins) ++polls;
      if (e.kind == event_kind::poll_ends) --polls;
      if (e.kind == event_kind::work_begins) ++works;
      if (e.kind == event_kind::work_ends) --works;
      EXPECT_TRUE(depth == 0 || depth == 1) << each.name;
      EXPECT_TRUE(polls == 0 || polls == 1) << each.name;
    }
    EXPECT_EQ(depth, 0) << each.name;
    EXPECT_EQ(polls, 0) << each.name;
    EXPECT_EQ(works, 0) << each.name;
    EXPECT_TRUE(std::ranges::is_sorted(each.events, {}, &event::time)) << each.name;
    EXPECT_FALSE(each.open) << each.name;
  }
  // A line runs on one thread at a time, and not after its end.
  std::map<std::uint64_t, bool> runs;
  int ended = 0;
  for (const event& e : all()) {
    if (e.kind == event_kind::line_begins) runs[e.subject] = false;
    if (e.kind == event_kind::line_resumed) {
      ASSERT_TRUE(runs.contains(e.subject));
      EXPECT_FALSE(std::exchange(runs[e.subject], true));
    }
    if (e.kind == event_kind::line_suspended) runs[e.subject] = false;
    if (e.kind == event_kind::line_ended) {
      runs.erase(e.subject);
      ++ended;
    }
  }
  EXPECT_GE(ended, 12);
  for (const auto& [line, is_running] : runs) EXPECT_FALSE(is_running);
  EXPECT_GE(count(event_kind::timer_fired), 1);
}

TEST_P(recorded, TellsOfWorkOnOtherThreads) {
  const auto main = []() -> task<> {
    co_await offload(offload_options(work_kind::files, std::string("read it")), [] {});
  };
  play(main());
  std::uint64_t queued = 0, begun = 0, posted = 0, called = 0;
  for (const track_record& each : tracks) {
    for (const event& e : each.events) {
      if (e.kind == event_kind::work_queued) queued = e.subject;
      if (e.kind == event_kind::work_begins) {
        EXPECT_EQ(each.name, "pool");
        EXPECT_STREQ(probe::text_of(e), "read it");
        begun = e.subject;
      }
      if (e.kind == event_kind::posted && each.name == "pool") posted = e.subject;
    }
  }
  EXPECT_NE(queued, 0U);
  EXPECT_EQ(queued, begun);
  ASSERT_NE(posted, 0U);
  for (const event& e : all()) {
    if (e.kind == event_kind::call_begins && e.subject == posted) called = e.subject;
  }
  EXPECT_EQ(called, posted);  // the flow back to the loop connects
}

TEST_P(recorded, TellsOfOperations) {
  const auto main = []() -> task<> {
    auto listener = co_await tcp_listener::bind(*socket_address::from_host("127.0.0.1", 0));
    const auto client = [&]() -> task<> {
      auto stream = co_await tcp_stream::connect(*listener.local_address());
      co_await stream.write_all(std::as_bytes(std::span("hello")));
    };
    const auto server = [&]() -> task<> {
      auto stream = co_await listener.accept();
      std::byte buffer[16];
      while (co_await stream.read(buffer) != 0) {
      }
    };
    co_await when_all(client(), server());
  };
  play(main());
  std::map<std::uint64_t, std::string> pending;
  int connected = 0;
  for (const track_record& each : tracks) {
    for (const event& e : each.events) {
      if (e.kind == event_kind::io_submitted) {
        EXPECT_GE(e.number, 0);
        pending[e.subject] = probe::text_of(e);
      }
      if (e.kind == event_kind::io_completed && pending.contains(e.subject)) {
        EXPECT_EQ(pending[e.subject], probe::text_of(e));
        pending.erase(e.subject);
        ++connected;
      }
    }
  }
  EXPECT_GE(connected, 1);
}

TEST_P(recorded, NamesItsThreads) {
  const auto main = []() -> task<> { co_await sleep_for(1ms); };
  play(main());
  std::vector<std::string> names;
  for (const track_record& each : tracks) names.push_back(each.name);
  std::ranges::sort(names);
  switch (GetParam().workers) {
    case 0:
      EXPECT_THAT(names, ElementsAre("loop"));
      break;
    case 1:
      EXPECT_THAT(names, ElementsAre("worker 0"));
      break;
    default:
      EXPECT_THAT(names, ElementsAre("worker 0", "worker 1", "worker 2", "worker 3"));
      EXPECT_GE(count(event_kind::parked), 4);
  }
}

// The loop alone, without a task in sight.
TEST(recorded_loop, SaysFromWhichQueueACallCame) {
  probe::recorder recorder;
  {
    loop_options options;
    options.recorder = &recorder;
    options.recorded_as = "mine";
    loop l(std::move(options));
    l.call_soon([&] { l.queue_microtask([] {}); });
    l.set_immediate([] {});
    // Made only here, so that it is not due in the first turn, however slow that is.
    l.call_on_close([&] { l.set_timeout(1ms, [&] { l.next_tick([] {}); }); });
    l.run();
  }
  const auto all = recorder.snapshot();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].name, "mine");
  std::vector<turn_phase> phases;
  for (const event& e : all[0].events) {
    if (e.kind == event_kind::call_begins || e.kind == event_kind::timer_fired) {
      phases.push_back(static_cast<turn_phase>(e.number));
    }
  }
  EXPECT_THAT(phases, ElementsAre(turn_phase::pending, turn_phase::microtasks, turn_phase::check,
                                  turn_phase::close, turn_phase::timers, turn_phase::next_ticks));
}

TEST(recorded_loop, KnowsTheThreadThatPosts) {
  probe::recorder recorder;
  loop_options options;
  options.recorder = &recorder;
  loop l(std::move(options));
  const handle_id hold = l.hold();
  std::thread other([&] {
    probe::track* const mine = recorder.open("other");
    const probe::on_this_thread recording(mine);
    l.post([&] { l.clear(hold); });
    recorder.close(*mine);
  });
  l.run();
  other.join();
  const std::vector<track_record> both = recorder.snapshot();
  std::uint64_t posted = 0;
  bool connects = false;
  for (const track_record& each : both) {
    for (const event& e : each.events) {
      if (e.kind == event_kind::posted && each.name == "other") posted = e.subject;
    }
  }
  for (const event& e : both[0].events) {
    connects = connects || (e.kind == event_kind::call_begins && e.subject == posted);
  }
  EXPECT_TRUE(connects);
}

}  // namespace
}  // namespace rondo
