#include "io/buffer_pool.hpp"

#include <gtest/gtest.h>
#include <string.h>

#include <random>
#include <set>
#include <vector>

#include "support/seed.hpp"

namespace rondo::io {
namespace {

TEST(buffer_pool, takes_no_memory_before_the_first_loan) {
  buffer_pool pool;
  EXPECT_EQ(pool.reserved(), 0u);
  pool.give_back(pool.take().id);
  EXPECT_EQ(pool.reserved(), buffer_pool::slab_size);
}

TEST(buffer_pool, lends_what_was_just_given_back) {
  buffer_pool pool;
  const std::uint16_t first = pool.take().id;
  const std::uint16_t second = pool.take().id;
  EXPECT_NE(first, second);
  pool.give_back(first);
  EXPECT_EQ(pool.take().id, first);
  pool.give_back(first);
  pool.give_back(second);
}

TEST(buffer_pool, buffers_do_not_overlap) {
  buffer_pool pool;
  std::vector<buffer_pool::buffer> lent;
  for (int i = 0; i < 300; ++i) {
    lent.push_back(pool.take());
    memset(lent.back().data, i % 251, buffer_pool::buffer_size);
  }
  for (int i = 0; i < 300; ++i) {
    const unsigned char* const bytes = lent[static_cast<std::size_t>(i)].data;
    EXPECT_EQ(bytes[0], i % 251);
    EXPECT_EQ(bytes[buffer_pool::buffer_size - 1], i % 251);
  }
  for (const buffer_pool::buffer& b : lent) pool.give_back(b.id);
}

TEST(buffer_pool, lends_every_id_once_and_then_none) {
  buffer_pool pool;
  std::vector<bool> seen(buffer_pool::limit);
  for (std::uint32_t i = 0; i < buffer_pool::limit; ++i) {
    const std::uint16_t id = pool.take().id;  // memory that nobody touches costs no pages
    ASSERT_LT(id, buffer_pool::limit);
    ASSERT_FALSE(seen[id]);
    seen[id] = true;
  }
  EXPECT_TRUE(pool.exhausted());
  EXPECT_EQ(pool.take().id, buffer_pool::none);
  pool.give_back(4711);
  EXPECT_EQ(pool.take().id, 4711);
  for (std::uint32_t id = 0; id < buffer_pool::limit; ++id) {
    pool.give_back(static_cast<std::uint16_t>(id));
  }
  EXPECT_EQ(pool.reserved(), buffer_pool::slab_size) << "idle memory was kept";
}

TEST(buffer_pool, keeps_to_a_smaller_limit) {
  buffer_pool pool(2);
  const std::uint16_t a = pool.take().id;
  const std::uint16_t b = pool.take().id;
  EXPECT_EQ(pool.take().id, buffer_pool::none);
  pool.give_back(a);
  EXPECT_FALSE(pool.exhausted());
  pool.give_back(b);
}

TEST(buffer_pool, random_loans_stay_apart_and_memory_follows_the_demand) {
  std::mt19937_64 random(testing::seed());
  buffer_pool pool;
  std::vector<std::uint16_t> lent;
  std::set<std::uint16_t> ids;
  for (int i = 0; i < 50'000; ++i) {
    const bool growing = (i / 5'000) % 2 == 0;
    if (lent.empty() || random() % 100 < (growing ? 60u : 40u)) {
      const buffer_pool::buffer taken = pool.take();
      ASSERT_TRUE(ids.insert(taken.id).second);
      *taken.data = 1;
      lent.push_back(taken.id);
    } else {
      const std::size_t at = random() % lent.size();
      pool.give_back(lent[at]);
      ids.erase(lent[at]);
      lent[at] = lent.back();
      lent.pop_back();
    }
    ASSERT_EQ(pool.lent(), lent.size());
  }
  for (const std::uint16_t id : lent) pool.give_back(id);
  EXPECT_EQ(pool.reserved(), buffer_pool::slab_size);
}

TEST(buffer_pool_death, giving_back_twice_is_a_bug_that_is_reported) {
  buffer_pool pool;
  const std::uint16_t id = pool.take().id;
  pool.give_back(id);
  EXPECT_DEATH(pool.give_back(id), "assertion failed");
}

}  // namespace
}  // namespace rondo::io
