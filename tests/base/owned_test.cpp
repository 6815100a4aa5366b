#include "rondo/base/owned.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <type_traits>
#include <utility>

namespace {

using rondo::make_owned;
using rondo::owned;

struct base {
  explicit base(int& counter) : alive(counter) { ++alive; }
  base(const base&) = delete;
  base& operator=(const base&) = delete;
  virtual ~base() { --alive; }
  int& alive;
};

struct derived : base {
  using base::base;
};

TEST(owned, deletes_what_it_owns) {
  int alive = 0;
  {
    const owned<base> object = make_owned<base>(alive);
    EXPECT_TRUE(object);
    EXPECT_EQ(&object->alive, &(*object).alive);
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

TEST(owned, moves) {
  int alive = 0;
  owned<base> first = make_owned<base>(alive);
  base* const address = first.get();
  owned<base> second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that it is empty is the contract
  EXPECT_EQ(second.get(), address);
  first = make_owned<base>(alive);
  EXPECT_EQ(alive, 2);
  first = std::move(second);
  EXPECT_EQ(alive, 1);
  EXPECT_EQ(first.get(), address);
  owned<base>& self = first;
  first = std::move(self);
  EXPECT_EQ(first.get(), address);
  first = owned<base>();
  EXPECT_EQ(alive, 0);
}

TEST(owned, converts_to_a_base) {
  int alive = 0;
  owned<base> object = make_owned<derived>(alive);
  object = make_owned<derived>(alive);
  EXPECT_EQ(alive, 1);
  static_assert(!std::is_convertible_v<owned<base>, owned<derived>>);
  static_assert(!std::is_copy_constructible_v<owned<base>>);
  static_assert(!std::is_copy_assignable_v<owned<base>>);
}

TEST(owned, releases) {
  int alive = 0;
  owned<base> object = make_owned<base>(alive);
  const std::unique_ptr<base> theirs(object.release());
  EXPECT_FALSE(object);
  EXPECT_EQ(object.get(), nullptr);
  EXPECT_EQ(alive, 1);
}

}  // namespace
