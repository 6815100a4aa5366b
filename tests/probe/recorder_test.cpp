// The rings on their own: what is kept, what is lost and counted, who gets a ring, and reading
// while somebody writes.
#include <rondo/probe/recorder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <rondo/os/clock.hpp>

namespace {

using rondo::probe::event;
using rondo::probe::event_kind;
using rondo::probe::recorder;
using rondo::probe::recorder_options;
using rondo::probe::track;
using rondo::probe::track_record;
using testing::ElementsAre;
using testing::SizeIs;

recorder_options small(std::size_t events, int tracks = 4) {
  recorder_options options;
  options.events_per_track = events;
  options.most_tracks = tracks;
  return options;
}

/// An event whose words all follow from `n`, so that a torn one is seen.
void record_numbered(track& t, std::uint64_t n) {
  t.record(event_kind::call_begins, reinterpret_cast<void*>(n * 3), n * 5,
           static_cast<std::int64_t>(n * 7));
}
bool is_numbered(const event& e) {
  const std::uint64_t n = e.subject / 3;
  return e.kind == event_kind::call_begins && e.subject == n * 3 && e.other == n * 5 &&
         e.number == static_cast<std::int64_t>(n * 7);
}

TEST(recorder, KeepsWhatWasRecordedInItsOrder) {
  recorder r;
  track& t = *r.open("here");
  const rondo::instant before = rondo::real_clock().now();
  static constexpr int who = 0;
  t.record(event_kind::line_begins, &who, rondo::probe::to_number("a name"), -12);
  t.record(event_kind::line_ended, &who);
  const rondo::instant after = rondo::real_clock().now();

  const auto all = r.snapshot();
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].name, "here");
  EXPECT_TRUE(all[0].open);
  EXPECT_EQ(all[0].lost, 0U);
  ASSERT_THAT(all[0].events, SizeIs(2));
  const event& first = all[0].events[0];
  EXPECT_EQ(first.kind, event_kind::line_begins);
  EXPECT_EQ(first.subject, reinterpret_cast<std::uintptr_t>(&who));
  EXPECT_STREQ(rondo::probe::text_of(first), "a name");
  EXPECT_EQ(first.number, -12);
  EXPECT_LE(first.time, all[0].events[1].time);
  // The counter of cycles and the clock are read one after the other, and their rate is known to
  // what both lost to an interruption.
  constexpr rondo::duration apart = rondo::duration::milliseconds(5);
  EXPECT_GT(first.time, before - apart);
  EXPECT_LT(first.time, after + apart);
}

TEST(recorder, NamesAPlaceWithoutCopyingIt) {
  recorder r;
  track& t = *r.open("here");
  const auto here = std::source_location::current();
  t.record(event_kind::line_begins, nullptr, rondo::probe::to_number(here));
  const auto all = r.snapshot();
  const std::source_location place = rondo::probe::site_of(all[0].events[0]);
  EXPECT_EQ(place.line(), here.line());
  EXPECT_STREQ(place.file_name(), here.file_name());
}

TEST(recorder, OverwritesTheOldestAndCountsThem) {
  recorder r(small(16));
  track& t = *r.open("here");
  for (std::uint64_t n = 1; n <= 100; ++n) record_numbered(t, n);
  const auto all = r.snapshot();
  // The slot that would be written next is taken for lost, since that may be happening.
  ASSERT_THAT(all[0].events, SizeIs(15));
  EXPECT_EQ(all[0].lost, 85U);
  EXPECT_EQ(all[0].events.front().subject, 86U * 3);
  EXPECT_EQ(all[0].events.back().subject, 100U * 3);
  EXPECT_EQ(t.count(), 100U);
}

std::vector<event_kind> kinds_of(const recorder& r) {
  std::vector<event_kind> kinds;
  const track_record all = r.snapshot().front();
  for (const event& e : all.events) kinds.push_back(e.kind);
  return kinds;
}

TEST(recorder, EndsACallWithWhatComesNext) {
  recorder r;
  track& t = *r.open("here");
  t.record(event_kind::call_begins);
  t.call_ends_by_next();
  EXPECT_THAT(kinds_of(r), ElementsAre(event_kind::call_begins));
  t.record(event_kind::timer_fired);
  EXPECT_EQ(t.count(), 2U);
  EXPECT_THAT(kinds_of(r),
              ElementsAre(event_kind::call_begins, event_kind::call_ends, event_kind::timer_fired));
  const auto events = r.snapshot().front().events;
  EXPECT_EQ(events[1].time, events[2].time);
  {
    const rondo::probe::on_this_thread recording(&t);
    t.call_ends_by_next();
  }
  t.settle();  // nothing is owed any more
  EXPECT_THAT(kinds_of(r), ElementsAre(event_kind::call_begins, event_kind::call_ends,
                                       event_kind::timer_fired, event_kind::call_ends));
}

