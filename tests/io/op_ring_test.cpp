#include "io/op_ring.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

#include "support/seed.hpp"

namespace rondo::io {
namespace {

TEST(op_ring, behaves_as_a_queue_with_removal) {
  std::mt19937_64 random(testing::seed());
  std::vector<op> ops(20);
  std::deque<op*> model;
  op_ring ring;
  for (int i = 0; i < 20'000; ++i) {
    op& chosen = ops[random() % ops.size()];
    const auto at = std::find(model.begin(), model.end(), &chosen);
    if (at == model.end()) {
      ring.push(chosen);
      model.push_back(&chosen);
    } else if (random() % 2 == 0) {
      ring.remove(chosen);
      model.erase(at);
    } else {
      ASSERT_EQ(&ring.pop(), model.front());
      model.pop_front();
    }
    ASSERT_EQ(ring.empty(), model.empty());
    if (!model.empty()) {
      ASSERT_EQ(&ring.front(), model.front());
    }
    std::vector<const op*> listed;
    ring.for_each([&](const op& o) { listed.push_back(&o); });
    ASSERT_TRUE(std::equal(listed.begin(), listed.end(), model.begin(), model.end()));
  }
}

}  // namespace
}  // namespace rondo::io
