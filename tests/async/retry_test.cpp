// Trying again: how often, when, and when no more.
#include <rondo/async/retry.hpp>

#include <gtest/gtest.h>

#include "support/seed.hpp"
#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::duration;
using rondo::retry;
using rondo::retry_options;
using rondo::task;
using rondo::testing::now_ms;
using rondo::testing::outcome_of;
using rondo::testing::run_simulated;

retry_options evenly() {
  retry_options options;
  options.jitter = false;
  options.first_pause = 1s;
  options.max_pause = 5s;
  return options;
}

/// Fails until the attempt of this number, and notes when each began.
class flaky {
 public:
  explicit flaky(int good) noexcept : good_(good) {}
  task<int> operator()(int attempt) {
    const long now = co_await now_ms();
    begun_.push_back(now);
    co_await rondo::sleep_for(1s);
    if (attempt < good_) throw std::runtime_error("attempt " + std::to_string(attempt));
    co_return attempt;
  }
  const std::vector<long>& begun() const { return begun_; }

 private:
  int good_;
  std::vector<long> begun_;
};

TEST(retry, pauses_twice_as_long_each_time_up_to_a_limit) {
  flaky f(6);
  const auto main = [](flaky& f) -> task<> {
    retry_options options = evenly();
    options.max_attempts = 6;
    const auto attempt = [&f](int n) -> task<int> {
      const int value = co_await f(n);
      co_return value;
    };
    const int value = co_await retry(options, attempt);
    EXPECT_EQ(value, 6);
  };
  run_simulated(main(f));
  EXPECT_EQ(f.begun(), (std::vector<long>{0, 2'000, 5'000, 10'000, 16'000, 22'000}));
}

TEST(retry, gives_up_after_the_last_attempt) {
  const auto main = []() -> task<> {
    int attempts = 0;
    std::string text;
    const auto refused = []() -> task<> { co_await rondo::testing::fail_after(1s, "refused"); };
    try {
      co_await retry(evenly(), refused);
    } catch (const rondo::retry_failure& failure) {
      attempts = failure.attempts();
      text = failure.what();
      EXPECT_THROW(std::rethrow_exception(failure.last()), std::runtime_error);
    }
    EXPECT_EQ(attempts, 5);
    EXPECT_EQ(text, "retry: attempt 5 was the last and failed: refused");
  };
  run_simulated(main());
}

TEST(retry, throws_at_once_what_is_not_worth_it) {
  const auto main = []() -> task<> {
    int attempts = 0;
    retry_options options = evenly();
    options.worth_it = [](const std::exception_ptr& failure) {
      try {
        std::rethrow_exception(failure);
      } catch (const rondo::error& e) {
        return e.code() == rondo::errc::connection_refused;
      } catch (...) {
        return false;
      }
    };
    const auto attempt = [&attempts]() -> task<> {
      co_await rondo::sleep_for(1s);
      if (++attempts < 3) throw rondo::error(rondo::errc::connection_refused, "refused");
      throw std::logic_error("a bug");
    };
    const std::string outcome = co_await outcome_of(retry(options, attempt));
    EXPECT_EQ(outcome, "a bug");
    EXPECT_EQ(attempts, 3);
  };
  run_simulated(main());
}

TEST(retry, keeps_to_its_limit_of_time) {
  const auto main = []() -> task<> {
    retry_options options = evenly();
    options.max_attempts = 100;
    options.total_limit = 6500ms;
    int attempts = 0;
    const auto slow = [&attempts]() -> task<> {
      ++attempts;
      co_await rondo::testing::fail_after(1s, "slow");
    };
    const std::string outcome = co_await outcome_of(retry(options, slow));
    EXPECT_EQ(outcome, "retry: attempt 3 was the last and failed: slow");
    long now = co_await now_ms();
    EXPECT_EQ(now, 6'000) << "the next pause would have reached beyond";
    EXPECT_EQ(attempts, 3);
    const auto hangs = []() -> task<int> {
      co_await rondo::sleep_for(1h);
      co_return 1;
    };
    const std::string cut = co_await outcome_of(retry(options, hangs));
    EXPECT_TRUE(cut.starts_with("retry: attempt 1 was the last")) << cut;
    now = co_await now_ms();
    EXPECT_EQ(now, 12'500);
  };
  run_simulated(main());
}

TEST(retry, is_cancelled_in_an_attempt_and_in_a_pause) {
  for (const auto when : {500ms, 1500ms, 2500ms}) {
    flaky f(100);
    const auto main = [](flaky& f, duration when) -> task<> {
      const auto attempt = [&f](int n) -> task<int> {
        const int value = co_await f(n);
        co_return value;
      };
      const std::string outcome =
          co_await outcome_of(rondo::with_timeout(when, retry(evenly(), attempt)));
      EXPECT_TRUE(outcome.starts_with("with_timeout: ")) << outcome;
      const long now = co_await now_ms();
      EXPECT_EQ(now, when.count_ns() / 1'000'000);
    };
    run_simulated(main(f, when));
    EXPECT_EQ(f.begun().size(), when > 2s ? 2U : 1U);
  }
}

/// When the attempts begin that fail at once, with pauses of up to 1, 2, 4, 8 s.
std::vector<long> begins(std::uint64_t seed) {
  std::vector<long> all;
  const auto main = [](std::uint64_t seed, std::vector<long>& all) -> task<> {
    rondo::random_source random(seed);
    retry_options options = evenly();
    options.jitter = true;
    options.random = &random;
    const auto attempt = [&all]() -> task<> {
      const long now = co_await now_ms();
      all.push_back(now);
      throw std::runtime_error("no");
    };
    const std::string outcome = co_await outcome_of(retry(options, attempt));
    EXPECT_FALSE(outcome.empty());
  };
  run_simulated(main(seed, all));
  return all;
}

TEST(retry, spreads_the_pauses_by_the_randomness_it_is_given) {
  const std::uint64_t seed = rondo::testing::seed();
  const std::vector<long> once = begins(seed);
  EXPECT_EQ(once, begins(seed));
  EXPECT_NE(once, begins(seed + 1));
  ASSERT_EQ(once.size(), 5U);
  const long longest[] = {1'000, 2'000, 4'000, 5'000};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_LE(once[i + 1] - once[i], longest[i]);
}

}  // namespace
