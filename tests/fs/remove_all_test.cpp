#include <rondo/fs/remove_all.hpp>

#include <stdio.h>

#include <atomic>

#include <rondo/async/offload.hpp>

#include "fs/trees.hpp"
#include "net/net_fixture.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

class fs_remove_all : public net_test {
 protected:
  scratch_folder here;
};
INSTANTIATE_TEST_SUITE_P(backends, fs_remove_all, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(fs_remove_all, counts_what_it_removes) {
  play([](scratch_folder& here) -> task<> {
    here.make_folder("a/b/c");
    here.make_folder("a/empty");
    here.write("a/file");
    here.write("a/b/\xff\n");
    here.write("kept");
    EXPECT_EQ(::symlink("../kept", (here / "a/link").c_str()), 0);
    EXPECT_EQ(::symlink("..", (here / "a/up").c_str()), 0);
    EXPECT_EQ(::mkfifo((here / "a/fifo").c_str(), 0600), 0);
    EXPECT_EQ(co_await fs::remove_all(here / "a"), 9u);
    EXPECT_FALSE(here.has("a"));
    EXPECT_TRUE(here.has("kept"));
    EXPECT_EQ(co_await fs::remove_all(here / "a"), 0u);
    EXPECT_EQ(co_await fs::remove_all(here / "none/below"), 0u);
    EXPECT_EQ(co_await fs::remove_all(here / "kept"), 1u);
  }(here));
}

TEST_P(fs_remove_all, a_link_goes_and_what_it_leads_to_stays) {
  play([](scratch_folder& here) -> task<> {
    here.make_folder("target");
    here.write("target/file");
    EXPECT_EQ(::symlink("target", (here / "link").c_str()), 0);
    EXPECT_EQ(co_await fs::remove_all(here / "link/"), 1u);
    EXPECT_TRUE(here.has("target/file"));
    EXPECT_EQ(co_await fs::remove_all(here / "target///"), 2u);
  }(here));
}

TEST_P(fs_remove_all, refuses_what_nobody_means) {
  play([](scratch_folder& here) -> task<> {
    for (const char* const path : {"", "/", "//", ".", "..", "a/.", "a/..", "/.."}) {
      EXPECT_EQ(co_await thrown_by(fs::remove_all(path)), errc::invalid_argument) << path;
    }
    here.write("file");
    EXPECT_EQ(co_await thrown_by(fs::remove_all(here / "file/below")), errc::not_a_directory);
    const std::string cut = (here / "file") + std::string("\0x", 2);
    EXPECT_EQ(co_await thrown_by(fs::remove_all(cut)), errc::invalid_argument);
    EXPECT_TRUE(here.has("file"));
  }(here));
}

TEST_P(fs_remove_all, trees_deeper_than_paths_and_descriptors) {
  play([](scratch_folder& here) -> task<> {
    constexpr int depth = 2500;
    EXPECT_TRUE(make_deep_tree(here.make_folder("deep"), depth));
    EXPECT_EQ(co_await fs::remove_all(here / "deep"), 2u * depth + 1);
    EXPECT_FALSE(here.has("deep"));
  }(here));
}

TEST_P(fs_remove_all, ten_thousand_files) {
  play([](scratch_folder& here) -> task<> {
    for (int i = 0; i < 100; ++i) {
      here.make_folder("top/" + std::to_string(i));
      for (int j = 0; j < 99; ++j) here.write("top/" + std::to_string(i) + "/" + std::to_string(j));
    }
    EXPECT_EQ(co_await fs::remove_all(here / "top"), 10'001u);
  }(here));
}

TEST_P(fs_remove_all, says_which_name_stopped_it) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody whom modes stop";
  play([](scratch_folder& here) -> task<> {
    here.make_folder("a/locked/x");
    EXPECT_EQ(::chmod(here.path().c_str(), 0777), 0);
    EXPECT_EQ(::chmod((here / "a").c_str(), 0777), 0);
    const nobody us;
    const std::string said = co_await outcome_of(fs::remove_all(here / "a"));
    EXPECT_TRUE(said.starts_with("remove " + (here / "a/locked/x") + ": Permission denied"))
        << said;
    EXPECT_TRUE(here.has("a/locked/x"));
  }(here));
}

TEST_P(fs_remove_all, stays_in_its_file_system) {
  const mounted_folder disk(here.make_folder("a/disk"), "size=1m");
  if (!disk.is_granted()) GTEST_SKIP() << "no mounting here: " << disk.why_not();
  play([](scratch_folder& here) -> task<> {
    here.write("a/disk/precious");
    const std::string said = co_await outcome_of(fs::remove_all(here / "a"));
    EXPECT_EQ(said, "remove " + (here / "a/disk") +
                        ": Device or resource busy (EBUSY); another file system is mounted there");
    EXPECT_TRUE(here.has("a/disk/precious"));
  }(here));
}

/// Somebody exchanges a folder for a link to one that is precious, again and again.
TEST_P(fs_remove_all, an_attacker_with_links_leads_it_nowhere) {
  play([](scratch_folder& here) -> task<> {
    here.make_folder("precious");
    for (int i = 0; i < 20; ++i) here.write("precious/" + std::to_string(i));
    std::atomic<bool> over{false};
    const auto attack = [](scratch_folder& here, std::atomic<bool>& over) -> task<> {
      EXPECT_EQ(::symlink((here / "precious").c_str(), (here / "link").c_str()), 0);
      auto work = [&] {
        while (!over) {
          ::renameat2(AT_FDCWD, (here / "a/sub").c_str(), AT_FDCWD, (here / "link").c_str(),
                      RENAME_EXCHANGE);
        }
      };
      co_await offload(work);
    };
    const auto remove_often = [](scratch_folder& here, std::atomic<bool>& over) -> task<> {
      for (int round = 0; round < 300; ++round) {
        here.make_folder("a");
        std::error_code ignored;
        std::filesystem::create_directories(here / "a/sub", ignored);
        for (int i = 0; i < 5; ++i) here.write("a/" + std::to_string(i));
        // The folder that the attacker holds may come and go: any outcome but a wrong removal.
        static_cast<void>(co_await outcome_of(fs::remove_all(here / "a")));
      }
      over = true;
    };
    co_await when_all(attack(here, over), remove_often(here, over));
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(here / "precious"), {}), 20);
  }(here));
}

/// What others add while it works goes, too.
TEST_P(fs_remove_all, others_may_add_meanwhile) {
  play([](scratch_folder& here) -> task<> {
    const auto add = [](scratch_folder& here) -> task<> {
      auto work = [&] {
        for (int i = 0; i < 200; ++i) here.write("a/b/" + std::to_string(i));
      };
      co_await offload(work);
    };
    for (int round = 0; round < 20; ++round) {
      here.make_folder("a/b");
      co_await when_all(add(here), fs::remove_all(here / "a"));
      EXPECT_FALSE(here.has("a"));
    }
  }(here));
}

TEST_P(fs_remove_all, a_cancel_ends_it_between_two_names) {
  play([](scratch_folder& here) -> task<> {
    const auto remove = [](std::string path) -> task<> {
      static_cast<void>(co_await fs::remove_all(path));
    };
    int met = 0;
    for (int turns = 0; turns < 40; ++turns) {
      here.make_folder("a");
      for (int i = 0; i < 600; ++i) here.write("a/" + std::to_string(i));
      const bool was_cancelled = co_await cancelled_after(turns, remove(here / "a"));
      EXPECT_EQ(here.has("a"), was_cancelled);
      met += was_cancelled;
    }
    EXPECT_GT(met, 0);
  }(here));
}

}  // namespace
}  // namespace rondo::testing
