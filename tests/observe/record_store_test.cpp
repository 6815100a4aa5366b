// The slots of a census: given out, given back, forgotten, and read while they are written.
#include "observe/record_store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

namespace {

using rondo::observe::record_store;
using rondo::observe::task_record;
using rondo::observe::task_slot;
using rondo::observe::task_state;
using testing::IsEmpty;
using testing::SizeIs;

/// Stands for a line, of which only the address matters.
struct line {};

task_slot* enter(record_store& in, const line& of, std::uint64_t id, record_store::cache* near) {
  task_slot* const slot = in.take(near);
  if (slot == nullptr) return nullptr;
  const task_slot::change begins(*slot);
  slot->begin(&of, id, in.era());
  slot->set_name("a line");
  return slot;
}

TEST(record_store, FindsALineByItsNumberAndAddress) {
  record_store store;
  store.open(100);
  record_store::cache mine;
  const line one, other;
  task_slot* const a = enter(store, one, 1, &mine);
  task_slot* const b = enter(store, other, 2, &mine);
  ASSERT_NE(a, nullptr);
  ASSERT_NE(b, nullptr);
  EXPECT_NE(a->number, 0U);
  EXPECT_EQ(store.of(&one, a->number), a);
  EXPECT_EQ(store.of(&one, b->number), nullptr);  // another's
  EXPECT_EQ(store.of(&one, 0), nullptr);
  EXPECT_EQ(store.of(&one, 4'000'000'000U), nullptr);  // of another store
  const std::vector<task_record> all = store.copy();
  ASSERT_THAT(all, SizeIs(2));
  EXPECT_STREQ(all[0].name, "a line");
  EXPECT_EQ(all[0].id + all[1].id, 3U);

  store.give_back(*a, &mine);
  EXPECT_EQ(store.of(&one, a->number), nullptr);
  EXPECT_THAT(store.copy(), SizeIs(1));
}

TEST(record_store, KeepsToItsLimit) {
  record_store store;
  store.open(200);
  record_store::cache one, other;
  const std::vector<line> lines(201);
  std::vector<task_slot*> slots;
  for (std::size_t i = 0; i < 200; ++i) {
    record_store::cache* const near = i % 3 == 0 ? nullptr : i % 3 == 1 ? &one : &other;
    slots.push_back(enter(store, lines[i], i + 1, near));
    ASSERT_NE(slots.back(), nullptr) << i;
  }
  EXPECT_THAT(std::set(slots.begin(), slots.end()), SizeIs(200));  // nobody's is anybody else's
  EXPECT_EQ(enter(store, lines[200], 201, &one), nullptr);
  EXPECT_EQ(enter(store, lines[200], 201, nullptr), nullptr);
  store.give_back(*slots[0], nullptr);
  EXPECT_NE(enter(store, lines[200], 201, &one), nullptr);
}

TEST(record_store, PassesOnWhatAThreadHasTooMuchOf) {
  record_store store;
  store.open(1000);
  record_store::cache spawns, ends;
  const line each;
  // Many times as many as there is room for are born on one thread and end on another.
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    task_slot* const slot = enter(store, each, i + 1, &spawns);
    ASSERT_NE(slot, nullptr) << i;
    store.give_back(*slot, &ends);
  }
  EXPECT_LE(ends.count, 64U);
}

TEST(record_store, BelievesNothingOfBeforeItWasClosed) {
  record_store store;
  store.open(100);
  record_store::cache mine, others;
  const line lives, was_slow;
  task_slot* const old = enter(store, lives, 1, &mine);
  task_slot* const late = enter(store, was_slow, 2, &mine);
  store.close();
  EXPECT_THAT(store.copy(), IsEmpty());
  EXPECT_EQ(store.take(&others), nullptr);  // closed

  store.open(100);
  EXPECT_THAT(store.copy(), IsEmpty());
  EXPECT_EQ(store.of(&lives, old->number), nullptr);
  store.give_back(*late, &mine);  // by a thread that was just about to
  std::set<task_slot*> given;
  const std::vector<line> lines(100);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    task_slot* const slot = enter(store, lines[i], i + 3, i % 2 == 0 ? &mine : &others);
    ASSERT_NE(slot, nullptr) << i;
    EXPECT_TRUE(given.insert(slot).second) << "given out twice";
  }
  EXPECT_THAT(store.copy(), SizeIs(100));
}

/// A line that ended where nobody was told of it, and another where it was.
TEST(record_store, OfTwoAtOneAddressTheYoungerLives) {
  record_store store;
  store.open(2);
  const line at;
  enter(store, at, 1, nullptr);
  enter(store, at, 2, nullptr);
  const std::vector<task_record> all = store.copy();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].id, 2U);
  EXPECT_NE(store.take(nullptr), nullptr);  // and there is room again
}

TEST(record_store, KnowsWhatHasChanged) {
  record_store store;
  store.open(100);
  const line at;
  task_slot* const slot = enter(store, at, 1, nullptr);
  const task_record then = store.copy().at(0);
  EXPECT_TRUE(store.is_unchanged(then));
  record_store other;
  other.open(100);
  EXPECT_FALSE(other.is_unchanged(then));
  enter(other, at, 2, nullptr);  // in a slot of the same number, as often written
  EXPECT_FALSE(other.is_unchanged(then));
  {
    const task_slot::change wakes(*slot);
    slot->wakes = slot->wakes + 1;
    EXPECT_FALSE(store.is_unchanged(then));
  }
  EXPECT_FALSE(store.is_unchanged(then));
  const task_record now = store.copy().at(0);
  store.give_back(*slot, nullptr);
  EXPECT_FALSE(store.is_unchanged(now));
}

/// Four threads write, each into its own slot, which comes and goes; others read all the time.
TEST(record_store, CopiesAreWhole) {
  constexpr std::uint64_t rounds = 20'000;
  record_store store;
  store.open(1000);
  std::atomic<int> writers{4};
  const std::vector<line> lines(4);
  const auto writes = [&](const line& at) {
    record_store::cache mine;
    for (std::uint64_t n = 1; n <= rounds; ++n) {
      task_slot* const slot = enter(store, at, n, &mine);
      for (int i = 0; i < 4; ++i) {
        const task_slot::change all_the_same(*slot);
        slot->state = n % 2 == 0 ? task_state::running : task_state::waiting;
        for (auto* each : {&slot->since, &slot->polls, &slot->busy, &slot->joins, &slot->wakes}) {
          *each = n;
        }
        slot->frames = static_cast<std::uint32_t>(n % 8);
      }
      store.give_back(*slot, &mine);
    }
    --writers;
  };
  const auto reads = [&] {
    do {
      for (const task_record& r : store.copy()) {
        EXPECT_STREQ(r.name, "a line");
        if (r.polls == 0) continue;  // just begun
        EXPECT_EQ(r.id, r.polls);
        EXPECT_EQ(r.id, r.since);
        EXPECT_EQ(r.id, r.busy);
        EXPECT_EQ(r.id, r.joins);
        EXPECT_EQ(r.id, r.wakes);
        EXPECT_EQ(r.id % 8, r.frames);
        EXPECT_EQ(r.state, r.id % 2 == 0 ? task_state::running : task_state::waiting);
        if (testing::Test::HasFailure()) return;
      }
    } while (writers > 0);
  };
  {
    std::jthread looks(reads);
    std::vector<std::jthread> all;
    all.reserve(lines.size());
    for (const line& each : lines) all.emplace_back(writes, std::cref(each));
  }
  EXPECT_THAT(store.copy(), IsEmpty());
}

}  // namespace
