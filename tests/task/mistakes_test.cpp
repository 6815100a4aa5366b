// Mistakes with tasks that the compiler can't see: each is reported with the place where it was
// made, and those that would end in undefined behaviour end the process instead.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include <rondo/task/co_invoke.hpp>
#include <rondo/task/mistakes.hpp>
#include <rondo/task/scope.hpp>

#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::mistake;
using rondo::scope;
using rondo::task;
using rondo::with_scope;
using rondo::testing::run_simulated;

constexpr bool checks = rondo::detail::checks;

/// Keeps what is reported, as long as it lives.
class reports {
 public:
  reports() : before_(rondo::set_mistake_handler(&keep)) { kept().clear(); }
  reports(const reports&) = delete;
  ~reports() { rondo::set_mistake_handler(before_); }

  static std::vector<std::string>& kept() {
    static std::vector<std::string> all;
    return all;
  }

 private:
  static void keep(mistake m, const std::source_location& place, const char* text) {
    EXPECT_EQ(m, mistake::never_awaited);
    EXPECT_NE(place.line(), 0U);
    kept().emplace_back(text);
  }

  rondo::mistake_handler before_;
};

task<> forgotten() {
  co_return;
}

TEST(mistakes, a_task_that_never_ran_is_reported_with_its_coroutine) {
  if (!checks) GTEST_SKIP() << "looked for in debug builds only";
  const reports r;
  {
    const task<> t = forgotten();
  }
  ASSERT_EQ(reports::kept().size(), 1U);
  EXPECT_THAT(reports::kept().front(), testing::AllOf(testing::HasSubstr("task never awaited: "),
                                                      testing::HasSubstr("forgotten"),
                                                      testing::HasSubstr("mistakes_test.cpp:")));
}

TEST(mistakes, a_task_that_ran_or_was_given_away_is_none) {
  const reports r;
  const auto main = []() -> task<> {
    task<> later = forgotten();
    co_await std::move(later);
    co_await with_scope([](scope& s) -> task<> {
      s.spawn(forgotten());
      co_return;
    });
  };
  run_simulated(main());
  EXPECT_TRUE(reports::kept().empty());
}

using mistakes_death = testing::Test;

TEST(mistakes_death, awaiting_twice_names_where_it_was_awaited_first) {
  const auto main = []() -> task<> {
    task<> once = forgotten();
    co_await std::move(once);
    co_await std::move(once);  // NOLINT(bugprone-use-after-move): the mistake
  };
  EXPECT_DEATH(run_simulated(main()), "task awaited twice: .* at .*mistakes_test.cpp");
}

TEST(mistakes_death, destroying_a_task_that_waits) {
  if (!checks) GTEST_SKIP() << "looked for in debug builds only";
  const auto main = []() -> task<> {
    auto pending = std::make_unique<task<>>(rondo::as_task(rondo::sleep_for(1h)));
    co_await with_scope([&](scope& s) -> task<> {
      s.spawn(rondo::co_invoke([](task<>* t) -> task<> { co_await std::move(*t); }, pending.get()));
      co_await rondo::sleep_for(1ms);
      pending.reset();
    });
  };
  EXPECT_DEATH(run_simulated(main()), "task destroyed while pending: ");
}

TEST(mistakes_death, spawning_from_another_thread) {
  const auto main = []() -> task<> {
    co_await with_scope([](scope& s) -> task<> {
      std::thread([&] { s.spawn(forgotten()); }).join();
      co_return;
    });
  };
  EXPECT_DEATH(run_simulated(main()), "task used on the wrong thread: ");
}

TEST(mistakes_death, cancelling_from_another_thread) {
  const auto main = []() -> task<> {
    co_await with_scope([](scope& s) -> task<> {
      std::thread([&] { s.cancel(); }).join();
      co_return;
    });
  };
  EXPECT_DEATH(run_simulated(main()), "task used on the wrong thread: ");
}

TEST(co_invoke, keeps_the_function_and_its_arguments_until_the_end) {
  const auto main = []() -> task<> {
    std::string seen;
    co_await with_scope([&](scope& s) -> task<> {
      const std::string outlived = "captured";
      s.spawn(rondo::co_invoke([outlived, out = &seen]() -> task<> {
        co_await rondo::sleep_for(1ms);
        *out += outlived;
      }));
      struct local {
        static task<> append(std::string* out, const std::string& text) {
          co_await rondo::sleep_for(2ms);
          *out += text;
        }
      };
      s.spawn(
          rondo::co_invoke(&local::append, &seen, std::string(" and owned, though long enough")));
      co_return;
    });
    EXPECT_EQ(seen, "captured and owned, though long enough");
  };
  run_simulated(main());
}

}  // namespace
