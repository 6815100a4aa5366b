#include <rondo/fs/copy.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <vector>

#include <rondo/fs/names.hpp>
#include <rondo/fs/remove_all.hpp>

#include "fs/trees.hpp"
#include "net/net_fixture.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

class fs_copy : public net_test {
 protected:
  scratch_folder here;
};
INSTANTIATE_TEST_SUITE_P(backends, fs_copy, ::testing::ValuesIn(granted_backends()), backend_name);

/// How many names there are; a copy that was given up leaves none.
auto names_in(const std::string& folder) {
  return std::distance(std::filesystem::directory_iterator(folder), {});
}

/// The copy goes to a file system on a disk and to one in memory, and from each to the other.
TEST_P(fs_copy, a_copy_is_equal) {
  play([](scratch_folder& here) -> task<> {
    const scratch_folder on_disk("/tmp");
    const std::string text = numbered_text(20'000'001);
    const std::string original = here.write("original", text);
    EXPECT_EQ(::chmod(original.c_str(), 04751), 0);
    const lines targets = {here / "second", on_disk / "first", on_disk / "second"};
    std::string from = original;
    for (const std::string& to : targets) {
      EXPECT_TRUE(co_await fs::copy_file(from, to));
      EXPECT_TRUE(scratch_folder::text_of(to) == text);
      EXPECT_EQ((co_await fs::stat(to)).permissions, 0751);
      from = to;
    }
    EXPECT_TRUE(co_await fs::copy_file(here.write("empty"), here / "nothing"));
    EXPECT_EQ(here.read("nothing"), "");
  }(here));
}

