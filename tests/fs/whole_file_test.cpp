// Whole files: read whatever their size says, replaced at once, and cancelled in every turn.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <rondo/fs/whole_file.hpp>

#include "fs/scratch_folder.hpp"
#include "net/net_fixture.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

class whole_file_test : public net_test {
 protected:
  scratch_folder folder;
};
INSTANTIATE_TEST_SUITE_P(backends, whole_file_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

fs::write_options not_durable() {
  fs::write_options how;
  how.durable = false;
  return how;
}

std::size_t names_in(const std::string& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator(folder)) ++count;
  return count;
}

TEST_P(whole_file_test, all_sizes_are_read) {
  play([](const scratch_folder& folder) -> task<> {
    for (const std::size_t size :
         {0, 1, 4095, 4096, 4097, 65536, 1 << 20, (1 << 20) + 1, 5'000'000}) {
      const std::string text = numbered_text(size);
      const std::string path = folder.write("a", text);
      EXPECT_TRUE(co_await fs::read_text(path) == text) << size;
      const auto bytes = co_await fs::read_all(path, size);
      EXPECT_EQ(bytes.size(), size) << "exactly the limit is not too much";
      if (size > 0)
        EXPECT_EQ(co_await thrown_by(fs::read_all(path, size - 1)), errc::file_too_large);
    }
  }(folder));
}

TEST_P(whole_file_test, files_that_hide_their_size) {
  play([]() -> task<> {
    const std::string status = co_await fs::read_text("/proc/self/status");
    EXPECT_NE(status.find("Pid:\t" + std::to_string(::getpid())), status.npos);
    EXPECT_EQ(co_await thrown_by(fs::read_text("/dev/zero", 100'000)), errc::file_too_large);
    EXPECT_EQ(co_await thrown_by(fs::read_text("/")), errc::is_a_directory);
  }());
}

TEST_P(whole_file_test, a_file_is_replaced_and_keeps_its_mode) {
  play([](const scratch_folder& folder) -> task<> {
    const std::string path = folder / "a";
    fs::write_options how = not_durable();
    how.permissions = 0640;
    co_await fs::write_all(path, "new", how);
    struct stat facts = {};
    EXPECT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 07777, 0640U);
    EXPECT_EQ(::chmod(path.c_str(), 0604), 0);
    const std::string much = numbered_text(3'000'000);
    co_await fs::write_all(path, much);
    EXPECT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 07777, 0604U);
    EXPECT_TRUE(folder.read("a") == much);
    co_await fs::append(path, " and more");
    co_await fs::append(folder / "b", "made");
    EXPECT_TRUE(folder.read("a") == much + " and more");
    EXPECT_EQ(folder.read("b"), "made");
    EXPECT_EQ(names_in(folder.path()), 2U);
  }(folder));
}

TEST_P(whole_file_test, a_failure_leaves_the_old_file_and_nothing_else) {
  play([](const scratch_folder& folder) -> task<> {
    folder.make_folder("full/of");
    EXPECT_EQ(co_await thrown_by(fs::write_all(folder / "full", "text")), errc::is_a_directory);
    EXPECT_EQ(co_await thrown_by(fs::write_all(folder / "none/a", "text")), errc::not_found);
    EXPECT_EQ(names_in(folder.path()), 1U);
  }(folder));
}

/// Two writers at once: either text, and never a mixture.
TEST_P(whole_file_test, the_last_writer_wins) {
  play([](const scratch_folder& folder) -> task<> {
    const std::string path = folder / "a", one(100'000, '1'), two(100'000, '2');
    const auto write = [&](const std::string& text) -> task<> {
      for (int i = 0; i < 10; ++i) co_await fs::write_all(path, text, not_durable());
    };
    const auto watch = [&]() -> task<> {
      for (int i = 0; i < 20; ++i) {
        co_await yield_now();
        if (!folder.has("a")) continue;
        const std::string seen = co_await fs::read_text(path);
        EXPECT_TRUE(seen == one || seen == two);
      }
    };
    co_await when_all(write(one), write(two), watch());
    EXPECT_EQ(names_in(folder.path()), 1U);
  }(folder));
}

/// Cancelled in the first turn in which it waits, the second, ... until it has ended before.
TEST_P(whole_file_test, a_cancel_leaves_the_old_file_or_the_new_one) {
  play([](const scratch_folder& folder) -> task<> {
    const std::string path = folder.write("a", "old");
    const std::string text = numbered_text(2'000'000);
    int cancels = 0;
    bool ended = false;
    const auto write = [&]() -> task<> {
      try {
        co_await fs::write_all(path, text, not_durable());
        ended = true;
      } catch (const cancelled&) {
        ++cancels;
        throw;
      }
    };
    for (int turns = 0; !ended && turns < 100'000; turns += 1 + turns / 8) {
      const auto body = [&](scope& s) -> task<> {
        auto running = s.spawn(write());
        for (int i = 0; i < turns && !ended; ++i) co_await yield_now();
        s.cancel();
      };
      co_await with_scope(body);
      const std::string seen = folder.read("a");
      EXPECT_TRUE(ended ? seen == text : seen == "old" || seen == text) << "turn " << turns;
      EXPECT_EQ(names_in(folder.path()), 1U) << "turn " << turns;
      if (!ended) folder.write("a", "old");
    }
    EXPECT_TRUE(ended);
    EXPECT_GT(cancels, 0);
  }(folder));
}

}  // namespace
}  // namespace rondo::testing
