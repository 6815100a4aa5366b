#include "rondo/base/intrusive_list.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <list>
#include <memory>
#include <random>
#include <vector>

#include "support/seed.hpp"

namespace {

using rondo::intrusive_list;
using rondo::list_hook;

struct by_age;

// The second base shows that a hook need not be where the object begins.
struct element : list_hook<>, list_hook<by_age> {
  int value = 0;
};

using main_list = intrusive_list<element>;
using age_list = intrusive_list<element, by_age>;

template <class List>
std::vector<element*> contents(List& list) {
  std::vector<element*> all;
  list.for_each([&](element& e) { all.push_back(&e); });
  return all;
}

TEST(intrusive_list, keeps_the_order) {
  std::array<element, 3> e;
  main_list list;
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.pop_front(), nullptr);
  for (element& each : e) list.push_back(each);
  EXPECT_EQ(&list.front(), &e[0]);
  EXPECT_EQ(contents(list), (std::vector{&e[0], &e[1], &e[2]}));
  for (element& each : e) EXPECT_EQ(list.pop_front(), &each);
  EXPECT_TRUE(list.empty());
}

TEST(intrusive_list, lets_an_element_sit_in_two_lists) {
  std::array<element, 2> e;
  main_list main;
  age_list ages;
  main.push_back(e[0]);
  main.push_back(e[1]);
  ages.push_back(e[1]);
  ages.push_back(e[0]);
  EXPECT_EQ(main.pop_front(), &e[0]);
  EXPECT_EQ(contents(ages), (std::vector{&e[1], &e[0]}));
  EXPECT_FALSE(static_cast<list_hook<>&>(e[0]).is_linked());
  EXPECT_TRUE(static_cast<list_hook<by_age>&>(e[0]).is_linked());
  static_cast<list_hook<by_age>&>(e[0]).unlink();
  static_cast<list_hook<by_age>&>(e[0]).unlink();  // a second time does nothing
  EXPECT_EQ(ages.pop_front(), &e[1]);
  EXPECT_TRUE(ages.empty());
  EXPECT_EQ(main.pop_front(), &e[1]);
}

TEST(intrusive_list, lets_an_element_go_while_it_is_visited) {
  main_list list;
  std::vector<std::unique_ptr<element>> owners;
  for (int i = 0; i < 6; ++i) {
    owners.push_back(std::make_unique<element>());
    owners.back()->value = i;
    list.push_back(*owners.back());
  }
  list.for_each([&](element& e) {
    if (e.value % 2 != 0) return;
    static_cast<list_hook<>&>(e).unlink();
    owners[e.value].reset();
  });
  EXPECT_EQ(contents(list), (std::vector{owners[1].get(), owners[3].get(), owners[5].get()}));
  while (list.pop_front() != nullptr) {
  }
}

TEST(intrusive_list_death, refuses_misuse) {
  element e;
  main_list list;
  main_list other;
  EXPECT_DEATH(list.front(), "assertion failed: !empty\\(\\)");
  list.push_back(e);
  EXPECT_DEATH(other.push_back(e), "assertion failed: !h.is_linked\\(\\)");
  list.pop_front();
}

// Two lists against two std::lists.
TEST(intrusive_list, behaves_like_a_list) {
  std::mt19937_64 random(rondo::testing::seed());
  std::array<element, 20> elements;
  std::array<age_list, 2> lists;
  std::array<std::list<element*>, 2> models;
  for (int step = 0; step < 50'000; ++step) {
    const std::size_t side = random() % 2;
    element& e = elements[random() % elements.size()];
    list_hook<by_age>& hook = e;
    switch (random() % 5) {
      case 0:
      case 1:
        if (hook.is_linked()) break;
        lists[side].push_back(e);
        models[side].push_back(&e);
        break;
      case 2:
        hook.unlink();
        for (auto& model : models) model.remove(&e);
        break;
      case 3: {
        element* const popped = lists[side].pop_front();
        ASSERT_EQ(popped, models[side].empty() ? nullptr : models[side].front());
        if (popped != nullptr) models[side].pop_front();
        break;
      }
      default:
        if (random() % 8 != 0) break;
        lists[side].append(lists[1 - side]);
        models[side].splice(models[side].end(), models[1 - side]);
    }
    for (std::size_t i : {0, 1}) {
      ASSERT_EQ(lists[i].empty(), models[i].empty());
      if (step % 16 == 0) {
        ASSERT_TRUE(std::ranges::equal(contents(lists[i]), models[i]));
      }
    }
    const bool somewhere = std::ranges::any_of(
        models, [&](const auto& model) { return std::ranges::find(model, &e) != model.end(); });
    ASSERT_EQ(hook.is_linked(), somewhere);
  }
  for (age_list& list : lists) {
    while (list.pop_front() != nullptr) {
    }
  }
}

}  // namespace
