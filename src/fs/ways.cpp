// Which way a call goes: at once, through the ring or through the pool. Filled from
// benchmarks/micro/file_calls.cpp; the figures, and what was made of a tie, are in
// docs/design/0012-files.md.
#include <cstdint>

#include "fs/ways.hpp"

namespace rondo::fs {
namespace {

using os::file_call_kind;

/// Up to how many bytes a call is tried at once, and up to how many the ring is the better way for
/// one that has to wait.
struct row {
  std::uint64_t at_once;
  std::uint64_t ring;
};

constexpr std::uint64_t always = UINT64_MAX;
constexpr std::uint64_t small = 65536;  // copying more is better done on another processor

constexpr row never = {0, 0};
constexpr row by_ring = {0, always};
constexpr row tried_by_pool = {always, 0};
constexpr row small_ones = {small, small};

constexpr row ways[os::file_call_kinds] = {
    tried_by_pool,  // open
    by_ring,        // close
    small_ones,     // read
    never,          // write
    small_ones,     // read_vector
    never,          // write_vector
    by_ring,        // sync
    by_ring,        // data_sync
    by_ring,        // allocate
    by_ring,        // truncate
    tried_by_pool,  // stat
    never,          // rename
    never,          // link
    never,          // symlink
    never,          // unlink
    never,          // make_folder
};

std::uint64_t bytes_of(const os::file_call& call) noexcept {
  if (call.kind == file_call_kind::read) return call.size;
  if (call.kind != file_call_kind::read_vector) return 0;
  const auto* const into = static_cast<const mutable_buffer*>(call.data);
  std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < call.size; ++i) sum += into[i].size;
  return sum;
}

const row& row_of(const os::file_call& call) noexcept {
  return ways[static_cast<int>(call.kind)];
}

}  // namespace

bool is_tried_at_once(const os::file_call& call) noexcept {
  const std::uint64_t limit = row_of(call).at_once;
  return limit != 0 && bytes_of(call) <= limit;
}

bool is_better_on_ring(const os::file_call& call) noexcept {
  const std::uint64_t limit = row_of(call).ring;
  return limit != 0 && bytes_of(call) <= limit;
}

}  // namespace rondo::fs
