#include <rondo/fs/watch.hpp>

#include <sched.h>
#include <stdio.h>
#include <sys/wait.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <set>

#include <rondo/async/offload.hpp>
#include <rondo/fs/remove_all.hpp>

#include "fs/trees.hpp"
#include "net/net_fixture.hpp"
#include "support/seed.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

class fs_watch : public net_test {
 protected:
  scratch_folder here;
};
INSTANTIATE_TEST_SUITE_P(backends, fs_watch, ::testing::ValuesIn(granted_backends()), backend_name);

fs::watch_options recursive() {
  fs::watch_options how;
  how.recursive = true;
  how.each_write = false;
  return how;
}

std::string text_of(const fs::watch_event& e, const std::string& root) {
  const auto shown = [&](const std::string& path) {
    return path.starts_with(root + "/") ? path.substr(root.size() + 1) : path;
  };
  std::string text = std::string(to_string(e.what)) + " " + shown(e.path);
  if (!e.from.empty()) text += " from " + shown(e.from);
  if (e.is_folder) text += "/";
  return text;
}

/// So many events, as text.
task<lines> next_of(fs::watcher& changes, std::size_t count, std::string root) {
  lines events;
  while (events.size() < count) {
    const fs::watch_event e = co_await changes.next();
    events.push_back(text_of(e, root));
  }
  co_return events;
}

/// All events until nothing happens for a while. That while is no wait for a result: the tests that
/// use it would rather see too many events than too few.
task<lines> all_of(fs::watcher& changes, std::string root) {
  lines events;
  for (;;) {
    auto e = co_await within(duration::milliseconds(60), changes.next());
    if (!e) break;
    events.push_back(text_of(*e, root));
  }
  co_return events;
}

TEST_P(fs_watch, tells_what_happens_in_a_folder) {
  play([](scratch_folder& here) -> task<> {
    here.write("old", "x");
    fs::watch_options how;
    how.attributes = true;
    fs::watcher changes = co_await fs::watch(here.path(), how);
    here.write("new\n\xff", "text");
    ::chmod((here / "old").c_str(), 0600);
    ::rename((here / "old").c_str(), (here / "older").c_str());
    here.make_folder("folder");
    here.write("folder/unseen");
    ::unlink((here / "older").c_str());
    const lines expected = {"created new\n\xff", "modified new\n\xff",   "written new\n\xff",
                            "attributes old",    "moved older from old", "created folder/",
                            "removed older"};
    EXPECT_EQ(co_await next_of(changes, expected.size(), here.path()), expected);
    EXPECT_EQ(co_await all_of(changes, here.path()), lines());
  }(here));
}

TEST_P(fs_watch, events_come_while_one_waits) {
  play([](scratch_folder& here) -> task<> {
    fs::watcher changes = co_await fs::watch(here.path());
    co_await with_scope([&](scope& s) -> task<> {
      auto first = s.spawn(next_of(changes, 1, here.path()));
      co_await yield_now();
      here.make_folder("a");
      const lines expected = {"created a/"};
      EXPECT_EQ(co_await first, expected);
    });
  }(here));
}

TEST_P(fs_watch, a_file_is_followed_by_its_name) {
  play([](scratch_folder& here) -> task<> {
    const std::string file = here.write("file", "1");
    fs::watch_options how;
    how.each_write = false;
    fs::watcher changes = co_await fs::watch(file, how);
    here.write("other");
    here.write("file", "2");
    here.write("file.new", "3");
    ::rename((here / "file.new").c_str(), file.c_str());  // as editors do
    here.write("file", "4");
    ::rename(file.c_str(), (here / "backup").c_str());
    here.write("file");
    ::unlink(file.c_str());
    const lines expected = {
        "written file", "created file", "written file", "moved backup from file",
        "created file", "written file", "removed file"};
    EXPECT_EQ(co_await next_of(changes, expected.size(), here.path()), expected);
  }(here));
}

TEST_P(fs_watch, what_leaves_is_removed_and_what_comes_is_created) {
  play([](scratch_folder& here) -> task<> {
    here.make_folder("in/folder/below");
    here.make_folder("out/coming/below");
    here.write("out/coming/below/file");
    fs::watcher changes = co_await fs::watch(here / "in", recursive());
    ::rename((here / "in/folder").c_str(), (here / "out/folder").c_str());
    ::rename((here / "out/coming").c_str(), (here / "in/coming").c_str());
    const lines expected = {"removed folder/", "created coming/", "created coming/below/",
                            "created coming/below/file"};
    EXPECT_EQ(co_await next_of(changes, 4, here / "in"), expected);
    here.write("out/folder/below/unseen");  // it is not ours any more
    here.make_folder("in/coming/below/more");
    const lines more = {"created coming/below/more/"};
    EXPECT_EQ(co_await all_of(changes, here / "in"), more);
  }(here));
}

