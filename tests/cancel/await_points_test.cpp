// Programs that use each primitive, each combinator and each I/O operation are ended at each of
// their awaits in turn, by a cancel and by a deadline, on every backend; nothing may be left of
// them.
#include "cancel/await_points.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <span>

#include <rondo/rondo.hpp>

namespace rondo::testing {
namespace {

using namespace std::chrono_literals;

/// Counts the objects that live in the frames of the programs.
class guard {
 public:
  guard() noexcept { ++alive; }
  guard(const guard&) = delete;
  ~guard() { --alive; }
  static inline int alive = 0;
};

// I/O
// ---------------------------------------------------------------------------------------------

task<> echo(tcp_stream peer) {
  const guard g;
  std::array<std::byte, 4> exact;
  co_await peer.read_exact(exact);
  co_await peer.write_all(exact);
  for (;;) {
    const io_buffer some = co_await peer.read_some();
    if (some.empty()) co_return;
    co_await peer.write_all(some.bytes());
  }
}

task<> client(socket_address to) {
  const guard g;
  tcp_stream server = co_await tcp_stream::connect(to);
  std::array<std::byte, 4> word{};
  co_await server.write_all(word);
  co_await server.read_exact(word);
  co_await yield_now();
  co_await server.write_all(word);
  std::array<std::byte, 64> any;
  co_await server.read(any);
  static_cast<void>(server.shutdown());
  co_await server.read(any);
}

task<> server_and_client() {
  const guard g;
  tcp_listener listener = co_await tcp_listener::bind("127.0.0.1:0");
  const socket_address here = *listener.local_address();
  co_await with_scope([&](scope& s) -> task<> {
    s.spawn("client", client(here));
    tcp_stream peer = co_await listener.accept();
    s.spawn("echo", echo(std::move(peer)));
  });
}

task<> a_slow_reader_holds_up_a_writer() {
  const guard g;
  tcp_listener listener = co_await tcp_listener::bind("127.0.0.1:0");
  auto accepting = as_task(listener.accept());
  auto connecting = as_task(tcp_stream::connect(*listener.local_address()));
  auto both = co_await when_all(std::move(accepting), std::move(connecting));
  const std::vector<std::byte> much(4 * 1024 * 1024);
  struct local {
    static task<> write(tcp_stream& to, std::span<const std::byte> all) {
      const guard in_here;
      co_await to.write_all(all);
      static_cast<void>(to.shutdown());
    }
    static task<> read(tcp_stream& from) {
      const guard in_here;
      std::vector<std::byte> into(1024 * 1024);
      while (co_await from.read(into) > 0) co_await yield_now();
    }
  };
  co_await when_all(local::write(std::get<0>(both), much), local::read(std::get<1>(both)));
}

task<> sleeps_and_turns() {
  const guard g;
  co_await sleep_for(1ms);
  co_await yield_now();
  co_await sleep_for(duration());
  co_await yield_now();
}

// Primitives
// ---------------------------------------------------------------------------------------------

task<> uses_a_mutex(mutex& m, guarded<int>& value, int rounds) {
  const guard g;
  for (int i = 0; i < rounds; ++i) {
    mutex::guard held = co_await m.lock();
    co_await yield_now();
    held.unlock();
    auto number = co_await value.lock();
    ++*number;
    co_await sleep_for(duration());
  }
}

task<> locks() {
  const guard g;
  mutex m;
  guarded<int> value{0};
  co_await when_all(uses_a_mutex(m, value, 3), uses_a_mutex(m, value, 3),
                    uses_a_mutex(m, value, 3));
  EXPECT_TRUE(m.try_lock());  // nobody has kept it
}

task<> semaphores_and_events() {
  const guard g;
  semaphore s(2);
  event go;
  notify news;
  struct local {
    static task<> work(semaphore& s, event& go, notify& news) {
      const guard in_here;
      co_await go.wait();
      const auto both = co_await s.acquire(2);
      co_await yield_now();
      news.notify_one();
    }
    static task<> lead(event& go, notify& news) {
      const guard in_here;
      co_await yield_now();
      go.set();
      co_await news.wait();
      co_await news.wait();
    }
  };
  co_await when_all(local::work(s, go, news), local::work(s, go, news), local::lead(go, news));
}

task<> conditions() {
  const guard g;
  mutex m;
  condition changed;
  int stage = 0;
  struct local {
    static task<> player(mutex& m, condition& changed, int& stage, int mine) {
      const guard in_here;
      for (int round = 0; round < 2; ++round) {
        mutex::guard held = co_await m.lock();
        co_await changed.wait(held, [&] { return stage % 2 == mine; });
        ++stage;
        changed.notify_all();
        co_await yield_now();
      }
    }
  };
  co_await when_all(local::player(m, changed, stage, 0), local::player(m, changed, stage, 1));
}

// Channels
// ---------------------------------------------------------------------------------------------

task<> channels() {
  const guard g;
  channel<int> numbers(1);
  struct local {
    static task<> produce(channel<int>& to) {
      const guard in_here;
      for (int i = 0; i < 4; ++i) co_await to.send(i);
      co_await yield_now();
      to.close();
    }
    static task<> consume(channel<int>& from) {
      const guard in_here;
      while (co_await from.receive()) co_await yield_now();
    }
  };
  co_await when_all(local::produce(numbers), local::consume(numbers));
}

// Promises and blocking work
// ---------------------------------------------------------------------------------------------

task<> promises() {
  const guard g;
  loop& l = co_await this_loop();
  auto later = promise<int>::with_resolver(l);
  struct local {
    static task<> resolve(promise_resolver<int> with) {
      const guard in_here;
      co_await sleep_for(1ms);
      with.resolve(7);
    }
    static task<> await(promise<int> seven) {
      const guard in_here;
      const int n = co_await seven.then([](int seven) { return seven + 1; });
      EXPECT_EQ(n, 8);
    }
  };
  // One who is cancelled before he resolves breaks the promise, and nobody hears of that then.
  on_unhandled_rejection(l, [](const rejected_promise&) {});
  co_await when_all(local::resolve(std::move(later.resolver)),
                    local::await(std::move(later.promise)));
}

task<> blocking_work() {
  const guard g;
  const int n = co_await offload([] { return 7; });
  EXPECT_EQ(n, 7);
  co_await when_all(offload([] {}), offload([] {}));
}

// Combinators
// ---------------------------------------------------------------------------------------------

task<int> number_after(duration d, int n) {
  const guard g;
  co_await sleep_for(d);
  co_return n;
}

task<> combinators() {
  const guard g;
  co_await when_any(number_after(1ms, 1), number_after(1h, 2));
  co_await race(number_after(1ms, 1), number_after(2ms, 2));
  co_await within(1ms, number_after(1h, 3));
  co_await shield(number_after(1ms, 4));
  co_await with_scope([](scope& s) -> task<> {
    auto one = s.spawn(number_after(1ms, 5));
    auto two = s.spawn(number_after(1h, 6));
    co_await one;
    two.cancel();
    co_await spawn(number_after(1h, 7));
  });
}

struct program {
  const char* name;
  task<> (*make)();
  int least_points;
};
constexpr program programs[] = {
    {"server_and_client", server_and_client, 6},
    {"a_slow_reader_holds_up_a_writer", a_slow_reader_holds_up_a_writer, 6},
    {"sleeps_and_turns", sleeps_and_turns, 4},
    {"locks", locks, 6},
    {"semaphores_and_events", semaphores_and_events, 4},
    {"conditions", conditions, 4},
    {"channels", channels, 4},
    {"promises", promises, 2},
    {"blocking_work", blocking_work, 2},
    {"combinators", combinators, 6},
};

class await_points : public ::testing::TestWithParam<std::tuple<io::backend_kind, program>> {
 protected:
  void end_everywhere(ended_by how) {
    const auto& [backend, p] = GetParam();
    const int points = end_at_each_await(backend, how, p.make);
    EXPECT_GE(points, p.least_points) << "the program did not wait where it should";
    EXPECT_EQ(guard::alive, 0);
    RecordProperty("points", points);
  }
};

TEST_P(await_points, leave_nothing_after_a_cancel) {
  end_everywhere(ended_by::cancel);
}
TEST_P(await_points, leave_nothing_after_a_deadline) {
  end_everywhere(ended_by::deadline);
}

std::vector<io::backend_kind> granted() {
  std::vector<io::backend_kind> kinds;
  for (const io::candidate& c : io::candidates()) {
    if (c.granted) kinds.push_back(c.kind);
  }
  return kinds;
}
std::string name_of(const ::testing::TestParamInfo<std::tuple<io::backend_kind, program>>& test) {
  return std::string(io::to_string(std::get<0>(test.param))) + '_' + std::get<1>(test.param).name;
}
INSTANTIATE_TEST_SUITE_P(each, await_points,
                         ::testing::Combine(::testing::ValuesIn(granted()),
                                            ::testing::ValuesIn(programs)),
                         name_of);

}  // namespace
}  // namespace rondo::testing
