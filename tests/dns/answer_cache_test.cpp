#include "dns/answer_cache.hpp"

#include <gtest/gtest.h>

namespace rondo::dns::detail {
namespace {

using namespace rondo;

reply_ptr good_for(duration ttl) {
  reply r;
  r.ttl = ttl;
  return std::make_shared<const reply>(std::move(r));
}

instant second(int n) {
  return instant() + duration::seconds(n);
}

TEST(answer_cache, keeps_an_answer_until_its_time_is_over) {
  answer_cache cache(10);
  const reply_ptr answer = good_for(duration::seconds(3));
  cache.keep("a", answer, second(1));
  EXPECT_EQ(cache.find("a", second(1)), answer);
  EXPECT_EQ(cache.find("a", second(4) - duration::nanoseconds(1)), answer);
  EXPECT_EQ(cache.find("b", second(1)), nullptr);
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_EQ(cache.find("a", second(4)), nullptr);
  EXPECT_EQ(cache.size(), 0u) << "what is out of date is dropped when it is met";
}

TEST(answer_cache, does_not_keep_what_must_not_be_kept) {
  answer_cache cache(10);
  cache.keep("a", good_for(duration()), second(0));
  EXPECT_EQ(cache.size(), 0u);
  answer_cache none(0);
  none.keep("a", good_for(duration::seconds(1)), second(0));
  EXPECT_EQ(none.size(), 0u);
}

TEST(answer_cache, drops_what_was_used_longest_ago) {
  answer_cache cache(2);
  const duration long_enough = duration::seconds(100);
  cache.keep("a", good_for(long_enough), second(0));
  cache.keep("b", good_for(long_enough), second(0));
  EXPECT_NE(cache.find("a", second(1)), nullptr);
  cache.keep("c", good_for(long_enough), second(2));
  EXPECT_EQ(cache.size(), 2u);
  EXPECT_EQ(cache.find("b", second(2)), nullptr);
  EXPECT_NE(cache.find("a", second(2)), nullptr);
  EXPECT_NE(cache.find("c", second(2)), nullptr);
}

TEST(answer_cache, replaces_an_answer_by_a_newer_one) {
  answer_cache cache(2);
  cache.keep("a", good_for(duration::seconds(1)), second(0));
  const reply_ptr newer = good_for(duration::seconds(5));
  cache.keep("a", newer, second(0));
  EXPECT_EQ(cache.size(), 1u);
  EXPECT_EQ(cache.find("a", second(4)), newer);
}

TEST(answer_cache, keeps_for_ever_what_is_good_for_ever) {
  answer_cache cache(2);
  cache.keep("a", good_for(duration::max()), second(5));
  EXPECT_NE(cache.find("a", second(1'000'000'000)), nullptr);
  cache.clear();
  EXPECT_EQ(cache.find("a", second(6)), nullptr);
}

}  // namespace
}  // namespace rondo::dns::detail
