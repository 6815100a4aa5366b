// Which way a call goes: at once, through the ring or through the pool.
#include <cstdint>

#include "fs/ways.hpp"

namespace rondo::fs {
namespace {

using os::file_call_kind;

struct row {
  std::uint64_t at_once_up_to;  ///< bytes; 0: never
  bool ring;
};

constexpr std::uint64_t always = UINT64_MAX;
constexpr std::uint64_t never = 0;

constexpr row ways[os::file_call_kinds] = {
    {always, false},     // open
    {never, false},      // close
    {64 * 1024, false},  // read
    {never, false},      // write
    {64 * 1024, false},  // read_vector
    {never, false},      // write_vector
    {never, true},       // sync
    {never, true},       // data_sync
    {never, false},      // allocate
    {never, false},      // truncate
    {always, false},     // stat
    {never, false},      // rename
    {never, false},      // link
    {never, false},      // symlink
    {never, false},      // unlink
    {never, false},      // make_folder
};

const row& row_of(const os::file_call& call) noexcept {
  return ways[static_cast<int>(call.kind)];
}

}  // namespace

bool is_tried_at_once(const os::file_call& call) noexcept {
  const row& r = row_of(call);
  return r.at_once_up_to != never && call.size <= r.at_once_up_to;
}

bool is_better_on_ring(const os::file_call& call) noexcept {
  return row_of(call).ring;
}

}  // namespace rondo::fs
