// Random trees of combinators on the simulated clock, whose leaves complete, fail, or complete and
// fail only when they are cancelled, under a random cancel from outside. Whatever happens, every
// value that a leaf completed with arrives at the root, every failure is seen by somebody once, and
// no frame is left.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include <rondo/async/timeout.hpp>
#include <rondo/async/yield.hpp>
#include <rondo/base/random.hpp>
#include <rondo/task/all_settled.hpp>
#include <rondo/task/for_each.hpp>
#include <rondo/task/join_set.hpp>
#include <rondo/task/race.hpp>
#include <rondo/task/select.hpp>
#include <rondo/task/shield.hpp>

#include "support/seed.hpp"
#include "support/tasks.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::on;
using rondo::task;

using bag = std::vector<int>;

enum class kind {
  leaf,
  any,
  settled,
  race,
  success,
  select,
  set,
  all,
  loop,
  within,
  kinds,
};

struct node {
  kind what = kind::leaf;
  int number = 0;
  int milliseconds = 0;
  bool fails = false;      // instead of completing
  bool stubborn = false;   // completes, or fails, also when it is cancelled
  bool passes_on = false;  // an inner one: throws failures on, where it has no values to hand out
  std::vector<std::unique_ptr<node>> children;
};

class numbered : public std::runtime_error {
 public:
  explicit numbered(int n) : std::runtime_error("failure " + std::to_string(n)), number(n) {}
  int number;
};

/// Instead of a failure that somebody has seen.
class noted_already : public std::exception {};

/// What happened in one tree.
struct account {
  bag completed;
  bag failed;
  bag seen;  // failures that have arrived
};

std::unique_ptr<node> random_tree(rondo::random_source& random, int depth, int& number) {
  auto n = std::make_unique<node>();
  n->number = ++number;
  n->milliseconds = static_cast<int>(random.below(6));
  n->fails = random.below(4) == 0;
  n->stubborn = random.below(3) == 0;
  n->passes_on = random.below(2) == 0;
  if (depth == 0 || random.below(5) == 0) return n;
  n->what = static_cast<kind>(1 + random.below(static_cast<int>(kind::kinds) - 1));
  const std::uint64_t children = n->what == kind::select ? 2 : 1 + random.below(4);
  for (std::uint64_t i = 0; i < children; ++i) {
    n->children.push_back(random_tree(random, depth - 1, number));
  }
  return n;
}

task<bag> run_leaf(const node& n, account& a) {
  try {
    if (n.milliseconds == 5) co_await rondo::yield_now();
    if (n.milliseconds != 0) co_await rondo::sleep_for(n.milliseconds * 1ms);
  } catch (const rondo::cancelled&) {
    if (!n.stubborn) throw;
  }
  if (n.fails) {
    a.failed.push_back(n.number);
    throw numbered(n.number);
  }
  a.completed.push_back(n.number);
  const bag one(1, n.number);
  co_return one;
}

/// One inner node at work: values and failures of its children.
class collector {
 public:
  explicit collector(account& a) noexcept : account_(&a) {}

  void add(const bag& values) { values_.insert(values_.end(), values.begin(), values.end()); }
  void note(const std::exception_ptr& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const rondo::failure_group& group) {
      for (const std::exception_ptr& each : group.failures()) note(each);
    } catch (const numbered&) {
      failures_.push_back(failure);
    } catch (const rondo::cancelled&) {
      was_cancelled_ = true;
    } catch (const noted_already&) {  // NOLINT(bugprone-empty-catch): as it says
    }
  }
  void add(rondo::settled<bag>& end) {
    if (end) add(end.value());
    if (end.has_failed()) note(end.failure());
  }

  bag finish(bool passes_on) {
    if (values_.empty() && passes_on) {
      if (failures_.size() > 1) throw rondo::failure_group(std::move(failures_));
      if (!failures_.empty()) std::rethrow_exception(failures_.front());
      if (was_cancelled_) throw rondo::cancelled();
    }
    for (const std::exception_ptr& each : failures_) {
      try {
        std::rethrow_exception(each);
      } catch (const numbered& failure) {
        account_->seen.push_back(failure.number);
      }
    }
    return std::move(values_);
  }

 private:
  account* account_;
  bag values_;
  std::vector<std::exception_ptr> failures_;
  bool was_cancelled_ = false;
};

task<bag> eval(const node& n, account& a);

/// For combinators that by contract tell nobody of the failures of losers.
task<bag> eval_noting_failures(const node& n, account& a, collector& c) {
  std::exception_ptr failure;
  try {
    bag values = co_await eval(n, a);
    co_return values;
  } catch (const rondo::cancelled&) {
    throw;
  } catch (...) {
    failure = std::current_exception();
  }
  c.note(failure);
  throw noted_already();
}

/// For combinators that by contract hand out no values where one fails.
task<> eval_into(const node& n, account& a, collector& c) {
  const bag values = co_await eval(n, a);
  c.add(values);
}

