// A tree goes in turns on the pool, so that others get its threads and a cancel is met.
#include <string>

#include <rondo/fs/remove_all.hpp>

#include "fs/on_pool.hpp"
#include "fs/tree_remover.hpp"

namespace rondo::fs {

namespace {

task<std::uint64_t> remove_tree(std::string path) {
  tree_remover tree(std::move(path));
  auto go_on = [&](stop_flag stop) { return tree.go_on(stop); };
  bool has_more = true;
  while (has_more) has_more = co_await offload(on_pool("remove_all"), go_on);
  co_return tree.count();
}

}  // namespace

task<std::uint64_t> remove_all(std::string_view path) {
  return remove_tree(std::string(path));
}

}  // namespace rondo::fs
