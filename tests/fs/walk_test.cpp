#include <rondo/fs/walk.hpp>

#include <algorithm>
#include <atomic>
#include <map>

#include <rondo/async/offload.hpp>
#include <rondo/fs/names.hpp>

#include "fs/trees.hpp"
#include "net/net_fixture.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

class fs_walk : public net_test {
 protected:
  scratch_folder here;
};
INSTANTIATE_TEST_SUITE_P(backends, fs_walk, ::testing::ValuesIn(granted_backends()), backend_name);

/// The paths of a walk, without the scratch folder's own, and what fails.
task<lines> paths_in(std::string root, fs::walk_options how) {
  lines paths;
  auto files = fs::walk(root, how);
  for (;;) {
    const fs::walk_entry* const file = co_await files.next();
    if (file == nullptr) break;
    std::string text = file->path.substr(root.size() + 1);
    if (file->failure) text += ": " + std::string(to_string(file->failure->code()));
    paths.push_back(text);
  }
  co_return paths;
}

fs::walk_options in_order() {
  fs::walk_options how;
  how.sorted = true;
  how.report_failures = true;
  return how;
}

TEST_P(fs_walk, a_folder_comes_before_what_is_in_it) {
  play([](scratch_folder& here) -> task<> {
    here.make_folder("b/c");
    here.write("b/c/deep");
    here.write("b/z");
    here.write("a");
    here.write("b-side");
    here.write("b/new\nline\xff");
    const lines expected = {"a", "b", "b/c", "b/c/deep", "b/new\nline\xff", "b/z", "b-side"};
    EXPECT_EQ(co_await paths_in(here.path(), in_order()), expected);

    lines as_they_come = co_await paths_in(here.path(), fs::walk_options());
    EXPECT_LT(std::ranges::find(as_they_come, "b"), std::ranges::find(as_they_come, "b/c/deep"));
    lines sorted = expected;
    std::ranges::sort(sorted);
    std::ranges::sort(as_they_come);
    EXPECT_EQ(as_they_come, sorted);

    fs::walk_options shallow = in_order();
    shallow.max_depth = 1;
    const lines top = {"a", "b", "b-side"};
    EXPECT_EQ(co_await paths_in(here.path(), shallow), top);
  }(here));
}

TEST_P(fs_walk, entries_tell_what_they_are) {
  play([](scratch_folder& here) -> task<> {
    here.make_folder("folder");
    here.write("folder/file", "12345");
    EXPECT_EQ(::symlink("file", (here / "folder/link").c_str()), 0);
    fs::walk_options how = in_order();
    how.with_info = true;
    auto files = fs::walk(here.path() + "//", how);
    const fs::walk_entry* at = co_await files.next();
    EXPECT_EQ(at->path, here / "folder");
    EXPECT_TRUE(at->is_folder());
    EXPECT_EQ(at->depth, 1u);
    at = co_await files.next();
    EXPECT_EQ(at->name(), "file");
    EXPECT_EQ(at->depth, 2u);
    EXPECT_EQ(at->info.value().size, 5u);
    EXPECT_EQ(at->inode, at->info.value().inode);
    at = co_await files.next();
    EXPECT_EQ(at->type, os::file_type::link);
    EXPECT_TRUE(at->info.value().is_link());
    EXPECT_EQ(co_await files.next(), nullptr);
    EXPECT_EQ(co_await files.next(), nullptr);
  }(here));
}

TEST_P(fs_walk, the_root_of_all_has_no_double_slash) {
  play([]() -> task<> {
    fs::walk_options how;
    how.max_depth = 1;
    auto files = fs::walk("/", how);
    const fs::walk_entry* const first = co_await files.next();
    EXPECT_EQ(first->path, "/" + std::string(first->name()));
    // Left in the middle: what it had open is closed.
  }());
}

