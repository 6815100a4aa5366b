// Calls of the file system. Unlike what waits at a socket they are in no order and belong to no
// side of a descriptor: each is a request of its own, and they are kept in one list. The kernel
// tries a call when it is handed over, and leaves what would wait for a disk to a worker of its
// own. From there a call may come back cancelled only where it had not begun, or where it waits for
// something that a signal interrupts.
#include <errno.h>

#include <algorithm>

#include <rondo/os/errors.hpp>

#include "io/uring_engine.hpp"

namespace rondo::io {
namespace {

using os::file_call_kind;

std::uint8_t opcode_of(file_call_kind kind) noexcept {
  static constexpr std::uint8_t opcodes[os::file_call_kinds] = {
      abi::op_openat,    abi::op_close,     abi::op_read,     abi::op_write,
      abi::op_readv,     abi::op_writev,    abi::op_fsync,    abi::op_fsync,
      abi::op_fallocate, abi::op_ftruncate, abi::op_statx,    abi::op_renameat,
      abi::op_linkat,    abi::op_symlinkat, abi::op_unlinkat, abi::op_mkdirat};
  return opcodes[static_cast<int>(kind)];
}

/// What a call moves: bytes or buffers, in the 32 bits that an entry has for it.
std::uint32_t amount(const file_call& c) noexcept {
  return static_cast<std::uint32_t>(std::min(c.size, os::most_bytes_a_call));
}

/// All the words for the flags of an opcode are one word, of which `rw_flags` is the oldest name.
void set_flags(io_uring_sqe& entry, std::uint32_t flags) noexcept {
  entry.rw_flags = static_cast<__kernel_rwf_t>(flags);
}

/// See io_uring_enter(2), "the following are valid operations".
void fill_for_file(io_uring_sqe& entry, const file_call& c) noexcept {
  switch (c.kind) {
    case file_call_kind::read:
    case file_call_kind::write:
    case file_call_kind::read_vector:
    case file_call_kind::write_vector:
      entry.addr = address_of(c.data);
      entry.len = amount(c);
      entry.off = c.offset;
      break;
    case file_call_kind::data_sync:
      set_flags(entry, abi::fsync_datasync);
      break;
    case file_call_kind::allocate:
      entry.off = c.offset;
      entry.addr = c.size;
      entry.len = c.flags;
      break;
    case file_call_kind::truncate:
      entry.off = c.size;
      break;
    default:
      break;
  }
}

void fill_for_path(io_uring_sqe& entry, const file_call& c) noexcept {
  entry.addr = address_of(c.path);
  if (c.kind != file_call_kind::symlink && c.kind != file_call_kind::make_folder) {
    set_flags(entry, c.flags);
  }
  switch (c.kind) {
    case file_call_kind::open:
    case file_call_kind::make_folder:
      entry.len = c.mode;
      break;
    case file_call_kind::stat:
      entry.len = os::status_wanted;
      entry.off = address_of(c.data);
      set_flags(entry, os::status_flags(c));
      break;
    case file_call_kind::rename:
    case file_call_kind::link:
      entry.len = static_cast<std::uint32_t>(c.other_folder);
      entry.addr2 = address_of(c.other_path);
      break;
    case file_call_kind::symlink:
      entry.fd = c.other_folder;
      entry.addr2 = address_of(c.other_path);
      break;
    default:
      break;
  }
}

bool has_path(file_call_kind kind) noexcept {
  return kind == file_call_kind::open || kind >= file_call_kind::stat;
}

bool is_on(const file_call& c, int fd) noexcept {
  return fd >= 0 && (c.fd == fd || c.other_folder == fd);
}

}  // namespace

bool uring_engine::takes(os::file_call_kind call) const noexcept {
  return call != file_call_kind::truncate || can_truncate_;
}

submission uring_engine::submit_call(op& o) noexcept {
  file_call& c = call_of(o);
  if (!takes(c.kind)) {
    o.result = os::not_supported;
    return submission::done;
  }
  io_uring_sqe& entry = request(opcode_of(c.kind), c.fd, label(o, tag::single));
  if (has_path(c.kind)) {
    fill_for_path(entry, c);
  } else {
    fill_for_file(entry, c);
  }
  c.asked_by = &o;
  calls_.push_back(c);
  o.at = op::stage::in_kernel;
  return submission::pending;
}

void uring_engine::on_call(op& o, std::int32_t result) noexcept {
  file_call& c = call_of(o);
  c.unlink();
  // A worker of the kernel was interrupted before it had done anything.
  if (result == -EINTR && o.cancel_asked) result = os::cancelled;
  finish(o, result);
  if (closing_ == 0) return;
  for (const int fd : {c.fd, c.other_folder}) {
    if (uring_slot* const s = slots_.find(fd); s != nullptr) close_if_released(*s, fd);
  }
}

/// True where there is any.
bool uring_engine::cancel_calls_on(int fd) noexcept {
  bool any = false;
  calls_.for_each([&](file_call& c) {
    if (!is_on(c, fd)) return;
    any = true;
    if (!c.asked_by->cancel_asked) cancel_in_kernel(*c.asked_by);
  });
  return any;
}

bool uring_engine::has_call_on(int fd) const noexcept {
  bool any = false;
  calls_.for_each([&](const file_call& c) { any = any || is_on(c, fd); });
  return any;
}

}  // namespace rondo::io
