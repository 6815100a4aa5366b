// What takes the room in a tree: the bytes below each of its folders, the largest first. The walk
// itself holds a thousand names at most, however large the tree is.
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/fs/names.hpp>
#include <rondo/fs/temporary.hpp>
#include <rondo/fs/walk.hpp>
#include <rondo/fs/whole_file.hpp>

namespace fs = rondo::fs;

/// The folder of the first level that a path lies in.
std::string top_of(const std::string& path, std::size_t prefix) {
  const std::size_t slash = path.find('/', prefix);
  return slash == path.npos ? "." : path.substr(prefix, slash - prefix);
}

rondo::task<> show_sizes(std::string root) {
  std::map<std::string, unsigned long long> bytes;
  fs::walk_options how;
  how.with_info = true;
  how.report_failures = true;
  auto files = fs::walk(root, how);
  while (fs::walk_entry* file = co_await files.next()) {
    if (file->failure) std::printf("%s\n", file->failure->what());
    if (file->name() == ".git") file->skip();
    if (file->info && file->info->is_regular()) {
      bytes[top_of(file->path, root.size() + 1)] += file->info->size;
    }
  }
  std::vector<std::pair<std::string, unsigned long long>> sorted(bytes.begin(), bytes.end());
  std::ranges::sort(sorted, std::greater(), [](const auto& each) { return each.second; });
  for (const auto& [name, size] : sorted) std::printf("%8llu %s\n", size, name.c_str());
}

/// A small tree to look at, where none is named.
rondo::task<> show_an_example() {
  fs::temporary_folder tree = co_await fs::temporary_folder::make();
  for (const char* const folder : {"src/base", "docs", ".git"}) {
    co_await fs::make_folders(tree / folder);
  }
  co_await fs::write_all(tree / "src/base/large.cpp", std::string(5000, ' '));
  co_await fs::write_all(tree / "src/small.cpp", std::string(20, ' '));
  co_await fs::write_all(tree / "docs/guide.md", std::string(700, ' '));
  co_await fs::write_all(tree / "README.md", std::string(80, ' '));
  co_await fs::write_all(tree / ".git/not counted", std::string(9000, ' '));
  co_await show_sizes(tree.path());
  co_await tree.remove();
}

int main(int argc, char** argv) {
  rondo::run(argc > 1 ? show_sizes(argv[1]) : show_an_example());
}
