// Promises by themselves: settling, reacting, owning. Their order in time is compared with Node in
// tests/order.
#include <rondo/async/promise.hpp>

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <rondo/async/promise_combinators.hpp>
#include <rondo/async/unhandled_rejection.hpp>
#include <rondo/base/error.hpp>
#include <rondo/task/frame_pool.hpp>

namespace {

using rondo::errc;
using rondo::loop;
using rondo::promise;
using rondo::promise_resolver;
using lines = std::vector<std::string>;

std::string text_of(const std::exception_ptr& why) {
  try {
    std::rethrow_exception(why);
  } catch (const std::exception& e) {
    return e.what();
  }
}

errc code_of(const std::exception_ptr& why) {
  try {
    std::rethrow_exception(why);
  } catch (const rondo::error& e) {
    return e.code();
  } catch (...) {
    return errc::ok;
  }
}

std::exception_ptr failure(const char* text) {
  return std::make_exception_ptr(std::runtime_error(text));
}

/// Counts how often it was copied.
struct counted {
  counted() = default;
  counted(const counted& other) : copies(other.copies + 1) {}
  counted(counted&& other) noexcept : copies(other.copies) {}
  int copies = 0;
};

class promises : public ::testing::Test {
 protected:
  auto says(std::string line) {
    return [this, line = std::move(line)] { log.push_back(line); };
  }
  auto says_text() {
    return [this](const std::exception_ptr& why) { log.push_back(text_of(why)); };
  }
  void reject_unheard(const char* text) {
    static_cast<void>(promise<>::rejected(l, failure(text)));
  }