TEST_P(fs_walk, what_is_skipped_is_not_yielded) {
  play([](scratch_folder& here) -> task<> {
    for (const char* const folder : {"a/x/y", "b", "c/x"}) {
      here.make_folder(folder);
      here.write(std::string(folder) + "/file");
    }
    auto files = fs::walk(here.path(), in_order());
    lines seen;
    for (;;) {
      fs::walk_entry* const file = co_await files.next();
      if (file == nullptr) break;
      seen.push_back(file->path.substr(here.path().size() + 1));
      if (file->name() == "x") file->skip();
    }
    const lines expected = {"a", "a/x", "b", "b/file", "c", "c/x"};
    EXPECT_EQ(seen, expected);
  }(here));
}

/// A skip must also hold for what later batches would bring, and for nothing else.
TEST_P(fs_walk, a_skip_reaches_over_batches) {
  play([](scratch_folder& here) -> task<> {
    here.make_folder("a/large/below");
    for (int i = 0; i < 3000; ++i) here.write("a/large/" + std::to_string(i));
    here.write("a/last");
    here.write("b");
    auto files = fs::walk(here.path(), in_order());
    lines seen;
    for (;;) {
      fs::walk_entry* const file = co_await files.next();
      if (file == nullptr) break;
      seen.emplace_back(file->name());
      if (file->name() == "large") file->skip();
    }
    const lines expected = {"a", "large", "last", "b"};
    EXPECT_EQ(seen, expected);
  }(here));
}

TEST_P(fs_walk, links_are_followed_where_asked_and_circles_reported) {
  play([](scratch_folder& here) -> task<> {
    here.make_folder("a/b");
    here.write("a/b/file");
    EXPECT_EQ(::symlink("..", (here / "a/b/up").c_str()), 0);
    EXPECT_EQ(::symlink("a/b", (here / "other").c_str()), 0);
    EXPECT_EQ(::symlink("nowhere", (here / "dangling").c_str()), 0);
    EXPECT_EQ(::symlink("self", (here / "self").c_str()), 0);
    const lines kept = {"a", "a/b", "a/b/file", "a/b/up", "dangling", "other", "self"};
    EXPECT_EQ(co_await paths_in(here.path(), in_order()), kept);
    fs::walk_options how = in_order();
    how.follow_links = true;
    const lines followed = {
        "a",     "a/b",        "a/b/file", "a/b/up",     "a/b/up: too_many_links",     "dangling",
        "other", "other/file", "other/up", "other/up/b", "other/up/b: too_many_links", "self"};
    EXPECT_EQ(co_await paths_in(here.path(), how), followed);
    how.report_failures = false;
    EXPECT_EQ(co_await thrown_by(paths_in(here.path(), how)), errc::too_many_links);
  }(here));
}

TEST_P(fs_walk, goes_deeper_than_paths_and_descriptors_reach) {
  play([](scratch_folder& here) -> task<> {
    constexpr int depth = 2500;  // of 5,000 bytes: PATH_MAX is 4,096
    EXPECT_TRUE(make_deep_tree(here.path(), depth));
    std::map<std::string, int, std::less<>> names;
    unsigned deepest = 0;
    auto files = fs::walk(here.path());
    for (;;) {
      const fs::walk_entry* const file = co_await files.next();
      if (file == nullptr) break;
      ++names[std::string(file->name())];
      deepest = std::max(deepest, file->depth);
    }
    EXPECT_EQ(names["d"], depth);
    EXPECT_EQ(names["file"], depth);
    EXPECT_EQ(deepest, static_cast<unsigned>(depth));
  }(here));
}

