// Every program of the gallery says what its story tells, on every backend.
#include <rondo/observe/gallery.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rondo::observe {
namespace {

struct performed : testing::TestWithParam<io::backend_kind> {};

std::vector<io::backend_kind> granted() {
  std::vector<io::backend_kind> kinds;
  for (const io::candidate& c : io::candidates()) {
    if (c.granted) kinds.push_back(c.kind);
  }
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(gallery, performed, testing::ValuesIn(granted()),
                         [](const auto& of) { return std::string(to_string(of.param)); });

TEST_P(performed, says_what_the_story_tells) {
  for (const gallery::entry& e : gallery::entries()) {
    SCOPED_TRACE(e.name);
    const gallery::performance seen = gallery::run(e, GetParam());
    std::vector<std::string> said;
    for (const gallery::step& s : seen.steps) {
      EXPECT_FALSE(s.why.empty()) << s.said;
      if (!s.at_end) said.push_back(s.said);
    }
    const auto expected = gallery::expected(e);
    EXPECT_THAT(said, testing::ElementsAreArray(expected));
  }
}

TEST_P(performed, says_the_same_in_each_run) {
  const gallery::entry& e = *gallery::find("reading_goes_on");
  EXPECT_EQ(gallery::as_text(e, gallery::run(e, GetParam())),
            gallery::as_text(e, gallery::run(e, GetParam())));
}

/// What waits in a phase at the step that said `said`.
std::vector<std::string> waiting(const char* program, const char* said, probe::turn_phase in) {
  for (const gallery::step& s : gallery::run(*gallery::find(program)).steps) {
    if (s.said == said) return s.waiting[static_cast<int>(in)];
  }
  return {"nobody said that"};
}

TEST(gallery, knows_who_waits_in_which_queue) {
  using probe::turn_phase;
  using testing::ElementsAre;
  EXPECT_THAT(waiting("one_of_each", "6. main module ends", turn_phase::timers),
              ElementsAre("2. timeout"));
  EXPECT_THAT(waiting("one_of_each", "6. main module ends", turn_phase::next_ticks),
              ElementsAre("5. next tick"));
  EXPECT_THAT(waiting("ticks_before_promises", "tick of tick 1", turn_phase::microtasks),
              ElementsAre("microtask 1", "microtask 2", "microtask of tick 1"));
  EXPECT_THAT(waiting("timers_in_order", "10 ms, made first", turn_phase::timers),
              ElementsAre("10 ms, made last", "20 ms", "30 ms"));
  EXPECT_THAT(waiting("six_phases", "1. timer", turn_phase::close),
              ElementsAre("6. close callback"));
}

TEST(gallery, has_a_name_for_whoever_waits) {
  for (const gallery::entry& e : gallery::entries()) {
    SCOPED_TRACE(e.name);
    for (const gallery::step& s : gallery::run(e).steps) {
      for (const auto& queue : s.waiting) EXPECT_THAT(queue, testing::Not(testing::Contains("…")));
    }
  }
}

TEST(gallery, shows_the_line_that_says_it) {
  for (const gallery::entry& e : gallery::entries()) {
    SCOPED_TRACE(e.name);
    std::vector<std::string_view> lines;
    for (std::size_t at = 0; at < e.source.size();) {
      const std::size_t end = std::min(e.source.find('\n', at), e.source.size());
      lines.push_back(e.source.substr(at, end - at));
      at = end + 1;
    }
    EXPECT_LE(lines.size(), 40);
    for (const gallery::step& s : gallery::run(e).steps) {
      if (s.at_end) continue;
      const auto at = static_cast<std::size_t>(s.line - e.first_line);
      ASSERT_LT(at, lines.size());
      EXPECT_NE(lines[at].find("say("), std::string_view::npos) << lines[at];
    }
  }
}

TEST(gallery, is_told_in_order_of_the_clock) {
  const gallery::performance seen = gallery::run(*gallery::find("say_after"));
  ASSERT_EQ(seen.steps.size(), 5U);
  EXPECT_EQ(seen.steps[1].at, duration::seconds(1));
  EXPECT_EQ(seen.steps[2].at, duration::seconds(2));
  EXPECT_EQ(seen.steps.back().at, duration::seconds(2));
  EXPECT_EQ(seen.steps[1].where, "timers");
}

TEST(gallery, knows_no_program_of_another_name) {
  EXPECT_EQ(gallery::find("nothing"), nullptr);
}

TEST(gallery, can_be_read_by_programs) {
  EXPECT_NE(gallery::list_as_json().find(R"("name":"six_phases")"), std::string::npos);
  const gallery::entry& e = *gallery::find("start_end");
  const std::string text = gallery::as_json(e, gallery::run(e));
  EXPECT_NE(text.find(R"("said":"timeout")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("where":"the end","phase":-1)"), std::string::npos) << text;
}

}  // namespace
}  // namespace rondo::observe