  lines log;
  loop l;
};

TEST_F(promises, settle_and_say_so) {
  auto [p, resolver] = promise<int>::with_resolver(l);
  EXPECT_TRUE(p.is_pending());
  resolver.resolve(5);
  EXPECT_TRUE(p.is_fulfilled());
  EXPECT_EQ(p.value(), 5);
  EXPECT_EQ(p.reason(), nullptr);
  const auto q = promise<int>::rejected(l, std::runtime_error("no"));
  EXPECT_TRUE(q.is_rejected());
  EXPECT_EQ(text_of(q.reason()), "no");
  q.catch_error([](const std::exception_ptr&) {});
  EXPECT_FALSE(l.run());
}

TEST_F(promises, change_their_type_along_the_chain) {
  promise<int>::resolved(l, 4)
      .then([](int n) { return std::string(static_cast<std::size_t>(n), 'x'); })
      .then([](std::string_view s) { return s.size() * 1.5; })
      .then([this](double d) { log.push_back(std::to_string(d)); })
      .then(says("void"));
  l.run();
  EXPECT_EQ(log, (lines{"6.000000", "void"}));
}

TEST_F(promises, take_a_failure_by_its_type) {
  const auto fails = promise<int>::rejected(l, std::out_of_range("far out"));
  fails.catch_error<std::invalid_argument>([](const auto&) { return 1; })
      .catch_error<std::out_of_range>([this](const std::out_of_range& e) {
        log.emplace_back(e.what());
        return 2;
      })
      .then([this](int n) { log.push_back(std::to_string(n)); });
  l.run();
  EXPECT_EQ(log, (lines{"far out", "2"}));
}

TEST_F(promises, have_no_value_where_only_one_callback_yields_one) {
  auto logged = promise<int>::resolved(l, 1).catch_error([](const std::exception_ptr&) {});
  static_assert(std::is_same_v<decltype(logged), promise<>>);
  auto either = promise<int>::resolved(l, 1).then([](int n) { return n; },
                                                  [](const std::exception_ptr&) { return 2.5; });
  static_assert(std::is_same_v<decltype(either), promise<double>>);
  l.run();
  EXPECT_TRUE(logged.is_fulfilled());
  EXPECT_EQ(either.value(), 1.0);
}

TEST_F(promises, give_one_value_to_all_who_react) {
  const auto p = promise<std::string>::resolved(l, "shared");
  for (int i = 0; i < 3; ++i) p.then([this](const std::string& s) { log.push_back(s); });
  l.run();
  EXPECT_EQ(log, (lines{"shared", "shared", "shared"}));
  EXPECT_EQ(p.value(), "shared");
}

TEST_F(promises, copy_a_value_only_where_somebody_else_may_want_it) {
  int copies = -1;
  promise<counted>::resolved(l)
      .catch_error([](const std::exception_ptr&) { return counted(); })
      .finally_do([] {})
      .then([](counted c) { return c; })
      .then([&l = l](counted c) { return promise<counted>::resolved(l, std::move(c)); })
      .then([&copies](counted c) { copies = c.copies; });
  l.run();
  EXPECT_EQ(copies, 0);
  const auto kept = promise<counted>::resolved(l);
  kept.then([&copies](counted c) { copies = c.copies; });
  l.run();
  EXPECT_EQ(copies, 1);
  EXPECT_EQ(kept.value().copies, 0);
}

TEST_F(promises, hand_what_cannot_be_copied_to_one_consumer) {
  using pointer = std::unique_ptr<int>;
  const auto p = promise<pointer>::resolved(l, std::make_unique<int>(7));
  p.then([this](const pointer& seen) { log.push_back(std::to_string(*seen)); });
  p.finally_do(says("finally")).then([this](pointer mine) {
    log.push_back("took " + std::to_string(*mine));
  });
  l.run();
  EXPECT_EQ(log, (lines{"7", "finally", "took 7"}));
  errc seen = errc::ok;
  p.then([](const pointer&) {}).catch_error([&](const auto& why) { seen = code_of(why); });
  l.run();
  EXPECT_EQ(seen, errc::invalid_argument);
}

TEST_F(promises, are_rejected_where_their_resolver_goes_without_a_word) {
  errc seen = errc::ok;
  {
    auto [p, resolver] = promise<int>::with_resolver(l);
    const promise_resolver<int> copy = resolver;
    p.catch_error([&](const auto& why) {
      seen = code_of(why);
      return 0;
    });
  }
  EXPECT_EQ(seen, errc::ok);
  l.run();
  EXPECT_EQ(seen, errc::broken_promise);
}

TEST_F(promises, broken_ones_are_reported_while_somebody_could_still_listen) {
  auto p = promise<int>::with_resolver(l).promise;
  EXPECT_TRUE(p.is_rejected());
  EXPECT_THROW(l.run(), rondo::error);
  p = promise<int>::with_resolver(l).promise;
  p = promise<int>();
  EXPECT_FALSE(l.run());
}

TEST_F(promises, go_quietly_where_nobody_ever_listened) {
  {
    const auto dropped = promise<int>::with_resolver(l);
  }
  auto [p, resolver] = promise<int>::with_resolver(l);
  p = promise<int>();
  resolver = promise_resolver<int>();
  EXPECT_FALSE(l.run());
}

TEST_F(promises, do_not_keep_the_loop_alive) {
  const auto made = promise<int>::with_resolver(l);
  made.promise.then([](int) {});
  EXPECT_FALSE(l.run());
}

TEST_F(promises, that_wait_for_each_other_are_rejected) {
  auto [a, settle_a] = promise<>::with_resolver(l);
  auto [b, settle_b] = promise<>::with_resolver(l);
  settle_a.resolve(b.then([] {}));
  settle_b.resolve(a);
  lines seen;
  for (const auto& each : {b, a}) {
    each.catch_error([&](const auto& why) { seen.push_back(text_of(why)); });
  }
  l.run();
  EXPECT_EQ(seen, lines(2, "promise: chaining cycle: it would wait for itself"));
  const auto itself = std::make_shared<promise<>>();
  *itself =
      promise<>::resolved(l).finally_do([itself] { return std::exchange(*itself, promise<>()); });
  itself->catch_error([&](const auto& why) { seen.push_back(text_of(why)); });
  l.run();
  EXPECT_EQ(seen.size(), 3U);
}

TEST_F(promises, let_go_of_a_callback_once_it_was_called) {
  auto guard = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = guard;
  const auto p = promise<>::resolved(l).then([guard = std::move(guard)] { return *guard; });
  EXPECT_FALSE(watch.expired());
  l.run();
  EXPECT_TRUE(watch.expired());
  EXPECT_EQ(p.value(), 1);
}

TEST_F(promises, may_lose_their_last_handle_in_their_own_callback) {
  auto kept = std::make_shared<promise<>>();
  *kept = promise<>::resolved(l).then([kept, this] {
    *kept = promise<>();
    log.emplace_back("called");
  });
  kept->then(says("behind"));
  kept.reset();
  l.run();
  EXPECT_EQ(log, (lines{"called", "behind"}));
}

TEST_F(promises, may_be_settled_and_reacted_to_from_within_a_reaction) {
  auto [p, resolver] = promise<int>::with_resolver(l);
  auto [q, other] = promise<int>::with_resolver(l);
  p.then([&, r = resolver](int n) {
    r.resolve(99);
    other.resolve(n + 1);
    p.then([this](int again) { log.push_back("again " + std::to_string(again)); });
  });
  q.then([this](int n) { log.push_back("other " + std::to_string(n)); });
  resolver.resolve(1);
  l.run();
  EXPECT_EQ(log, (lines{"other 2", "again 1"}));
}

TEST_F(promises, survive_a_value_whose_copy_throws) {
  struct grumpy {
    grumpy() = default;
    grumpy(const grumpy& /*other*/) { throw std::runtime_error("no copies"); }
    grumpy(grumpy&&) noexcept = default;
  };
  auto [p, resolver] = promise<grumpy>::with_resolver(l);
  const grumpy original;
  EXPECT_THROW(resolver.resolve(original), std::runtime_error);
  EXPECT_TRUE(p.is_pending());
  resolver.resolve(grumpy());
  p.finally_do([] {}).catch_error([this](const auto& why) { log.push_back(text_of(why)); });
  l.run();
  EXPECT_EQ(log, lines{"no copies"});
}

TEST_F(promises, are_one_block_of_memory_each) {
  const auto root = promise<int>::with_resolver(l);
  const long before = rondo::frame_pool::live_blocks();
  auto chain = root.promise;
  for (int i = 0; i < 10; ++i) chain = chain.then([](int n) { return n + 1; });
  EXPECT_EQ(rondo::frame_pool::live_blocks() - before, 10);
  static_assert(sizeof(rondo::detail::promise_state<int>) <= 88);
}

// Chains of a million --------------------------------------------------------------------------

constexpr int many = 1'000'000;

TEST_F(promises, a_long_chain_settles_without_recursion) {
  auto chain = promise<int>::resolved(l, 0);
  for (int i = 0; i < many; ++i) chain = chain.then([](int n) { return n + 1; });
  l.run();
  EXPECT_EQ(chain.value(), many);
}

TEST_F(promises, a_long_chain_breaks_without_recursion) {
  auto made = promise<int>::with_resolver(l);
  auto chain = made.promise;
  for (int i = 0; i < many; ++i) chain = chain.then([](int n) { return n + 1; });
  chain.catch_error([this](const auto& why) { log.emplace_back(to_string(code_of(why))); });
  made.resolver = {};
  l.run();
  EXPECT_EQ(log, lines{"broken_promise"});
}

TEST(promises_and_the_loop, a_long_pending_chain_goes_without_recursion) {
  auto l = std::make_unique<loop>();
  auto made = promise<int>::with_resolver(*l);
  promise<int> chain = made.promise;
  for (int i = 0; i < many; ++i) chain = chain.then([](int n) { return n + 1; });
  l.reset();
  made = {};
  EXPECT_TRUE(chain.is_pending());
}

TEST_F(promises, a_chain_of_followers_settles) {
  auto made = promise<int>::with_resolver(l);
  promise<int> last = made.promise;
  for (int i = 0; i < many / 10; ++i) {
    auto next = promise<int>::with_resolver(l);
    next.resolver.resolve(last);
    last = next.promise;
  }
  l.run();
  EXPECT_TRUE(last.is_pending());
  made.resolver.resolve(3);
  l.run();
  EXPECT_EQ(last.value(), 3);
}

// The end of the loop --------------------------------------------------------------------------

TEST(promises_and_the_loop, whatever_waits_is_dropped_with_the_loop) {
  const long before = rondo::frame_pool::live_blocks();
  auto guard = std::make_shared<int>(1);
  {
    loop l;
    auto [p, resolver] = promise<int>::with_resolver(l);
    p.then([guard](int) { FAIL() << "pending"; });
    promise<>::resolved(l).then([guard] { FAIL() << "queued"; });
    promise<>::rejected(l, failure("never reported")).finally_do([guard] {});
    promise<>(l, [&](auto r) { r.resolve(promise<>::resolved(l)); }).then([guard] {});
    l.set_timeout(rondo::duration::milliseconds(1), [guard, r = resolver] { r.resolve(1); });
    l.queue_microtask([guard, r = resolver] { r.resolve(1); });
    rondo::promise_all(p, p).then([guard](const auto&) { FAIL() << "all"; });
    rondo::on_unhandled_rejection(l, [guard](const auto&) { FAIL() << "hook"; });
  }
  EXPECT_EQ(guard.use_count(), 1);
  EXPECT_EQ(rondo::frame_pool::live_blocks(), before);
}

TEST(promises_and_the_loop, handles_may_outlive_it) {
  promise<int> p;
  promise<int> derived;
  promise_resolver<int> resolver;
  auto guard = std::make_shared<int>(1);
  {
    loop l;
    auto made = promise<int>::with_resolver(l);
    p = made.promise;
    resolver = made.resolver;
    derived = p.then([guard](int n) { return n; });
  }
  EXPECT_EQ(guard.use_count(), 2);
  resolver.resolve(1);
  EXPECT_EQ(p.value(), 1);
  EXPECT_TRUE(derived.is_pending());
  EXPECT_TRUE(p.then([guard](int) {}).is_pending());
  resolver = {};
  derived = {};
  EXPECT_EQ(guard.use_count(), 1);
}

// Rejections that nobody reacts to -------------------------------------------------------------

TEST_F(promises, an_unheard_rejection_ends_run_and_the_next_one_the_next_run) {
  reject_unheard("one");
  reject_unheard("two");
  l.set_immediate(says("immediate"));
  for (const char* expected : {"one", "two"}) {
    try {
      l.run();
      ADD_FAILURE() << expected;
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), expected);
    }
  }
  EXPECT_FALSE(l.run());
  EXPECT_EQ(log, lines{"immediate"});
}

