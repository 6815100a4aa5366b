// Every primitive under cancels: of all who use it, at each of their awaits in turn, by a cancel
// and by a deadline; and of one among several, at each moment, where the others must go on.
#include <gtest/gtest.h>

#include <rondo/async/yield.hpp>
#include <rondo/sync/barrier.hpp>
#include <rondo/sync/condition.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/guarded.hpp>
#include <rondo/sync/latch.hpp>
#include <rondo/sync/notify.hpp>
#include <rondo/sync/once_cell.hpp>
#include <rondo/sync/semaphore.hpp>
#include <rondo/sync/shared_mutex.hpp>

#include "support/cancel_points.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::scope;
using rondo::task;
using rondo::with_scope;
using rondo::testing::guard;
using rondo::testing::program;

/// What several tasks do with the things that they share, each in `use`, which says its number.
/// Whoever is alone with it afterwards finds it free: `is_free`. Destroying it asserts the rest.
struct mutex_users {
  static constexpr int count = 4;
  task<> use(int) {
    const rondo::mutex::guard held = co_await m.lock();
    co_await rondo::sleep_for(2ms);
  }
  bool is_free() { return static_cast<bool>(m.try_lock()); }
  rondo::mutex m;
};

struct guarded_users {
  static constexpr int count = 3;
  task<> use(int) {
    auto value = co_await number.lock();
    const int before = *value;
    co_await rondo::sleep_for(1ms);
    *value = before + 1;
  }
  bool is_free() { return static_cast<bool>(number.try_lock()); }
  rondo::guarded<int> number{0};
};

struct semaphore_users {
  static constexpr int count = 5;
  task<> use(int number) {
    const rondo::semaphore::permit mine = co_await s.acquire(1 + number % 3);
    co_await rondo::sleep_for(1ms);
    const rondo::semaphore::permit one_more = s.try_acquire();
    co_await rondo::sleep_for(1ms);
  }
  bool is_free() { return s.available() == 3; }
  rondo::semaphore s{3};
};

struct shared_mutex_users {
  static constexpr int count = 5;
  task<> use(int number) {
    if (number % 3 == 1) {
      const rondo::shared_mutex::guard alone = co_await m.lock();
      co_await rondo::sleep_for(2ms);
    } else {
      const rondo::shared_mutex::shared_guard shared = co_await m.lock_shared();
      co_await rondo::sleep_for(3ms);
    }
  }
  bool is_free() { return static_cast<bool>(m.try_lock()); }
  rondo::shared_mutex m;
};

/// Two places, and who leaves one taps the next in line on the shoulder.
struct notify_users {
  static constexpr int count = 4;
  task<> use(int) {
    while (places == 0) co_await n.wait();
    --places;
    const leave at_the_end(*this);
    if (places > 0) n.notify_one();  // there is room for one more
    co_await rondo::sleep_for(2ms);
  }
  bool is_free() const { return places == 2; }
  class leave {
   public:
    explicit leave(notify_users& all) noexcept : all_(all) {}
    leave(const leave&) = delete;
    ~leave() {
      ++all_.places;
      all_.n.notify_one();
    }

   private:
    notify_users& all_;
  };
  rondo::notify n;
  int places = 2;
};

struct condition_users {
  static constexpr int count = 4;
  task<> use(int) {
    rondo::mutex::guard held = co_await m.lock();
    co_await changed.wait(held, [this] { return places > 0; });
    --places;
    held.unlock();
    const give_back at_the_end(*this);
    co_await rondo::sleep_for(2ms);
    held = co_await m.lock();
    co_await rondo::sleep_for(1ms);
  }
  bool is_free() { return places == 2 && m.try_lock(); }
  class give_back {
   public:
    explicit give_back(condition_users& all) noexcept : all_(all) {}
    give_back(const give_back&) = delete;
    ~give_back() {
      ++all_.places;
      all_.changed.notify_one();
    }

   private:
    condition_users& all_;
  };
  rondo::mutex m;
  rondo::condition changed;
  int places = 2;
};

