// Streams cut into lines, however the bytes come.
#include <rondo/async/lines.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include <rondo/async/timeout.hpp>
#include <rondo/task/for_each.hpp>

#include "support/seed.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

/// Yields a text in pieces of up to `most` bytes, each after a millisecond.
class slow_source {
 public:
  slow_source(std::string text, std::size_t most) : text_(std::move(text)), most_(most) {}

  task<std::size_t> read(std::span<std::byte> into) {
    co_await sleep_for(1ms);
    const std::size_t count = std::min({into.size(), most_, text_.size() - at_});
    std::memcpy(into.data(), text_.data() + at_, count);
    at_ += count;
    co_return count;
  }
  void close() noexcept { at_ = text_.size(); }

 private:
  std::string text_;
  std::size_t most_;
  std::size_t at_ = 0;
};
static_assert(byte_source<slow_source>);

using texts = std::vector<std::string>;

task<texts> collected(std::string text, std::size_t most, line_options how) {
  slow_source from(std::move(text), most);
  texts got;
  co_await for_each(rondo::lines(from, how),
                    [&](std::string_view line) { got.emplace_back(line); });
  co_return got;
}

TEST(Lines, EndAtNewlinesAndAtTheEnd) {
  for (const std::size_t most : {1, 2, 3, 100}) {
    const auto cut = [&](const char* text) {
      return run_simulated(collected(text, most, line_options()));
    };
    EXPECT_EQ(cut(""), texts());
    EXPECT_EQ(cut("\n"), texts({""}));
    EXPECT_EQ(cut("a\n\nb"), texts({"a", "", "b"}));
    EXPECT_EQ(cut("a\r\nb\rc\n\r\n"), texts({"a", "b\rc", ""}));
    EXPECT_EQ(cut("end\r"), texts({"end\r"}));
  }
  line_options exact;
  exact.drops_carriage_return = false;
  EXPECT_EQ(run_simulated(collected("a\r\nb\n", 100, exact)), texts({"a\r", "b"}));
}

TEST(Lines, OfAnyLengthInPiecesOfAny) {
  std::minstd_rand random(seed());
  for (int round = 0; round < 30; ++round) {
    std::string text;
    texts expected;
    for (int i = 0; i < 40; ++i) {
      expected.emplace_back(random() % (random() % 4 == 0 ? 60'000 : 200),
                            static_cast<char>('a' + i % 26));
      text += expected.back() + '\n';
    }
    EXPECT_EQ(run_simulated(collected(text, 1 + random() % 50'000, line_options())), expected);
  }
}

TEST(Lines, HaveALimit) {
  const std::string ten(10, 'x');
  EXPECT_EQ(run_simulated(collected(ten + "\r\n" + ten, 3, line_options(10))), texts({ten, ten}));
  for (const char* end : {"y", "y\n", "y\r\n", "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"}) {
    EXPECT_EQ(run_simulated(outcome_of(collected(ten + end, 5, line_options(10)))),
              "read a line of more than 10 bytes: message_too_long");
  }
}

TEST(Lines, LoseNothingToACancel) {
  run_simulated([]() -> task<> {
    slow_source from("one\ntwo\nthree\n", 1);
    line_reader reader(from);
    std::string got;
    for (int cancels = 0;;) {
      const auto line = co_await within(2500us, reader.next());
      if (!line) {
        ++cancels;
        continue;
      }
      if (!*line) {
        EXPECT_GE(cancels, 3);
        break;
      }
      got.append(**line).append(",");
    }
    EXPECT_EQ(got, "one,two,three,");
  }());
}

}  // namespace
}  // namespace rondo::testing
