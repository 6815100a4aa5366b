#include "rondo/base/assert.hpp"

#include <gtest/gtest.h>

namespace {

enum class colour : unsigned char { red = 3 };

TEST(rondo_assert, does_nothing_where_it_holds) {
  int evaluated = 0;
  RONDO_ASSERT(++evaluated == 1);
  RONDO_ASSERT(evaluated == 1, ++evaluated);
  EXPECT_EQ(evaluated, 1) << "operands are evaluated only for the message";
}

TEST(rondo_assert_death, names_the_expression_and_the_place) {
  const int one = 1;
  EXPECT_DEATH(RONDO_ASSERT(one == 2),
               "rondo: assertion failed: one == 2\n  at .*assert_test.cpp:[0-9]+\n");
}

TEST(rondo_assert_death, prints_the_operands) {
  const long one = -1;
  EXPECT_DEATH(RONDO_ASSERT(one == 2, one, 7U, colour::red, true),
               "  one, 7U, colour::red, true = -1 7 3 1\n");
}

int absolute(int n) {
  return n >= 0 ? n : (RONDO_ASSERT(n != -1, n), -n);  // usable as an expression
}

TEST(rondo_assert_death, is_an_expression) {
  EXPECT_EQ(absolute(-5), 5);
  EXPECT_DEATH(absolute(-1), "n = -1");
}

}  // namespace
