// Files piece by piece: where lines end, how long they may be, and how much memory it takes.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include <rondo/fs/lines.hpp>

#include "fs/scratch_folder.hpp"
#include "net/net_fixture.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

class lines_test : public net_test {
 protected:
  scratch_folder folder;
};
INSTANTIATE_TEST_SUITE_P(backends, lines_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

using texts = std::vector<std::string>;

task<texts> lines_of(std::string path, fs::lines_options how = {}) {
  texts all;
  auto each = fs::lines(path, how);
  while (auto line = co_await each.next()) all.emplace_back(*line);
  co_return all;
}

TEST_P(lines_test, where_they_end) {
  play([](const scratch_folder& folder) -> task<> {
    EXPECT_EQ(co_await lines_of(folder.write("a", "")), texts());
    EXPECT_EQ(co_await lines_of(folder.write("a", "\n")), texts({""}));
    EXPECT_EQ(co_await lines_of(folder.write("a", "one\n\nthree")), texts({"one", "", "three"}));
    EXPECT_EQ(co_await lines_of(folder.write("a", "one\ntwo\n")), texts({"one", "two"}));
    const std::string dos = folder.write("a", "one\r\ntwo\r\r\n\r\nthree\r");
    EXPECT_EQ(co_await lines_of(dos), texts({"one\r", "two\r\r", "\r", "three\r"}));
    fs::lines_options how;
    how.drop_carriage_return = true;
    EXPECT_EQ(co_await lines_of(dos, how), texts({"one", "two\r", "", "three"}));
  }(folder));
}

/// Lines of all lengths around the size of a read, against the simplest way to split them.
TEST_P(lines_test, none_is_lost_at_the_edges_of_reads) {
  play([](const scratch_folder& folder) -> task<> {
    std::string text;
    texts expected;
    for (std::size_t length = 0; text.size() < 3'000'000; length = (length * 3 + 1) % 200'003) {
      expected.push_back(numbered_text(length));
      text += expected.back() + '\n';
    }
    EXPECT_TRUE(co_await lines_of(folder.write("a", text)) == expected);
  }(folder));
}

TEST_P(lines_test, one_that_is_too_long_is_an_error) {
  play([](const scratch_folder& folder) -> task<> {
    fs::lines_options how;
    how.longest = 100;
    const std::string fits(100, 'x');
    EXPECT_EQ(co_await lines_of(folder.write("a", fits + "\n" + fits), how), texts({fits, fits}));
    EXPECT_EQ(co_await thrown_by(lines_of(folder.write("a", fits + "y\n"), how)),
              errc::message_too_long);
    EXPECT_EQ(co_await thrown_by(lines_of(folder.write("a", fits + "y"), how)),
              errc::message_too_long);
    how.drop_carriage_return = true;
    EXPECT_EQ(co_await lines_of(folder.write("a", fits + "\r\n"), how), texts({fits}));
    // It is found before all of it is in memory.
    const std::string said = co_await outcome_of(lines_of("/dev/zero", how));
    EXPECT_NE(said.find("longer than 100 bytes"), said.npos) << said;
  }(folder));
}

TEST_P(lines_test, chunks_are_full_but_for_the_last) {
  play([](const scratch_folder& folder) -> task<> {
    const std::string text = numbered_text(250'000);
    const std::string path = folder.write("a", text);
    for (const std::size_t size : {1000U, 65'536U, 100'000U, 300'000U}) {
      std::string together;
      auto each = fs::chunks(path, size);
      while (auto chunk = co_await each.next()) {
        EXPECT_EQ(chunk->size(), std::min(size, text.size() - together.size()));
        together.append(reinterpret_cast<const char*>(chunk->data()), chunk->size());
      }
      EXPECT_TRUE(together == text) << size;
    }
    fs::file empty = co_await fs::file::open(folder.write("b"));
    auto none = fs::chunks(empty);
    EXPECT_FALSE(co_await none.next());
  }(folder));
}

TEST_P(lines_test, left_in_the_middle_and_cancelled) {
  play([](const scratch_folder& folder) -> task<> {
    const std::string path = folder.write("a", "one\ntwo\nthree\n");
    fs::file from = co_await fs::file::open(path);
    {
      auto each = fs::lines(from);
      EXPECT_EQ(co_await each.next(), "one");
    }
    co_await from.close();
    const auto body = [&](scope& s) -> task<> {
      auto each = fs::lines(path);
      s.cancel();
      static_cast<void>(co_await each.next());
      ADD_FAILURE() << "a line after the cancel";
    };
    co_await with_scope(body);
  }(folder));
}

/// Hundreds of megabytes, most of them a hole: memory stays at one buffer.
TEST_P(lines_test, a_large_file_takes_constant_memory) {
  const std::string path = folder.write("a", "first\n");
  static constexpr std::uint64_t size = 300'000'000;
  ASSERT_EQ(::truncate(path.c_str(), size), 0);
  play([](std::string path) -> task<> {
    const auto in_use = [] {
      return static_cast<std::size_t>(::mallinfo2().uordblks + ::mallinfo2().hblkhd);
    };
    const std::size_t before = in_use();
    std::size_t most = 0;
    std::uint64_t bytes = 0;
    auto each = fs::chunks(path);
    while (auto chunk = co_await each.next()) {
      bytes += chunk->size();
      most = std::max(most, in_use());
    }
    EXPECT_EQ(bytes, size);
    EXPECT_LT(most - before, 1'000'000U);
  }(path));
}

}  // namespace
}  // namespace rondo::testing