std::vector<task<bag>> children_of(const node& n, account& a) {
  std::vector<task<bag>> work;
  for (const auto& each : n.children) work.push_back(eval(*each, a));
  return work;
}

task<> drain(rondo::join_set<bag>& set, collector& c) {
  bool more = true;
  while (more) {
    try {
      const auto values = co_await set.next();
      more = values.has_value();
      if (more) c.add(*values);
    } catch (...) {
      c.note(std::current_exception());
    }
  }
}

task<> run_set(const node& n, account& a, collector& c) {
  co_await rondo::with_join_set<bag>([&](rondo::join_set<bag>& set) -> task<> {
    for (const auto& each : n.children) set.spawn(eval(*each, a));
    bool wanted = true;
    while (wanted) {
      try {
        const auto values = co_await set.next();
        wanted = values && !n.stubborn;
        if (values) c.add(*values);
      } catch (const rondo::cancelled&) {
        wanted = false;
      } catch (...) {
        c.note(std::current_exception());
      }
    }
    set.cancel("enough");
    co_await rondo::shield(drain(set, c));
  });
}

task<> run_inner(const node& n, account& a, collector& c) {
  switch (n.what) {
    case kind::any: {
      auto results = co_await rondo::when_any(children_of(n, a)).as_settled();
      for (std::size_t i = 0; i < results.size(); ++i) c.add(results.at(i));
      break;
    }
    case kind::settled: {
      auto ends = co_await rondo::all_settled(children_of(n, a));
      for (rondo::settled<bag>& each : ends) c.add(each);
      break;
    }
    case kind::race:
    case kind::success: {
      std::vector<task<bag>> work;
      for (const auto& each : n.children) work.push_back(eval_noting_failures(*each, a, c));
      const auto keep = [&c](const bag& values) { c.add(values); };
      bag first;
      if (n.what == kind::race) {
        first = co_await rondo::race(std::move(work)).leftovers_to(keep);
      } else {
        first = co_await rondo::first_success(std::move(work)).leftovers_to(keep);
      }
      c.add(first);
      break;
    }
    case kind::select: {
      const auto plain = [&c](const bag& values) { c.add(values); };
      const auto slow = [&c, &n](bag values) -> task<> {
        c.add(values);
        co_await rondo::sleep_for(n.milliseconds * 1ms);
      };
      co_await rondo::select(on(eval(*n.children[0], a), plain), on(eval(*n.children[1], a), slow));
      break;
    }
    case kind::set:
      co_await run_set(n, a, c);
      break;
    case kind::all: {
      std::vector<task<>> work;
      for (const auto& each : n.children) work.push_back(eval_into(*each, a, c));
      co_await rondo::when_all(std::move(work));
      break;
    }
    case kind::loop: {
      const auto one = [&](const std::unique_ptr<node>& child) -> task<> {
        co_await eval_into(*child, a, c);
      };
      co_await rondo::for_each(n.children, 2, one);
      break;
    }
    default: {
      const auto values = co_await rondo::within(n.milliseconds * 1ms, eval(*n.children[0], a));
      if (values) c.add(*values);
    }
  }
}

task<bag> eval(const node& n, account& a) {
  if (n.what == kind::leaf) {
    bag one = co_await run_leaf(n, a);
    co_return one;
  }
  collector c(a);
  std::exception_ptr failure;
  try {
    co_await run_inner(n, a, c);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) c.note(failure);
  bag values = c.finish(n.passes_on);
  co_return values;
}

task<> run_tree(const node& root, account& a, bag& arrived, rondo::duration limit) {
  collector c(a);
  std::exception_ptr failure;
  try {
    const auto values = co_await rondo::within(limit, eval(root, a));
    if (values) c.add(*values);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) c.note(failure);
  arrived = c.finish(false);
}

bag sorted(bag values) {
  std::ranges::sort(values);
  return values;
}

TEST(combinator_trees, lose_no_value_and_no_failure) {
  const std::uint64_t seed = rondo::testing::seed();
  std::size_t completed = 0;
  std::size_t failed = 0;
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    SCOPED_TRACE("tree " + std::to_string(i) + " of seed " + std::to_string(seed));
    rondo::random_source random(seed + i);
    int number = 0;
    const std::unique_ptr<node> root = random_tree(random, 4, number);
    account a;
    bag arrived;
    const long frames = rondo::frame_pool::live_blocks();
    const auto limit = static_cast<int>(random.below(30)) * 500us;
    rondo::testing::run_simulated(run_tree(*root, a, arrived, limit));
    EXPECT_EQ(sorted(arrived), sorted(a.completed));
    EXPECT_EQ(sorted(a.seen), sorted(a.failed));
    EXPECT_EQ(rondo::frame_pool::live_blocks(), frames);
    if (HasFailure()) return;
    completed += a.completed.size();
    failed += a.failed.size();
  }
  EXPECT_GT(completed, 2'000U);
  EXPECT_GT(failed, 500U);
}

}  // namespace
