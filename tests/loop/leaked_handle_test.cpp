// What still keeps a loop alive when it is destroyed is told of, with its place.
#include <rondo/loop/leaked_handle.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rondo::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<holder> told;

class leaked_handle : public ::testing::Test {
 protected:
  void SetUp() override {
    told.clear();
    before_ = set_leak_handler([](const holder& leaked) { told.push_back(leaked); });
  }
  void TearDown() override { set_leak_handler(before_); }

 private:
  leak_handler before_ = nullptr;
};

TEST_F(leaked_handle, is_told_of_with_its_place) {
  unsigned line = 0;
  {
    loop l;
    line = __LINE__ + 1;
    l.set_interval(duration::seconds(3600), [] {});
  }
  ASSERT_EQ(told.size(), 1U);
  EXPECT_STREQ(told[0].kind, "interval");
  EXPECT_EQ(told[0].where.line(), line);
  EXPECT_EQ(leak_text(told[0]),
            std::string("rondo: leaked handle: interval, made at ") + told[0].where.file_name() +
                ':' + std::to_string(line) + " in " + told[0].where.function_name() +
                ": the loop is destroyed while it is active: clear it, or unref what need not end");
}

TEST_F(leaked_handle, may_be_a_hold_a_hook_or_an_immediate) {
  {
    loop l;
    l.hold();
    l.add_check([] {});
    l.set_immediate([] {});
  }
  std::vector<std::string> kinds;
  for (const holder& each : told) kinds.emplace_back(each.kind);
  EXPECT_THAT(kinds, ElementsAre("hold", "check hook", "immediate"));
}

TEST_F(leaked_handle, is_none_that_was_cleared_or_called_or_need_not_end) {
  {
    loop l;
    l.set_timeout(duration::milliseconds(1), [] {});
    l.unref(l.set_interval(duration::seconds(3600), [] {}));
    const handle_id held = l.hold();
    l.next_tick([&] { l.clear(held); });
    l.run();
  }
  EXPECT_THAT(told, IsEmpty());
}

TEST_F(leaked_handle, is_printed_by_the_default_handler) {
  set_leak_handler(&print_leak);
  ::testing::internal::CaptureStderr();
  {
    loop l;
    l.hold();
  }
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("rondo: leaked handle: hold, made at "));
}

TEST_F(leaked_handle, is_told_to_nobody_where_the_handler_is_null) {
  set_leak_handler(nullptr);
  ::testing::internal::CaptureStderr();
  {
    loop l;
    l.hold();
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace rondo::testing