TEST_P(fs_walk, ten_thousand_files) {
  play([](scratch_folder& here) -> task<> {
    for (int i = 0; i < 100; ++i) {
      const std::string folder = here.make_folder(std::to_string(i));
      for (int j = 0; j < 100; ++j) here.write(std::to_string(i) + "/" + std::to_string(j));
    }
    int count = 0;
    auto files = fs::walk(here.path());
    for (;;) {
      const fs::walk_entry* const file = co_await files.next();
      if (file == nullptr) break;
      ++count;
    }
    EXPECT_EQ(count, 10'100);
  }(here));
}

TEST_P(fs_walk, failures_are_thrown_or_reported) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody whom modes stop";
  play([](scratch_folder& here) -> task<> {
    EXPECT_EQ(co_await thrown_by(paths_in(here / "none", in_order())), errc::not_found);
    here.write("c");
    EXPECT_EQ(co_await thrown_by(paths_in(here / "c", in_order())), errc::not_a_directory);
    here.make_folder("a/below");
    here.make_folder("b");
    here.write("b/file");
    EXPECT_EQ(::chmod(here.path().c_str(), 0755), 0);
    EXPECT_EQ(::chmod((here / "a").c_str(), 0600), 0);
    EXPECT_EQ(::chmod((here / "b").c_str(), 0744), 0);  // its names may be read, and no more
    const nobody us;
    fs::walk_options how = in_order();
    how.with_info = true;
    const lines expected = {"a", "a: permission_denied", "b", "b/file: permission_denied", "c"};
    EXPECT_EQ(co_await paths_in(here.path(), how), expected);
    how.report_failures = false;
    const std::string said = co_await outcome_of(paths_in(here.path(), how));
    EXPECT_TRUE(said.starts_with("open the folder " + (here / "a") + ": ")) << said;
  }(here));
}

TEST_P(fs_walk, another_file_system_is_not_entered_where_asked) {
  const mounted_folder disk(here.make_folder("disk"), "size=1m");
  if (!disk.is_granted()) GTEST_SKIP() << "no mounting here: " << disk.why_not();
  play([](scratch_folder& here) -> task<> {
    here.write("disk/file");
    fs::walk_options how = in_order();
    const lines both = {"disk", "disk/file"};
    EXPECT_EQ(co_await paths_in(here.path(), how), both);
    how.one_file_system = true;
    const lines one = {"disk"};
    EXPECT_EQ(co_await paths_in(here.path(), how), one);
  }(here));
}

/// Others make, rename and remove meanwhile. What was there all the time is found once.
TEST_P(fs_walk, a_changing_tree_is_walked_to_its_end) {
  play([](scratch_folder& here) -> task<> {
    for (int i = 0; i < 40; ++i) here.make_folder("stays/" + std::to_string(i));
    here.make_folder("goes");
    std::atomic<bool> over{false};
    const auto change = [](scratch_folder& here, std::atomic<bool>& over) -> task<> {
      auto work = [&] {
        for (int i = 0; !over; ++i) {
          const std::string name = "goes/" + std::to_string(i % 7);
          std::error_code ignored;
          std::filesystem::create_directories(here / (name + "/a/b"), ignored);
          std::filesystem::rename(here / (name + "/a"), here / ("goes/x" + std::to_string(i % 3)),
                                  ignored);
          std::filesystem::remove_all(here / ("goes/" + std::to_string((i + 3) % 7)), ignored);
        }
      };
      co_await offload(work);
    };
    const auto walk_often = [](scratch_folder& here, std::atomic<bool>& over) -> task<> {
      for (int round = 0; round < 50; ++round) {
        const lines found = co_await paths_in(here.path(), in_order());
        const auto stay = [](const std::string& path) { return path.starts_with("stays/"); };
        EXPECT_EQ(std::ranges::count_if(found, stay), 40);
      }
      over = true;
    };
    co_await when_all(change(here, over), walk_often(here, over));
  }(here));
}

TEST_P(fs_walk, a_cancel_at_any_turn_leaves_nothing_behind) {
  play([](scratch_folder& here) -> task<> {
    for (int i = 0; i < 3000; ++i) here.write(std::to_string(i));
    const auto all_of = [](std::string root) -> task<> {
      static_cast<void>(co_await paths_in(root, fs::walk_options()));
    };
    int met = 0;
    for (int turns = 0; turns < 60; ++turns)
      met += co_await cancelled_after(turns, all_of(here.path()));
    EXPECT_GT(met, 0);
  }(here));
}

}  // namespace
}  // namespace rondo::testing