TEST_P(fs_watch, folders_keep_their_watch_when_they_move) {
  play([](scratch_folder& here) -> task<> {
    here.make_folder("a/x/deep");
    here.make_folder("b");
    fs::watcher changes = co_await fs::watch(here.path() + "/", recursive());
    ::rename((here / "a/x").c_str(), (here / "b/y").c_str());
    ::rename((here / "b").c_str(), (here / "c").c_str());
    here.make_folder("c/y/deep/new");
    const lines expected = {"moved b/y from a/x/", "moved c from b/", "created c/y/deep/new/"};
    EXPECT_EQ(co_await next_of(changes, 3, here.path()), expected);
    std::filesystem::remove_all(here / "c/y/deep");
    here.make_folder("c/y/deep");  // under the old name, another one
    here.make_folder("c/y/deep/z");
    const lines again = {"removed c/y/deep/new/", "removed c/y/deep/", "created c/y/deep/",
                         "created c/y/deep/z/"};
    EXPECT_EQ(co_await next_of(changes, 4, here.path()), again);
  }(here));
}

TEST_P(fs_watch, a_new_folder_that_is_renamed_at_once_is_told_with_its_names) {
  play([](scratch_folder& here) -> task<> {
    fs::watcher changes = co_await fs::watch(here.path(), recursive());
    here.make_folder("new");
    here.write("new/file");
    ::rename((here / "new").c_str(), (here / "newer").c_str());
    const lines expected = {"created new/", "moved newer from new/", "created newer/file"};
    EXPECT_EQ(co_await next_of(changes, 3, here.path()), expected);
  }(here));
}

/// Whole trees appear at once, again and again, while the watcher is busy with the ones before. In
/// the end it must have told every name, and what it believes to be there must be there.
TEST_P(fs_watch, trees_that_appear_are_told_without_a_gap) {
  play([](scratch_folder& here) -> task<> {
    fs::watcher changes = co_await fs::watch(here.path(), recursive());
    const auto make = [](scratch_folder& here) -> task<> {
      auto work = [&] {
        std::mt19937_64 random(seed());
        for (int i = 0; i < 60; ++i) {
          const std::string top = "t" + std::to_string(random() % 12);
          here.make_folder(top + "/a/b/c");
          here.write(top + "/f");
          here.write(top + "/a/b/c/deep" + std::to_string(i));
          if (random() % 3 == 0) {
            std::error_code none;
            std::filesystem::remove_all(here / ("t" + std::to_string(random() % 12)), none);
          }
        }
        here.write("end");
      };
      co_await offload(work);
    };
    const auto follow = [](scratch_folder& here, fs::watcher& changes) -> task<> {
      std::set<std::string> believed;
      for (bool ended = false; !ended;) {
        const fs::watch_event e = co_await changes.next();
        ended = e.what == fs::change::written && e.path == here / "end";
        if (e.what == fs::change::created) believed.insert(e.path);
        if (e.what == fs::change::removed) believed.erase(e.path);
      }
      const lines rest = co_await all_of(changes, here.path());
      for (const std::string& text : rest) {
        const bool added = text.starts_with("created ");
        const bool gone = text.starts_with("removed ");
        std::string path = here / text.substr(text.find(' ') + 1);
        if (path.ends_with("/")) path.pop_back();
        if (added) believed.insert(path);
        if (gone) believed.erase(path);
      }
      std::set<std::string> there;
      for (const auto& e : std::filesystem::recursive_directory_iterator(here.path())) {
        there.insert(e.path().string());
      }
      for (const std::string& path : there) EXPECT_TRUE(believed.contains(path)) << path;
    };
    co_await when_all(make(here), follow(here, changes));
  }(here));
}

