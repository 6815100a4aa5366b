#include <rondo/fs/copy.hpp>
#include <rondo/fs/names.hpp>
#include <rondo/fs/remove_all.hpp>
#include <rondo/fs/temporary.hpp>
#include <rondo/fs/walk.hpp>
#include <rondo/fs/watch.hpp>
#include <rondo/fs/whole_file.hpp>
#include <rondo/runtime/runtime.hpp>

#include "fs/trees.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

task<int> count_names(std::string path) {
  int count = 0;
  auto files = fs::walk(path);
  for (;;) {
    const fs::walk_entry* const file = co_await files.next();
    if (file == nullptr) break;
    ++count;
  }
  co_return count;
}

task<> make_copy_and_remove(std::string root, int number) {
  const std::string mine = root + "/" + std::to_string(number);
  co_await fs::make_folders(mine + "/a/b");
  for (int i = 0; i < 20; ++i) {
    const std::string file = mine + "/a/b/" + std::to_string(i);
    co_await fs::append(file, "text");
  }
  const fs::copy_summary copied = co_await fs::copy_tree(mine + "/a", mine + "/copy");
  EXPECT_EQ(copied.files, 20u);
  EXPECT_EQ(co_await count_names(mine), 44);
  EXPECT_EQ(co_await fs::remove_all(mine), 45u);
}

/// Counts the folders of the first level that come and go, until all have.
task<> watch_all(fs::watcher& changes, std::string root, int expected) {
  int gone = 0;
  while (gone < expected) {
    const fs::watch_event e = co_await changes.next();
    const bool is_top = e.path.find('/', root.size() + 1) == e.path.npos;
    if (e.what == fs::change::removed && e.is_folder && is_top) ++gone;
  }
}

task<> many_at_once(std::string root) {
  constexpr int tasks = 12;
  fs::watch_options how;
  how.recursive = true;
  fs::watcher changes = co_await fs::watch(root, how);
  co_await with_scope([&](scope& s) -> task<> {
    s.spawn(watch_all(changes, root, tasks));
    for (int i = 0; i < tasks; ++i) s.spawn(make_copy_and_remove(root, i));
    co_return;
  });
}

/// Tasks that go from thread to thread, all of them in one tree, with a watcher over it.
TEST(fs_on_threads, trees_are_used_by_tasks_that_move) {
  const scratch_folder here;
  run(many_at_once(here.path()), multi_thread(3));
  EXPECT_TRUE(std::filesystem::is_empty(here.path()));
}

}  // namespace
}  // namespace rondo::testing