TEST_F(promises, one_that_is_heard_between_two_runs_is_not_reported) {
  reject_unheard("one");
  const auto second = promise<>::rejected(l, failure("two"));
  EXPECT_THROW(l.run(), std::runtime_error);
  second.catch_error(says_text());
  EXPECT_FALSE(l.run());
  EXPECT_EQ(log, lines{"two"});
}

TEST_F(promises, what_the_hook_throws_is_uncaught) {
  l.on_uncaught([&](const std::exception_ptr& thrown) { log.push_back(text_of(thrown)); });
  rondo::on_unhandled_rejection(
      l, [](const auto&) { throw std::runtime_error("thrown by the hook"); });
  reject_unheard("one");
  reject_unheard("two");
  l.run();
  EXPECT_EQ(log, (lines{"thrown by the hook", "thrown by the hook"}));
  rondo::on_unhandled_rejection(l, {});
  reject_unheard("three");
  l.run();
  EXPECT_EQ(log.back(), "three");
}

TEST_F(promises, the_late_hook_is_told_of_reported_ones_only_and_may_throw) {
  rondo::on_unhandled_rejection(l, [&](const auto& p) { log.push_back(text_of(p.reason())); });
  rondo::on_rejection_handled(l, [&](const auto& p) {
    log.push_back("late " + text_of(p.reason()));
    throw std::runtime_error("late hook");
  });
  const auto p = promise<>::rejected(l, failure("one"));
  const auto q = promise<>::rejected(l, failure("in time"));
  q.catch_error([](const std::exception_ptr&) {});
  l.run();
  p.catch_error([](const std::exception_ptr&) {});
  p.catch_error([](const std::exception_ptr&) {});
  EXPECT_THROW(l.run(), std::runtime_error);
  EXPECT_FALSE(l.run());
  EXPECT_EQ(log, (lines{"one", "late one"}));
}

}  // namespace
