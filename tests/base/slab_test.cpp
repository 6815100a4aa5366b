#include "rondo/base/slab.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/seed.hpp"

namespace {

using rondo::slab;

TEST(slab, makes_and_unmakes) {
  slab<std::string> strings;
  std::string& s = strings.make(100, 'x');
  EXPECT_EQ(s, std::string(100, 'x'));
  EXPECT_EQ(strings.live(), 1U);
  strings.unmake(s);
  EXPECT_EQ(strings.live(), 0U);
}

TEST(slab, uses_the_same_memory_again) {
  slab<int> numbers;
  int* const first = &numbers.make(1);
  numbers.unmake(*first);
  int& second = numbers.make(2);
  EXPECT_EQ(&second, first);
  numbers.unmake(second);
}

TEST(slab, keeps_addresses_and_values_over_many_chunks) {
  std::mt19937_64 random(rondo::testing::seed());
  slab<std::uint64_t, 8> numbers;
  std::vector<std::pair<std::uint64_t*, std::uint64_t>> model;
  std::set<std::uint64_t*> addresses;
  for (int step = 0; step < 20'000; ++step) {
    if (model.empty() || random() % 5 < 3) {
      const std::uint64_t value = random();
      std::uint64_t& made = numbers.make(value);
      ASSERT_TRUE(addresses.insert(&made).second) << "handed out twice";
      model.emplace_back(&made, value);
    } else {
      std::swap(model[random() % model.size()], model.back());
      const auto [address, value] = model.back();
      model.pop_back();
      ASSERT_EQ(*address, value);
      addresses.erase(address);
      numbers.unmake(*address);
    }
    ASSERT_EQ(numbers.live(), model.size());
  }
  for (const auto& [address, value] : model) {
    EXPECT_EQ(*address, value);
    numbers.unmake(*address);
  }
}

TEST(slab, respects_alignment) {
  struct alignas(64) line {
    char bytes[64];
  };
  slab<line, 3> lines;
  std::vector<line*> all;
  for (int i = 0; i < 7; ++i) {
    all.push_back(&lines.make());
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(all.back()) % 64, 0U);
  }
  for (line* each : all) lines.unmake(*each);
}

// The failing constructor has overwritten the cell's link by then.
struct picky {
  explicit picky(bool refuse) : noise{~0ULL, ~0ULL} {
    if (refuse) throw std::runtime_error("refused");
  }
  std::uint64_t noise[2];
};

TEST(slab, survives_a_constructor_that_throws) {
  slab<picky, 4> all;
  EXPECT_THROW(all.make(true), std::runtime_error);
  EXPECT_EQ(all.live(), 0U);
  std::set<picky*> made;
  for (int i = 0; i < 9; ++i) {
    EXPECT_THROW(all.make(true), std::runtime_error);
    made.insert(&all.make(false));
  }
  EXPECT_EQ(made.size(), 9U);
  for (picky* each : made) all.unmake(*each);
}

struct node {
  node(slab<node, 2>& from, int depth) : home(from) {
    if (depth > 0) child = &from.make(from, depth - 1);
  }
  ~node() {
    if (child != nullptr) home.unmake(*child);
  }
  slab<node, 2>& home;
  node* child = nullptr;
};

TEST(slab, may_be_used_by_constructors_and_destructors) {
  slab<node, 2> nodes;
  node& root = nodes.make(nodes, 5);
  EXPECT_EQ(nodes.live(), 6U);
  std::set<node*> distinct;
  for (node* n = &root; n != nullptr; n = n->child) distinct.insert(n);
  EXPECT_EQ(distinct.size(), 6U);
  nodes.unmake(root);
  EXPECT_EQ(nodes.live(), 0U);
}

TEST(slab_death, dies_with_its_objects_only_by_mistake) {
  EXPECT_DEATH(
      {
        slab<int> numbers;
        numbers.make(1);
      },
      "assertion failed: live_ == 0");
}

}  // namespace