struct once_users {
  static constexpr int count = 4;
  task<> use(int number) {
    const int& made = co_await cell.get([number]() -> task<int> {
      const guard g;
      co_await rondo::sleep_for(2ms);
      co_return number;
    });
    EXPECT_LT(made, count);
    co_await rondo::sleep_for(1ms);
  }
  bool is_free() const { return true; }
  rondo::once_cell<int> cell;
};

/// Wait for each other, and so can't go on without one of them.
struct barrier_users {
  static constexpr int count = 3;
  task<> use(int number) {
    for (int round = 0; round < 2; ++round) {
      co_await rondo::sleep_for((number + 1) * 1ms);
      co_await b.arrive_and_wait();
    }
    co_await l.arrive_and_wait();
    if (number == 0) co_await rondo::sleep_for(1ms);
    if (number == 0) e.set();
    co_await e.wait();
  }
  bool is_free() const { return true; }
  rondo::barrier b{count};
  rondo::latch l{count};
  rondo::event e;
};

template <class Users>
task<> one_of(Users& all, int number) {
  const guard g;
  co_await all.use(number);
  co_await rondo::yield_now();
  co_await all.use(number);
}

template <>
task<> one_of(barrier_users& all, int number) {
  const guard g;
  co_await all.use(number);
}

template <class Users>
task<> everybody() {
  const guard g;
  Users all;
  co_await with_scope([&](scope& s) -> task<> {
    for (int i = 0; i < Users::count; ++i) s.spawn(one_of(all, i));
    co_return;
  });
  EXPECT_TRUE(all.is_free());
}

constexpr program programs[] = {
    {"mutex", everybody<mutex_users>},         {"guarded", everybody<guarded_users>},
    {"semaphore", everybody<semaphore_users>}, {"shared_mutex", everybody<shared_mutex_users>},
    {"notify", everybody<notify_users>},       {"condition", everybody<condition_users>},
    {"once", everybody<once_users>},           {"barrier, latch, event", everybody<barrier_users>},
};

TEST(cancel_primitives, leaves_nothing) {
  rondo::testing::expect_nothing_left(programs, rondo::testing::cancelled_at);
}

TEST(cancel_primitives, leaves_nothing_where_it_comes_last_in_its_instant) {
  rondo::testing::expect_nothing_left(programs, rondo::testing::cancelled_late_at);
}

TEST(cancel_primitives, leaves_nothing_by_a_deadline) {
  rondo::testing::expect_nothing_left(programs, rondo::testing::limited_to);
}

/// All but one come to their end; a wake-up that was lost would leave somebody waiting, and `run`
/// reports that.
template <class Users>
task<> all_but_one(int victim, rondo::duration when) {
  Users all;
  int ended = 0;
  co_await with_scope([&](scope& s) -> task<> {
    const auto counted = [](Users& all, int number, int& ended) -> task<> {
      co_await one_of(all, number);
      ++ended;
    };
    std::vector<rondo::join_handle<>> handles;
    for (int i = 0; i < Users::count; ++i) handles.push_back(s.spawn(counted(all, i, ended)));
    co_await rondo::sleep_for(when);
    handles[static_cast<std::size_t>(victim)].cancel();
  });
  EXPECT_GE(ended, Users::count - 1);
  EXPECT_TRUE(all.is_free());
}

template <class Users>
class cancel_of_one : public ::testing::Test {};
using all_users = ::testing::Types<mutex_users, guarded_users, semaphore_users, shared_mutex_users,
                                   notify_users, condition_users, once_users>;
TYPED_TEST_SUITE(cancel_of_one, all_users);

TYPED_TEST(cancel_of_one, lets_all_others_go_on) {
  const program alone{"", everybody<TypeParam>};
  const long length = rondo::testing::length_of(alone);
  EXPECT_GT(length, 4);
  for (int victim = 0; victim < TypeParam::count; ++victim) {
    for (long half = 0; half <= length; ++half) {
      SCOPED_TRACE(std::to_string(victim) + " at " + std::to_string(half) + " half milliseconds");
      rondo::testing::run_simulated(all_but_one<TypeParam>(victim, half * 500us));
    }
  }
  EXPECT_EQ(guard::alive, 0);
}

}  // namespace
