#include "rondo/base/unique_function.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace {

using rondo::callback;
using rondo::unique_function;

int doubled(int n) {
  return 2 * n;
}

TEST(unique_function, is_empty_at_first) {
  callback f;
  EXPECT_FALSE(f);
  f = [] {};
  EXPECT_TRUE(f);
  f = nullptr;
  EXPECT_FALSE(f);
}

TEST(unique_function, calls_functions_and_lambdas) {
  unique_function<int(int)> f = doubled;
  EXPECT_EQ(f(4), 8);
  f = [sum = 0](int n) mutable { return sum += n; };
  EXPECT_EQ(f(1), 1);
  EXPECT_EQ(f(2), 3);
}

TEST(unique_function, drops_a_result_that_nobody_wants) {
  int calls = 0;
  callback f = [&] { return ++calls; };
  f();
  EXPECT_EQ(calls, 1);
}

TEST(unique_function, owns_what_can_only_move) {
  unique_function<int()> f = [owned = std::make_unique<int>(7)] { return *owned; };
  unique_function<int()> g = std::move(f);
  EXPECT_FALSE(f);  // NOLINT(bugprone-use-after-move): that it is empty is the contract
  EXPECT_EQ(g(), 7);
  static_assert(!std::is_copy_constructible_v<callback>);
  static_assert(std::is_nothrow_move_constructible_v<callback>);
  static_assert(std::is_nothrow_move_assignable_v<callback>);
}

TEST(unique_function, hands_arguments_and_results_through) {
  unique_function<std::unique_ptr<int>(std::unique_ptr<int>, int&)> f = [](std::unique_ptr<int> p,
                                                                           int& seen) {
    seen = *p;
    return p;
  };
  int seen = 0;
  const std::unique_ptr<int> back = f(std::make_unique<int>(3), seen);
  EXPECT_EQ(*back, 3);
  EXPECT_EQ(seen, 3);
  unique_function<int&(int&)> same = [](int& n) -> int& { return n; };
  EXPECT_EQ(&same(seen), &seen);
}

TEST(unique_function, takes_only_what_it_can_call) {
  static_assert(!std::is_constructible_v<callback, int>);
  static_assert(!std::is_constructible_v<callback, void (*)(int)>);
  static_assert(!std::is_constructible_v<unique_function<std::string()>, int (*)()>);
  struct with_member {
    int number;
  };
  static_assert(!std::is_constructible_v<unique_function<int(with_member&)>, int with_member::*>);
}

// Counts the living, and asserts that nobody is destroyed twice or forgotten.
template <std::size_t Size, std::size_t Alignment, bool Throwing = false>
struct tracked {
  explicit tracked(int& counter) : alive(&counter) { ++*alive; }
  tracked(tracked&& other) noexcept(!Throwing) : alive(other.alive) { ++*alive; }
  ~tracked() { --*alive; }
  std::uintptr_t operator()() const { return reinterpret_cast<std::uintptr_t>(this); }

  alignas(Alignment) std::array<char, Size> padding{};
  int* alive;
};

template <class Callable>
void check_lifetimes(bool inside) {
  int alive = 0;
  {
    unique_function<std::uintptr_t()> f = Callable(alive);
    EXPECT_EQ(alive, 1);
    const std::uintptr_t first = f();
    EXPECT_EQ(first % alignof(Callable), 0U);
    unique_function<std::uintptr_t()> g = std::move(f);
    EXPECT_EQ(alive, 1);
    EXPECT_EQ(g() != first, inside) << "what is on the heap stays where it is";
    unique_function<std::uintptr_t()>& self = g;
    g = std::move(self);
    EXPECT_EQ(alive, 1);
    g = Callable(alive);
    EXPECT_EQ(alive, 1);
    g = unique_function<std::uintptr_t()>();
    EXPECT_EQ(alive, 0);
    f = Callable(alive);
  }
  EXPECT_EQ(alive, 0);
}

TEST(unique_function, destroys_each_callable_once) {
  check_lifetimes<tracked<1, 1>>(true);
  check_lifetimes<tracked<24, 8>>(true);        // 32 bytes: just fits
  check_lifetimes<tracked<25, 8>>(false);       // 40 bytes
  check_lifetimes<tracked<1, 64>>(false);       // over-aligned
  check_lifetimes<tracked<1, 1, true>>(false);  // its move may throw
}

TEST(unique_function, lets_exceptions_through) {
  callback f = [] { throw std::runtime_error("no"); };
  EXPECT_THROW(f(), std::runtime_error);
  EXPECT_THROW(f(), std::runtime_error);
}

}  // namespace
