// Ends programs that use each kind of channel at every point in time at which they can be met
// waiting, by a cancel and by a deadline (see support/cancel_points.hpp). Messages are counted with
// the frames: those that are still in a channel are destroyed with it.
#include <gtest/gtest.h>

#include <memory>

#include <rondo/sync/broadcast.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/sync/oneshot.hpp>
#include <rondo/sync/priority_channel.hpp>
#include <rondo/sync/watch.hpp>

#include "support/cancel_points.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::scope;
using rondo::task;
using rondo::with_scope;
using rondo::testing::expect_nothing_left;
using rondo::testing::guard;
using rondo::testing::program;

using message = std::unique_ptr<guard>;

template <class C>
task<> produce(C& to, int count) {
  const guard g;
  for (int i = 0; i < count; ++i) {
    message m = std::make_unique<guard>();
    co_await to.send(std::move(m));
    if (i % 2 == 0) co_await rondo::sleep_for(1ms);
  }
}

template <class C>
task<> consume(C& from) {
  const guard g;
  while (auto m = co_await from.receive()) co_await rondo::sleep_for(1ms);
}

template <class C>
task<> pipeline(std::size_t capacity) {
  const guard g;
  C c(capacity);
  co_await with_scope([&](scope& s) -> task<> {
    s.spawn(consume(c));
    s.spawn(consume(c));
    co_await with_scope([&](scope& producers) -> task<> {
      for (int i = 0; i < 3; ++i) producers.spawn(produce(c, 6));
      co_return;
    });
    c.close();
  });
}

task<> rendezvous() {
  co_await pipeline<rondo::channel<message>>(0);
}
task<> bounded() {
  co_await pipeline<rondo::channel<message>>(2);
}
task<> without_limit() {
  co_await pipeline<rondo::channel<message>>(rondo::unbounded);
}
task<> by_priority() {
  co_await pipeline<rondo::priority_channel<message>>(2);
}

task<> answer(rondo::oneshot_sender<message> to, int milliseconds) {
  const guard g;
  co_await rondo::sleep_for(milliseconds * 1ms);
  if (milliseconds % 2 == 0) static_cast<void>(to.try_send(std::make_unique<guard>()));
}

task<> stop_when_unwanted(rondo::oneshot_sender<message> to) {
  const guard g;
  co_await to.wait_unwanted();
}

task<> questions() {
  const guard g;
  co_await with_scope([](scope& s) -> task<> {
    for (int i = 0; i < 4; ++i) {
      auto ends = rondo::oneshot<message>();
      s.spawn(answer(std::move(ends.sender), i));
      const auto value = co_await ends.receiver.receive();
      EXPECT_EQ(value.has_value(), i % 2 == 0);
    }
    auto ends = rondo::oneshot<message>();
    s.spawn(stop_when_unwanted(std::move(ends.sender)));
    const auto nothing = co_await rondo::within(2ms, ends.receiver.receive());
    EXPECT_FALSE(nothing.has_value());
    const auto gone = std::move(ends.receiver);
  });
}

task<> listen(rondo::broadcast<message>::subscriber s) {
  const guard g;
  while (auto m = co_await s.receive()) co_await rondo::sleep_for(2ms);
}

task<> news() {
  const guard g;
  rondo::broadcast<message> b(2);
  co_await with_scope([&](scope& s) -> task<> {
    s.spawn(listen(b.subscribe(rondo::lag::is_counted)));
    s.spawn(listen(b.subscribe(rondo::lag::is_counted)));
    for (int i = 0; i < 6; ++i) {
      b.publish(std::make_unique<guard>());
      co_await rondo::sleep_for(1ms);
    }
    b.close();
  });
}

task<> follow(rondo::watch<message>::viewer v) {
  const guard g;
  for (;;) {
    const bool changed = co_await v.changed();
    if (!changed) co_return;
    const auto held = v.get();
    co_await rondo::sleep_for(1ms);
  }
}

task<> latest() {
  const guard g;
  rondo::watch<message> w(std::make_unique<guard>());
  co_await with_scope([&](scope& s) -> task<> {
    s.spawn(follow(w.subscribe()));
    for (int i = 0; i < 3; ++i) {
      co_await rondo::sleep_for(2ms);
      w.set(std::make_unique<guard>());
    }
    w.close();
  });
}

constexpr program programs[] = {
    {"rendezvous", rendezvous}, {"bounded", bounded},   {"without limit", without_limit},
    {"priority", by_priority},  {"oneshot", questions}, {"broadcast", news},
    {"watch", latest},
};

TEST(channel_cancel, at_every_await_leaves_nothing) {
  expect_nothing_left(programs, rondo::testing::cancelled_at);
}
TEST(channel_cancel, in_the_instant_of_every_end_leaves_nothing) {
  expect_nothing_left(programs, rondo::testing::cancelled_late_at);
}
TEST(channel_cancel, by_a_deadline_at_every_await_leaves_nothing) {
  expect_nothing_left(programs, rondo::testing::limited_to);
}

}  // namespace
