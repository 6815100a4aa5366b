// Awaiting what is asked of an open file: keeping it open, moving its position, and saying what
// went wrong.
#include <rondo/base/assert.hpp>
#include <rondo/fs/file.hpp>
#include <rondo/os/errors.hpp>

#include "fs/open_file.hpp"

namespace rondo::fs {
namespace {

using os::file_call_kind;

const char* verb_of(file_call_kind kind) noexcept {
  switch (kind) {
    case file_call_kind::read:
    case file_call_kind::read_vector:
      return "read from";
    case file_call_kind::write:
    case file_call_kind::write_vector:
      return "write to";
    case file_call_kind::truncate:
      return "resize";
    case file_call_kind::allocate:
      return "allocate room in";
    default:
      return "sync";
  }
}

os::file_call call_of(file_call_kind kind, const open_file* on) noexcept {
  os::file_call c;
  c.kind = kind;
  if (on != nullptr) c.fd = on->fd;
  return c;
}

}  // namespace

file_awaiter::file_awaiter(file& on, file_call_kind kind, site where) noexcept
    : file_operation(call_of(kind, on.open_), way::measured, where), file_(on.open_) {}

bool file_awaiter::start(task_context& context, std::coroutine_handle<> waiting) {
  if (file_ == nullptr) return start_with(context, os::bad_descriptor);
  if (in_sequence_) {
    RONDO_ASSERT(!file_->position_is_in_use);  // two tasks read or write at the position
    file_->position_is_in_use = true;
    call().offset = file_->position;
  }
  file_->keep();
  counted_ = true;
  try {
    return file_operation::start(context, waiting);
  } catch (...) {
    let_go();
    throw;
  }
}

void file_awaiter::let_go() noexcept {
  if (!counted_) return;
  counted_ = false;
  if (in_sequence_) {
    file_->position_is_in_use = false;
    if (result > 0) file_->position += static_cast<std::uint64_t>(result);
  }
  file_->leave();
}

error file_awaiter::failure() const {
  const char* const verb = verb_of(call().kind);
  if (file_ == nullptr) return os::make_error(errc::closed, verb, "a closed file");
  if (result == os::cancelled && !was_cancelled()) {
    return os::make_error(errc::closed, verb, file_->path + ", on a pool that was shut down");
  }
  return os::make_error(result, verb, file_->path);
}

void file_awaiter::throw_failure() {
  if (was_cancelled()) {
    let_go();
    context().throw_cancelled();
  }
  const error failed = failure();
  let_go();
  throw error(failed);
}

void file_awaiter::end() {
  file_operation::finish();
  if (result < 0) [[unlikely]]
    throw_failure();
  let_go();
}

rondo::result<void> file_awaiter::end_as_result() {
  file_operation::finish();
  if (result >= 0) {
    let_go();
    return {};
  }
  error failed = failure();
  let_go();
  return std::unexpected(std::move(failed));
}

transfer_awaiter::transfer_awaiter(file& on, file_call_kind kind, void* data, std::size_t size,
                                   std::optional<std::uint64_t> offset, site where) noexcept
    : file_awaiter(on, kind, where) {
  call().data = data;
  call().size = size;
  call().offset = offset.value_or(0);
  in_sequence_ = !offset;
}

rondo::result<std::size_t> transfer_awaiter::finish() {
  const rondo::result<void> ended = end_as_result();
  if (!ended) return std::unexpected(ended.error());
  return static_cast<std::size_t>(result);
}

done_awaiter::done_awaiter(file& on, file_call_kind kind, std::uint64_t size, std::uint64_t offset,
                           std::uint32_t flags, site where) noexcept
    : file_awaiter(on, kind, where) {
  call().size = size;
  call().offset = offset;
  call().flags = flags;
}

}  // namespace rondo::fs
