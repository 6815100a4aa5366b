// The trace of events that the test makes up: what is drawn, what is paired, and what is not.
// (test_trace checks that of a real program.)
#include <rondo/observe/trace.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <rondo/base/error.hpp>
#include <rondo/observe/trace_file.hpp>

#include "support/temporary.hpp"

namespace {

using rondo::instant;
using rondo::observe::chrome_trace;
using rondo::probe::event;
using rondo::probe::event_kind;
using rondo::probe::to_number;
using rondo::probe::track_record;
using rondo::probe::turn_phase;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

event at(std::int64_t us, event_kind kind, std::uint64_t subject = 0, std::uint64_t other = 0,
         std::int64_t number = 0) {
  event e;
  e.time = instant::from_ns(5'000'000 + us * 1000);
  e.kind = kind;
  e.subject = subject;
  e.other = other;
  e.number = number;
  return e;
}

track_record track(int index, std::string name, std::vector<event> events) {
  track_record r;
  r.name = std::move(name);
  r.index = index;
  r.events = std::move(events);
  return r;
}

constexpr auto timers = static_cast<std::int64_t>(turn_phase::timers);
constexpr auto check = static_cast<std::int64_t>(turn_phase::check);

TEST(trace, OfNothingIsADocumentAllTheSame) {
  EXPECT_THAT(chrome_trace(std::vector<track_record>()), HasSubstr("\"traceEvents\":["));
}

TEST(trace, DrawsPhasesAroundTheirCalls) {
  const std::string text = chrome_trace(
      {track(0, "loop",
             {at(0, event_kind::timer_fired, 1, 0, timers), at(2, event_kind::call_ends),
              at(3, event_kind::timer_fired, 2, 0, timers), at(5, event_kind::call_ends),
              at(6, event_kind::call_begins, 3, 0, check), at(7, event_kind::call_ends),
              at(8, event_kind::poll_begins), at(20, event_kind::poll_ends)})});
  EXPECT_THAT(text, HasSubstr(R"("ts":0.000,"dur":5.000,"name":"timers"})"));
  EXPECT_THAT(text, HasSubstr(R"("ts":0.000,"dur":2.000,"name":"timer"})"));
  EXPECT_THAT(text, HasSubstr(R"("ts":3.000,"dur":2.000,"name":"timer"})"));
  EXPECT_THAT(text, HasSubstr(R"("ts":6.000,"dur":1.000,"name":"check"})"));
  EXPECT_THAT(text, HasSubstr(R"("ts":8.000,"dur":12.000,"name":"waits"})"));
}

TEST(trace, LeadsFromWhoWakesToWhoIsWoken) {
  const std::string text = chrome_trace(
      {track(0, "a",
             {at(0, event_kind::line_resumed, 7), at(2, event_kind::line_woken, 8),
              at(3, event_kind::line_suspended, 7, to_number("sleep"))}),
       track(1, "b", {at(10, event_kind::line_resumed, 8), at(12, event_kind::line_ended, 8)})});
  EXPECT_THAT(text, HasSubstr(R"({"ph":"s","pid":2,"tid":1,"ts":2.000,"id":1,"cat":"flow")"));
  EXPECT_THAT(text, HasSubstr(R"({"ph":"f","pid":2,"tid":2,"ts":10.000,"id":1,"cat":"flow")"));
  EXPECT_THAT(text, HasSubstr(R"("ts":2.000,"dur":8.000,"name":"ready")"));
  EXPECT_THAT(text, HasSubstr(R"("ts":10.000,"dur":2.000,"name":"runs","args":{"on":"b"})"));
  EXPECT_THAT(text, HasSubstr("waits: sleep"));
}

TEST(trace, TakesAnAddressThatIsUsedAgainForAnother) {
  const auto here = to_number(std::source_location::current());
  const std::string text = chrome_trace({track(
      0, "a",
      {at(0, event_kind::line_begins, 7, here),
       at(0, event_kind::line_named, 7, to_number("first")), at(1, event_kind::line_resumed, 7),
       at(2, event_kind::line_ended, 7), at(3, event_kind::line_begins, 7, here),
       at(3, event_kind::line_named, 7, to_number("second")), at(4, event_kind::line_resumed, 7),
       at(5, event_kind::line_ended, 7)})});
  EXPECT_THAT(text,
              AllOf(HasSubstr("first (trace_test.cpp:"), HasSubstr("second (trace_test.cpp:")));
  EXPECT_THAT(text, HasSubstr(R"("pid":2,"tid":1,"ts":1.000,"dur":1.000,"name":"runs")"));
  EXPECT_THAT(text, HasSubstr(R"("pid":2,"tid":2,"ts":4.000,"dur":1.000,"name":"runs")"));
}

TEST(trace, DrawsNoArrowOfWhichAnEndIsLost) {
  const std::string text = chrome_trace({track(
      0, "a",
      {at(0, event_kind::io_completed, 1, to_number("receive"), 10), at(1, event_kind::call_ends),
       at(2, event_kind::io_submitted, 2, to_number("receive"), 4)})});
  EXPECT_THAT(text, AllOf(Not(HasSubstr(R"("ph":"s")")), Not(HasSubstr(R"("ph":"f")"))));
  EXPECT_THAT(text, HasSubstr(R"("name":"receive")"));
}

TEST(trace, SaysWhatHasNotEnded) {
  const std::string text = chrome_trace(
      {track(0, "stuck",
             {at(0, event_kind::timer_fired, 1, 0, timers), at(0, event_kind::line_resumed, 7)}),
       track(1, "other", {at(900, event_kind::parked)})});
  EXPECT_THAT(text,
              HasSubstr(R"("dur":900.000,"name":"timer","args":{"open":"has not returned"})"));
  EXPECT_THAT(text, HasSubstr(R"("name":"runs","args":{"open":"still runs on stuck"})"));
}

TEST(trace, EscapesNames) {
  track_record r = track(0, "a \"quoted\"\n\\ name\x7f\xff", {});
  r.lost = 3;
  EXPECT_THAT(chrome_trace({r}),
              HasSubstr(R"x("a \"quoted\"\u000a\\ name\u007f\u00ff (3 events lost)")x"));
}

std::string read(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(trace_file, IsWholeOrNotThere) {
  const rondo::testing::temporary_folder folder;
  const std::string path = folder / "trace.json";
  std::ofstream(path) << "something else";
  rondo::probe::recorder recorder;
  recorder.open("here")->record(event_kind::parked);
  ASSERT_TRUE(rondo::observe::write_trace(recorder, path));
  EXPECT_THAT(read(path), HasSubstr(R"("args":{"name":"here"})"));
  const auto permissions = std::filesystem::status(path).permissions();
  EXPECT_EQ(static_cast<unsigned>(permissions), 0600U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(trace_file, SaysWhyItCannotBeWritten) {
  const rondo::testing::temporary_folder folder;
  rondo::probe::recorder recorder;
  const std::string path = folder / "none/trace.json";
  const auto outcome = rondo::observe::write_trace(recorder, path);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().what(), AllOf(HasSubstr(path), HasSubstr("No such file")));
  // A folder in the way: the rename fails, and nothing is left.
  std::filesystem::create_directories(folder / "taken/below");
  EXPECT_FALSE(rondo::observe::write_trace(recorder, folder / "taken"));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

TEST(trace_file, NeedsAFolderAndOneWatchAtATime) {
  const rondo::testing::temporary_folder folder;
  rondo::probe::recorder recorder;
  const std::string none = folder / "none";
  EXPECT_THROW(rondo::observe::trace_on_crash(recorder, none), rondo::error);
  EXPECT_THROW(rondo::observe::trace_on_signal(recorder, SIGUSR2, none), rondo::error);
  EXPECT_THROW(rondo::observe::trace_on_signal(recorder, SIGKILL), rondo::error);
  {
    const rondo::observe::trace_on_crash first(recorder);
    EXPECT_THROW(rondo::observe::trace_on_crash{recorder}, rondo::error);
  }
  const rondo::observe::trace_on_crash again(recorder);
}

}  // namespace