TEST(recorder, ReadsARingInWhichEachEventIsTwo) {
  recorder r(small(16));
  track& t = *r.open("here");
  for (std::uint64_t n = 0; n < 40; ++n) {
    record_numbered(t, n);
    t.call_ends_by_next();
  }
  const track_record all = r.snapshot().front();
  EXPECT_EQ(all.lost, 25U);  // 40 - 16, and one that might be written to just now
  ASSERT_THAT(all.events, SizeIs(30));
  for (std::size_t i = 0; i < 30; i += 2) {
    EXPECT_EQ(all.events[i].kind, event_kind::call_ends);
    EXPECT_TRUE(is_numbered(all.events[i + 1]));
    EXPECT_EQ(all.events[i + 1].subject, (25 + i / 2) * 3);
  }
}

TEST(recorder, IsReadWithoutAllocatingOrWaiting) {
  recorder r(small(16));
  track& t = *r.open("here");
  EXPECT_EQ(r.tracks(), 1);
  record_numbered(t, 5);
  std::vector<event> room(r.room_per_track());
  const rondo::probe::track_view seen = r.view(0, room);
  EXPECT_STREQ(seen.name, "here");
  EXPECT_TRUE(seen.open);
  ASSERT_THAT(seen.events, SizeIs(1));
  EXPECT_EQ(seen.events.data(), room.data());
  EXPECT_TRUE(is_numbered(seen.events[0]));
  EXPECT_TRUE(r.is_at(0, &t));
  EXPECT_FALSE(r.is_at(0, nullptr));
}

TEST(recorder, GivesARingToTheNextWhenAThreadHasEnded) {
  recorder r(small(16, 2));
  track* const first = r.open("first");
  track* const second = r.open("second");
  EXPECT_EQ(r.open("third"), nullptr);
  EXPECT_EQ(r.refused(), 1U);
  first->record(event_kind::parked);
  r.close(*second);
  r.close(*first);
  // What they did can be read until somebody needs the place.
  EXPECT_THAT(r.snapshot()[0].events, SizeIs(1));
  EXPECT_FALSE(r.snapshot()[0].open);
  EXPECT_EQ(r.open("third"), second);  // closed before the other
  EXPECT_EQ(r.open("fourth"), first);
  const auto all = r.snapshot();
  EXPECT_EQ(all[0].name, "fourth");
  EXPECT_THAT(all[0].events, SizeIs(0));
  EXPECT_EQ(all[0].lost, 0U);
  EXPECT_EQ(first->count(), 0U);
}

TEST(recorder, KeepsOneCopyOfATextAndNotTooMany) {
  recorder_options options;
  options.most_names = 2;
  recorder r(options);
  const char* const a = r.keep(std::string("session 1"));
  EXPECT_STREQ(a, "session 1");
  EXPECT_EQ(r.keep(std::string("session 1")), a);
  EXPECT_EQ(std::string(r.keep(std::string(200, 'x'))), std::string(63, 'x'));
  EXPECT_STREQ(r.keep("session 3"), "(one name too many)");
}

TEST(recorder, KnowsTheTrackOfAThread) {
  EXPECT_EQ(rondo::probe::this_thread(), nullptr);
  recorder r;
  track* const outer = r.open("outer");
  {
    const rondo::probe::on_this_thread a(outer);
    EXPECT_EQ(rondo::probe::this_thread(), outer);
    {
      const rondo::probe::on_this_thread b(nullptr);
      EXPECT_EQ(rondo::probe::this_thread(), nullptr);
    }
    EXPECT_EQ(rondo::probe::this_thread(), outer);
    std::thread([] { EXPECT_EQ(rondo::probe::this_thread(), nullptr); }).join();
  }
  EXPECT_EQ(rondo::probe::this_thread(), nullptr);
}

TEST(recorder, ReadsNoTornEventWhileSomebodyWrites) {
  recorder r(small(64));
  std::atomic<bool> enough{false};
  track& t = *r.open("writer");
  std::thread writer([&] {
    for (std::uint64_t n = 1; !enough.load(std::memory_order_relaxed); ++n) record_numbered(t, n);
  });
  std::size_t seen = 0;
  std::uint64_t newest = 0;
  // Until it has been read while it was written: the writer goes on all the time.
  for (int reads = 0; reads < 500 || seen == 0; ++reads) {
    const auto all = r.snapshot();
    std::uint64_t before = 0;
    for (const event& e : all[0].events) {
      ASSERT_TRUE(is_numbered(e)) << e.subject << ' ' << e.other << ' ' << e.number;
      if (before != 0) ASSERT_EQ(e.subject, before + 3);
      before = e.subject;
      ++seen;
    }
    if (before != 0) {
      ASSERT_GE(before, newest);
      ASSERT_EQ(before / 3, all[0].lost + all[0].events.size());
      newest = before;
    }
  }
  enough = true;
  writer.join();
}

TEST(recorder, HasANameForEveryKind) {
  for (int kind = 0; kind < rondo::probe::event_kinds; ++kind) {
    EXPECT_STRNE(rondo::probe::to_string(static_cast<event_kind>(kind)), "unknown") << kind;
  }
  EXPECT_STREQ(rondo::probe::to_string(event_kind::unparked), "unparked");
  EXPECT_STREQ(rondo::probe::to_string(rondo::probe::turn_phase::microtasks), "microtasks");
}

}  // namespace