TEST_P(fs_watch, an_overflow_is_told_and_lived_through) {
  int limit = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> limit;
  if (limit <= 0 || limit > 100'000)
    GTEST_SKIP() << "a queue of " << limit << " is not filled here";
  play([](scratch_folder& here, int limit) -> task<> {
    here.make_folder("a/b");
    fs::watcher changes = co_await fs::watch(here.path(), recursive());
    // Twice the queue, of which some are new folders that nobody is told about.
    for (int i = 0; i < limit + 10; ++i) {
      const std::string name = here / ("f" + std::to_string(i % 2));
      ::mknod(name.c_str(), S_IFREG | 0600, 0);
      ::unlink(name.c_str());
    }
    here.make_folder("a/missed/below");
    ::rename((here / "a/b").c_str(), (here / "a/moved").c_str());
    bool has_overflown = false;
    for (int i = 0; i <= limit && !has_overflown; ++i) {
      has_overflown = (co_await changes.next()).what == fs::change::overflow;
    }
    EXPECT_TRUE(has_overflown);
    EXPECT_EQ(co_await all_of(changes, here.path()), lines());
    here.make_folder("a/missed/below/new");
    here.make_folder("a/moved/new");
    const lines expected = {"created a/missed/below/new/", "created a/moved/new/"};
    EXPECT_EQ(co_await next_of(changes, 2, here.path()), expected);
  }(here, limit));
}

TEST_P(fs_watch, the_end_of_the_folder_is_the_last_event) {
  play([](scratch_folder& here) -> task<> {
    here.make_folder("top");
    here.write("top/file");
    fs::watcher changes = co_await fs::watch(here / "top", recursive());
    std::filesystem::remove_all(here / "top");
    const lines expected = {"removed file", "gone " + (here / "top") + "/"};
    EXPECT_EQ(co_await next_of(changes, 2, here / "top"), expected);
    EXPECT_EQ(co_await thrown_by(changes.next()), errc::closed);
    EXPECT_EQ(co_await thrown_by(fs::watch(here / "top")), errc::not_found);
  }(here));
}

TEST_P(fs_watch, a_burst_is_put_together) {
  play([](scratch_folder& here) -> task<> {
    here.write("kept", "1");
    fs::watch_options how;
    how.settle = duration::milliseconds(30);
    fs::watcher changes = co_await fs::watch(here.path(), how);
    here.write("came", "1");
    here.write("came", "2");
    here.write("came and went");
    ::unlink((here / "came and went").c_str());
    here.write("kept", "2");
    here.write("kept", "3");
    ::unlink((here / "kept").c_str());
    here.write("kept", "4");
    const lines expected = {"created came", "written kept"};
    EXPECT_EQ(co_await next_of(changes, 2, here.path()), expected);
    here.make_folder("later");
    const lines later = {"created later/"};
    EXPECT_EQ(co_await next_of(changes, 1, here.path()), later);
  }(here));
}

TEST_P(fs_watch, a_cancel_loses_no_event) {
  play([](scratch_folder& here) -> task<> {
    fs::watcher changes = co_await fs::watch(here.path(), recursive());
    const auto take = [](fs::watcher& changes, scratch_folder& here, lines& seen) -> task<> {
      for (;;) {
        const fs::watch_event e = co_await changes.next();
        seen.push_back(text_of(e, here.path()));
      }
    };
    lines seen;
    lines expected;
    for (int turns = 0; turns < 30; ++turns) {
      const std::string name = std::to_string(turns);
      here.make_folder(name + "/in");
      expected.push_back("created " + name + "/");
      expected.push_back("created " + name + "/in/");
      EXPECT_TRUE(co_await cancelled_after(turns, take(changes, here, seen)));
    }
    while (seen.size() < expected.size()) {
      const fs::watch_event e = co_await changes.next();
      seen.push_back(text_of(e, here.path()));
    }
    // Two steps of one folder may be told behind the first one of the next.
    std::ranges::sort(seen);
    std::ranges::sort(expected);
    EXPECT_EQ(seen, expected);
  }(here));
}

TEST_P(fs_watch, a_folder_that_may_not_be_read_is_told) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody whom modes stop";
  play([](scratch_folder& here) -> task<> {
    EXPECT_EQ(::chmod(here.path().c_str(), 0755), 0);
    here.make_folder("locked");
    EXPECT_EQ(::chmod((here / "locked").c_str(), 0700), 0);
    const nobody us;
    fs::watcher changes = co_await fs::watch(here.path(), recursive());
    const lines expected = {"unwatched locked/"};
    EXPECT_EQ(co_await next_of(changes, 1, here.path()), expected);
  }(here));
}

/// In a namespace of its own, where a limit can be set: 0 where the error says what is to be done,
/// 2 where no namespace is granted.
int watch_with_few_watches(const std::string& path, std::string& said) {
  if (::unshare(CLONE_NEWUSER) < 0) return 2;
  std::ofstream limit("/proc/sys/user/max_inotify_watches");
  if (!(limit << 3 << std::flush)) return 2;
  said = run([](std::string path) -> task<std::string> {
    co_return co_await outcome_of(fs::watch(path, recursive()));
  }(path));
  return said.ends_with("raise fs.inotify.max_user_watches") ? 0 : 1;
}

TEST(fs_watch_limits, are_named_in_the_error) {
  const scratch_folder here;
  for (int i = 0; i < 5; ++i) here.make_folder(std::to_string(i));
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    std::string said;
    const int outcome = watch_with_few_watches(here.path(), said);
    if (outcome == 1) ::perror(said.c_str());
    ::_exit(outcome);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 2) GTEST_SKIP() << "no user namespace here, so no limit to set";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace rondo::testing
