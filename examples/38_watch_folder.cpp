// Watching a folder with all below it: what a program that builds, syncs or reloads begins with. A
// folder that appears with files in it is told with them, and a move is one event.
#include <cstdio>
#include <string>

#include <rondo/async/run.hpp>
#include <rondo/fs/names.hpp>
#include <rondo/fs/temporary.hpp>
#include <rondo/fs/watch.hpp>
#include <rondo/fs/whole_file.hpp>
#include <rondo/task/scope.hpp>

namespace fs = rondo::fs;

std::string below(const std::string& root, const std::string& path) {
  return path.starts_with(root + "/") ? path.substr(root.size() + 1) : path;
}

/// Tells what happens, until a file called "enough" is there.
rondo::task<> tell_changes(fs::watcher& changes, std::string root) {
  for (;;) {
    const fs::watch_event e = co_await changes.next();
    if (e.path.ends_with("/enough")) co_return;
    std::printf("%s %s", to_string(e.what), below(root, e.path).c_str());
    if (e.what == fs::change::moved) std::printf(" from %s", below(root, e.from).c_str());
    std::printf("%s\n", e.is_folder ? ", a folder" : "");
  }
}

rondo::task<> amain() {
  fs::temporary_folder folder = co_await fs::temporary_folder::make();
  fs::watch_options how;
  how.recursive = true;
  how.each_write = false;  // that a file was closed says enough
  fs::watcher changes = co_await fs::watch(folder.path(), how);

  co_await rondo::with_scope([&](rondo::scope& s) -> rondo::task<> {
    s.spawn(tell_changes(changes, folder.path()));
    co_await fs::make_folder(folder / "drafts");
    co_await fs::append(folder / "drafts/letter", "Dear Ann,\n");
    co_await fs::rename(folder / "drafts", folder / "sent");
    co_await fs::unlink(folder / "sent/letter");
    co_await fs::symlink("nowhere", folder / "enough");
  });
  co_await folder.remove();
}

int main() {
  rondo::run(amain());
}
