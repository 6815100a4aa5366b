// One folder: its names.
#include <utility>

#include <rondo/fs/folder.hpp>

#include "fs/folder_reader.hpp"
#include "fs/on_pool.hpp"

namespace rondo::fs {

namespace {

int read_all_names(const std::string& path, std::vector<folder_entry>& names) {
  const int opened = os::open_folder_at(os::working_folder, path, os::links::follow);
  if (opened < 0) return opened;
  folder_reader reader{os::fd(opened)};
  os::raw_name found;
  for (;;) {
    const int outcome = reader.next(found);
    if (outcome <= 0) return outcome;
    os::file_info info;
    const bool must_ask = found.type == os::file_type::unknown;
    if (must_ask && os::status_at(opened, found.name, os::links::keep, info) == 0) {
      found.type = info.type;
    }
    names.emplace_back(found.name, found.type, found.inode);
  }
}

task<std::vector<folder_entry>> names_in(std::string path) {
  std::vector<folder_entry> names;
  auto read = [&] { return read_all_names(path, names); };
  const int outcome = co_await offload(on_pool("list"), read);
  throw_if_failed(outcome, "list", path);
  co_return names;
}

}  // namespace

task<std::vector<folder_entry>> list(std::string_view path) {
  return names_in(std::string(path));
}

}  // namespace rondo::fs
