// In which order each kind of channel gives out what it has, against a model, at random, on one
// thread, and without waiting.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <memory>
#include <random>

#include <rondo/sync/priority_channel.hpp>
#include <rondo/sync/stack_channel.hpp>

#include "support/seed.hpp"

namespace {

using rondo::unbounded;

using number = std::unique_ptr<int>;
struct less_number {
  bool operator()(const number& a, const number& b) const noexcept { return *a < *b; }
};

template <class C, class Model>
void expect_to_be_like(std::size_t capacity) {
  std::mt19937_64 random(rondo::testing::seed() + capacity);
  C c(capacity);
  Model model;
  for (int i = 0; i < 20'000; ++i) {
    const bool mostly_sends = (i / 2000) % 2 == 0;  // fills up, and empties
    if (random() % 8 < (mostly_sends ? 6u : 2u)) {
      const int value = static_cast<int>(random() % 1000);
      const bool sent = c.try_send(std::make_unique<int>(value));
      ASSERT_EQ(sent, model.size() < capacity);
      if (sent) model.push(value);
    } else {
      const auto value = c.try_receive();
      ASSERT_EQ(value.has_value(), model.size() > 0);
      if (value) ASSERT_EQ(**value, model.pop());
    }
    ASSERT_EQ(c.size(), model.size());
  }
}

struct fifo_model {
  std::deque<int> all;
  std::size_t size() const { return all.size(); }
  void push(int v) { all.push_back(v); }
  int pop() {
    const int v = all.front();
    all.pop_front();
    return v;
  }
};
struct lifo_model : fifo_model {
  int pop() {
    const int v = all.back();
    all.pop_back();
    return v;
  }
};
struct least_model : fifo_model {
  int pop() {
    const auto at = std::min_element(all.begin(), all.end());
    const int v = *at;
    all.erase(at);
    return v;
  }
};

TEST(channel, is_first_in_first_out) {
  for (const std::size_t n : {std::size_t{1}, std::size_t{2}, std::size_t{100}, unbounded})
    expect_to_be_like<rondo::channel<number>, fifo_model>(n);
}
TEST(stack_channel, is_last_in_first_out) {
  for (const std::size_t n : {std::size_t{1}, std::size_t{2}, std::size_t{100}, unbounded})
    expect_to_be_like<rondo::stack_channel<number>, lifo_model>(n);
}
TEST(priority_channel, gives_the_least_first) {
  for (const std::size_t n : {std::size_t{1}, std::size_t{2}, std::size_t{100}, unbounded})
    expect_to_be_like<rondo::priority_channel<number, less_number>, least_model>(n);
}

TEST(priority_channel, gives_equals_in_the_order_of_sending) {
  struct job {
    int priority;
    int order;
    bool operator<(const job& other) const noexcept { return priority < other.priority; }
  };
  rondo::priority_channel<job> c(unbounded);
  std::mt19937_64 random(rondo::testing::seed());
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(c.try_send(job{static_cast<int>(random() % 3), i}));
  job last{0, -1};
  while (const auto next = c.try_receive()) {
    EXPECT_TRUE(last < *next || (last.priority == next->priority && last.order < next->order));
    last = *next;
  }
}

}  // namespace
