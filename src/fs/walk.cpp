// A walk as a generator: batches are read on the pool, and handed out one by one on the loop.
#include <utility>
#include <vector>

#include <rondo/fs/walk.hpp>

#include "fs/on_pool.hpp"
#include "fs/tree_walker.hpp"

namespace rondo::fs {

namespace {

async_generator<walk_entry&> entries_of(std::string path, walk_options how) {
  tree_walker tree(std::move(path), how);
  std::vector<walk_entry> batch;
  unsigned skipped = tree_walker::nowhere;  // the depth of the folder whose names don't count
  for (;;) {
    auto read = [&](stop_flag stop) { return tree.fill(batch, skipped, stop); };
    if (const bool has_more = co_await offload(on_pool("walk"), read); !has_more) co_return;
    skipped = tree_walker::nowhere;
    for (walk_entry& entry : batch) {
      if (entry.depth > skipped) continue;  // was read before the consumer said so
      skipped = tree_walker::nowhere;
      if (entry.failure && !how.report_failures) throw std::move(*entry.failure);
      co_yield entry;
      if (entry.is_skipped) skipped = entry.depth;
    }
  }
}

}  // namespace

async_generator<walk_entry&> walk(std::string_view path, walk_options how) {
  return entries_of(std::string(path), how);
}

}  // namespace rondo::fs