TEST_P(fs_copy, what_is_there_is_kept_replaced_or_updated) {
  play([](scratch_folder& here) -> task<> {
    const std::string a = here.write("a", "A");
    const std::string b = here.write("b", "B");
    EXPECT_EQ(co_await thrown_by(fs::copy_file(a, b)), errc::already_exists);
    EXPECT_FALSE(co_await fs::copy_file(a, b, fs::on_existing::skip));
    EXPECT_EQ(here.read("b"), "B");
    co_await fs::set_times(a, fs::file_times({}, 1'000));
    EXPECT_FALSE(co_await fs::copy_file(a, b, fs::on_existing::update));
    co_await fs::set_times(b, fs::file_times({}, 999));
    EXPECT_TRUE(co_await fs::copy_file(a, b, fs::on_existing::update));
    EXPECT_EQ(here.read("b"), "A");
    here.write("a", "longer");
    fs::copy_options how(fs::on_existing::replace);
    how.times = true;
    co_await fs::set_times(a, fs::file_times(2'000'000'001, 3'000'000'002));
    EXPECT_TRUE(co_await fs::copy_file(a, b, std::move(how)));
    EXPECT_EQ(here.read("b"), "longer");
    EXPECT_EQ((co_await fs::stat(b)).modified_ns, 3'000'000'002);
    EXPECT_EQ(names_in(here.path()), 2);
  }(here));
}

TEST_P(fs_copy, refuses_what_is_no_copy) {
  play([](scratch_folder& here) -> task<> {
    const std::string a = here.write("a", "A");
    EXPECT_EQ(::link(a.c_str(), (here / "same").c_str()), 0);
    EXPECT_EQ(::mkfifo((here / "fifo").c_str(), 0600), 0);
    const auto replace = fs::on_existing::replace;
    EXPECT_EQ(co_await thrown_by(fs::copy_file(a, a, replace)), errc::invalid_argument);
    EXPECT_EQ(co_await thrown_by(fs::copy_file(a, here / "same", replace)), errc::invalid_argument);
    EXPECT_EQ(co_await thrown_by(fs::copy_file(here / "fifo", here / "x")), errc::invalid_argument);
    EXPECT_EQ(co_await thrown_by(fs::copy_file(here.path(), here / "x")), errc::invalid_argument);
    EXPECT_EQ(co_await thrown_by(fs::copy_file(here / "none", here / "x")), errc::not_found);
    EXPECT_EQ(co_await thrown_by(fs::copy_file(a, here / "none/x")), errc::not_found);
    EXPECT_EQ(here.read("a"), "A");
    EXPECT_EQ(names_in(here.path()), 3);
  }(here));
}

/// /proc says that its files are empty, and the kernel copies nothing of them.
TEST_P(fs_copy, files_that_do_not_tell_their_size) {
  play([](scratch_folder& here) -> task<> {
    EXPECT_TRUE(co_await fs::copy_file("/proc/version", here / "version"));
    EXPECT_EQ(here.read("version"), scratch_folder::text_of("/proc/version"));
    EXPECT_FALSE(here.read("version").empty());
  }(here));
}

TEST_P(fs_copy, holes_stay_holes) {
  play([](scratch_folder& here) -> task<> {
    constexpr off_t size = off_t{1} << 30;
    const std::string sparse = here / "sparse";
    {
      const os::fd file(::open(sparse.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
      EXPECT_EQ(::pwrite(file.get(), "middle", 6, size / 2), 6);
      EXPECT_EQ(::ftruncate(file.get(), size), 0);
    }
    EXPECT_TRUE(co_await fs::copy_file(sparse, here / "copy"));
    const fs::file_info copy = co_await fs::stat(here / "copy");
    EXPECT_EQ(copy.size, static_cast<std::uint64_t>(size));
    EXPECT_LT(copy.allocated, std::uint64_t{1} << 20);
    char text[6] = {};
    const os::fd file(::open((here / "copy").c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_EQ(::pread(file.get(), text, 6, size / 2), 6);
    EXPECT_EQ(std::string_view(text, 6), "middle");
  }(here));
}

TEST_P(fs_copy, progress_is_told_and_may_end_it) {
  play([](scratch_folder& here) -> task<> {
    const std::string large = here.write("large", std::string(20 << 20, 'x'));
    std::vector<std::uint64_t> told;
    fs::copy_options how;
    how.progress = [&](const fs::copy_progress& p) {
      EXPECT_EQ(p.path, large);
      EXPECT_EQ(p.size, std::uint64_t{20} << 20);
      told.push_back(p.copied);
    };
    EXPECT_TRUE(co_await fs::copy_file(large, here / "copy", std::move(how)));
    EXPECT_GE(told.size(), 3u);
    EXPECT_TRUE(std::ranges::is_sorted(told));
    EXPECT_EQ(told.back(), std::uint64_t{20} << 20);

    fs::copy_options ending;
    ending.progress = [](const fs::copy_progress&) { throw std::runtime_error("enough"); };
    const std::string said =
        co_await outcome_of(fs::copy_file(large, here / "never", std::move(ending)));
    EXPECT_EQ(said, "enough");
    EXPECT_EQ(names_in(here.path()), 2);
  }(here));
}

TEST_P(fs_copy, a_full_disk_leaves_no_half_file) {
  const mounted_folder disk(here.make_folder("disk"), "size=1m");
  if (!disk.is_granted()) GTEST_SKIP() << "no mounting here: " << disk.why_not();
  play([](scratch_folder& here) -> task<> {
    here.write("disk/old", "old");
    const std::string large = here.write("large", std::string(3 << 20, 'x'));
    const auto replace = fs::on_existing::replace;
    EXPECT_EQ(co_await thrown_by(fs::copy_file(large, here / "disk/old", replace)), errc::no_space);
    EXPECT_EQ(here.read("disk/old"), "old");
    EXPECT_EQ(names_in(here / "disk"), 1);
  }(here));
}

TEST_P(fs_copy, a_cancel_leaves_no_half_file) {
  play([](scratch_folder& here) -> task<> {
    const std::string large = here.write("large", std::string(30 << 20, 'x'));
    const auto copy = [](std::string from, std::string to) -> task<> {
      static_cast<void>(co_await fs::copy_file(from, to));
    };
    int met = 0;
    for (int turns = 0; turns < 30; ++turns) {
      const bool was_cancelled = co_await cancelled_after(turns, copy(large, here / "copy"));
      EXPECT_EQ(names_in(here.path()), was_cancelled ? 1 : 2);
      met += was_cancelled;
      static_cast<void>(co_await fs::remove_all(here / "copy"));
    }
    EXPECT_GT(met, 0);
  }(here));
}

// Trees
// ----------------------------------------------------------------------------------------

void make_tree(const scratch_folder& here) {
  here.make_folder("from/a/b");
  here.make_folder("from/empty");
  here.write("from/a/file\n", "1");
  here.write("from/a/b/deep", "2");
  EXPECT_EQ(::symlink("../a/nowhere", (here / "from/a/link").c_str()), 0);
  EXPECT_EQ(::mkfifo((here / "from/fifo").c_str(), 0600), 0);
  EXPECT_EQ(::chmod((here / "from/a/b").c_str(), 0555), 0);
}

TEST_P(fs_copy, a_tree_with_all_that_is_in_it) {
  play([](scratch_folder& here) -> task<> {
    make_tree(here);
    co_await fs::set_times(here / "from/a", fs::file_times(1'000, 2'000));
    fs::copy_options how;
    how.times = true;
    const fs::copy_summary done =
        co_await fs::copy_tree((here / "from") + "/", (here / "to") + "//", std::move(how));
    EXPECT_EQ(done.folders, 4u);
    EXPECT_EQ(done.files, 2u);
    EXPECT_EQ(done.links, 1u);
    EXPECT_EQ(done.left_out, 1u);
    EXPECT_EQ(here.read("to/a/file\n"), "1");
    EXPECT_EQ(here.read("to/a/b/deep"), "2");
    EXPECT_TRUE(here.has("to/empty"));
    EXPECT_EQ(co_await fs::read_link(here / "to/a/link"), "../a/nowhere");
    EXPECT_EQ((co_await fs::stat(here / "to/a/b")).permissions, 0555);
    EXPECT_EQ((co_await fs::stat(here / "to/a")).modified_ns, 2'000);
  }(here));
}

TEST_P(fs_copy, a_tree_onto_another_one) {
  play([](scratch_folder& here) -> task<> {
    make_tree(here);
    EXPECT_EQ((co_await fs::copy_tree(here / "from", here / "to")).files, 2u);
    here.write("to/a/b/deep", "changed");
    here.write("to/more");
    EXPECT_EQ(co_await thrown_by(fs::copy_tree(here / "from", here / "to")), errc::already_exists);
    fs::copy_summary done =
        co_await fs::copy_tree(here / "from", here / "to", fs::on_existing::skip);
    EXPECT_EQ(done.skipped, 3u);
    EXPECT_EQ(done.folders, 0u);
    EXPECT_EQ(here.read("to/a/b/deep"), "changed");
    done = co_await fs::copy_tree(here / "from", here / "to", fs::on_existing::replace);
    EXPECT_EQ(done.files, 2u);
    EXPECT_EQ(done.links, 1u);
    EXPECT_EQ(here.read("to/a/b/deep"), "2");
    EXPECT_TRUE(here.has("to/more"));
  }(here));
}

TEST_P(fs_copy, a_tree_is_not_copied_into_itself) {
  play([](scratch_folder& here) -> task<> {
    make_tree(here);
    EXPECT_EQ(::symlink("from", (here / "alias").c_str()), 0);
    for (const char* const to : {"from/a/copy", "alias/copy", "from", "from/."}) {
      EXPECT_NE(co_await thrown_by(fs::copy_tree(here / "from", here / to)), errc::ok) << to;
    }
    EXPECT_FALSE(here.has("from/a/copy"));
    EXPECT_FALSE(here.has("from/copy"));
    EXPECT_EQ((co_await fs::copy_tree(here / "from", here / "from2")).files, 2u);
    EXPECT_EQ(co_await thrown_by(fs::copy_tree(here / "from/fifo", here / "x")),
              errc::not_a_directory);
    EXPECT_FALSE(here.has("x"));
  }(here));
}

TEST_P(fs_copy, a_cancelled_tree_has_whole_files_only) {
  play([](scratch_folder& here) -> task<> {
    here.make_folder("from");
    for (int i = 0; i < 30; ++i) here.write("from/" + std::to_string(i), "whole");
    const auto copy = [](std::string from, std::string to) -> task<> {
      static_cast<void>(co_await fs::copy_tree(from, to));
    };
    int met = 0;
    for (int turns = 0; turns < 60; turns += 3) {
      met += co_await cancelled_after(turns, copy(here / "from", here / "to"));
      if (here.has("to")) {
        for (const auto& e : std::filesystem::directory_iterator(here / "to")) {
          EXPECT_EQ(scratch_folder::text_of(e.path().string()), "whole") << e.path();
        }
      }
      static_cast<void>(co_await fs::remove_all(here / "to"));
    }
    EXPECT_GT(met, 0);
  }(here));
}

}  // namespace
}  // namespace rondo::testing
