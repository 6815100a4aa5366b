// Everything that is locked, against one plain model of a fair queue: tasks ask, hold, give up and
// are cancelled at random, on a simulated clock, and the order in which they are served must be the
// order in which they asked.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <random>

#include <rondo/async/timeout.hpp>
#include <rondo/base/error.hpp>
#include <rondo/sync/mutex.hpp>
#include <rondo/sync/semaphore.hpp>
#include <rondo/sync/shared_mutex.hpp>

#include "support/seed.hpp"
#include "support/tasks.hpp"
#include "sync/queue_model.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::task;
using rondo::testing::queue_model;
using random_numbers = std::mt19937_64;

int up_to(random_numbers& random, int most) {
  return std::uniform_int_distribution<int>(0, most)(random);
}

/// A mutex as a lock of one unit.
class mutex_lock {
 public:
  using hold = rondo::mutex::guard;
  static constexpr int units = 1;
  static int some_units(random_numbers&) { return 1; }
  task<hold> take(int) { co_return co_await mutex_.lock(); }

 private:
  rondo::mutex mutex_;
};

class semaphore_lock {
 public:
  using hold = rondo::semaphore::permit;
  static constexpr int units = 5;
  static int some_units(random_numbers& random) { return 1 + up_to(random, units - 1); }
  task<hold> take(int count) { co_return co_await semaphore_.acquire(count); }

 private:
  rondo::semaphore semaphore_{units};
};

/// One unit for a reader, all for a writer.
class shared_lock {
 public:
  struct hold {
    rondo::shared_mutex::guard alone;
    rondo::shared_mutex::shared_guard shared;
  };
  static constexpr int units = 100;
  static int some_units(random_numbers& random) { return up_to(random, 2) == 0 ? units : 1; }
  task<hold> take(int count) {
    hold taken;
    if (count == 1) {
      taken.shared = co_await mutex_.lock_shared();
    } else {
      taken.alone = co_await mutex_.lock();
    }
    co_return taken;
  }

 private:
  rondo::shared_mutex mutex_;
};

/// Says in its destructor, whichever way it is left, that the units are given back.
class giver_back {
 public:
  giver_back(queue_model& model, int units) noexcept : model_(model), units_(units) {}
  giver_back(const giver_back&) = delete;
  ~giver_back() { model_.gives_back(units_); }

 private:
  queue_model& model_;
  int units_;
};

template <class Lock>
class fairness : public ::testing::Test {
 protected:
  /// Asks, waits with or without a limit, and says how it ended. Empty where the time was over.
  task<std::optional<typename Lock::hold>> ask(int id, int units, int limit_ms) {
    model.asks(id, units);
    std::optional<typename Lock::hold> held;
    bool gave_up = false;
    try {
      if (limit_ms == 0) {
        held = co_await lock.take(units);
      } else {
        held = co_await rondo::within(limit_ms * 1ms, lock.take(units));
      }
    } catch (const rondo::cancelled&) {
      gave_up = true;
    }
    held ? model.gets(id) : model.gives_up(id);
    if (gave_up) throw rondo::cancelled();
    co_return held;
  }

  task<> user(int id, std::uint64_t seed) {
    random_numbers random(seed);
    for (int round = 0; round < 20; ++round) {
      co_await rondo::sleep_for(up_to(random, 6) * 1ms);
      const int units = Lock::some_units(random);
      const int limit_ms = up_to(random, 1) == 0 ? 0 : 1 + up_to(random, 12);
      std::optional<typename Lock::hold> held = co_await ask(id, units, limit_ms);
      if (!held) continue;
      const giver_back at_the_end(model, units);
      co_await rondo::sleep_for(up_to(random, 3) * 1ms);
    }
  }

  task<> watch() {
    for (;;) {
      co_await rondo::sleep_for(1ms);
      model.expect_settled();
    }
  }

  task<> everybody(random_numbers& random) {
    co_await rondo::with_scope([&](rondo::scope& s) -> task<> {
      co_await rondo::sleep_for(500us);  // so that the watch looks when nobody runs
      auto watching = s.spawn(watch());
      co_await rondo::sleep_for(500us);
      std::vector<rondo::join_handle<>> users;
      for (int id = 0; id < 8; ++id) users.push_back(s.spawn(user(id, random())));
      while (!std::ranges::all_of(users, [](const auto& u) { return u.has_ended(); })) {
        co_await rondo::sleep_for(up_to(random, 30) * 1ms);
        users[static_cast<std::size_t>(up_to(random, 7))].cancel();
      }
      watching.cancel();
    });
  }

  Lock lock;
  queue_model model{Lock::units};
};

using locks = ::testing::Types<mutex_lock, semaphore_lock, shared_lock>;
TYPED_TEST_SUITE(fairness, locks);

TYPED_TEST(fairness, is_that_of_a_plain_queue_whatever_happens) {
  random_numbers random(rondo::testing::seed());
  for (int round = 0; round < 60; ++round) {
    rondo::testing::run_simulated(this->everybody(random));
    EXPECT_EQ(this->model.available(), TypeParam::units);
    EXPECT_FALSE(this->model.has_waiting());
    if (::testing::Test::HasFailure()) break;
  }
  EXPECT_GT(this->model.grants, 1000);
  EXPECT_GT(this->model.cancels, 50);
}

}  // namespace
