// An open file: its life, and what takes several steps.
#include <rondo/async/offload.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/base/backoff.hpp>
#include <rondo/base/owned.hpp>
#include <rondo/base/thread_token.hpp>
#include <rondo/fs/file.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/task/this_task.hpp>

#include "fs/on_pool.hpp"
#include "fs/open_file.hpp"

namespace rondo::fs {
namespace {

error wrong_kind(const std::string& path, const char* what) {
  return error(errc::not_supported, "open " + path + ": it is " + what +
                                        ", no file; see rondo/pipe and rondo/net for streams");
}

/// No file system does that; an endless loop would be worse than this.
error wrote_nothing(std::string_view path) {
  return os::make_error(errc::io_failed, "write to", path);
}

void check_kind(const std::string& path, os::opened_kind kind) {
  switch (kind) {
    case os::opened_kind::file:
      return;
    case os::opened_kind::folder:
      throw os::make_error(errc::is_a_directory, "open", path);
    case os::opened_kind::fifo:
      throw wrong_kind(path, "a fifo");
    case os::opened_kind::socket:
      throw wrong_kind(path, "a socket");
  }
}

}  // namespace

// Life -----------------------------------------------------------------------------------------

task<file> file::open(std::string_view path, open_options how) {
  return open_copied(std::string(path), how);
}

task<file> file::create(std::string_view path) {
  return open_copied(std::string(path), writing());
}

task<file> file::open_copied(std::string path, open_options how) {
  const bool cut = path.find('\0') != path.npos;  // the kernel would open what stands before it
  if (cut) throw os::make_error(errc::invalid_argument, "open", "a path with a zero byte in it");
  auto made = make_owned<open_file>();
  os::file_call call;
  call.kind = os::file_call_kind::open;
  call.fd = how.folder();
  call.path = path.c_str();
  call.flags = os::native_flags(how.flags());
  call.mode = how.mode();
  const int opened = co_await file_operation(call);
  if (opened == os::nobody_reads) throw wrong_kind(path, "a fifo that nobody reads, or a socket");
  throw_if_failed(opened, "open", path);
  os::fd holder(opened);
  os::opened found;
  throw_if_failed(os::look_at_opened(opened, how.flags(), found), "open", path);
  check_kind(path, found.kind);
  made->fd = holder.release();
  made->path = std::move(path);
  made->size_hint = found.size;
  made->is_for_writing = os::has(how.flags(), os::open_flag::write);
  // Behind the await, which may have ended on another thread than it began on.
  made->home = &co_await this_loop();
  made->thread = this_thread_token();
  co_return file(*made.release());
}

file file::adopt(loop& home, os::fd opened, std::string_view path) {
  auto made = make_owned<open_file>();
  made->path = path;
  made->fd = opened.release();
  made->is_for_writing = true;
  made->home = &home;
  return file(*made.release());
}

file::~file() {
  if (open_ != nullptr) open_->leave();
}

std::string_view file::path() const noexcept {
  return open_ != nullptr ? std::string_view(open_->path) : std::string_view();
}
int file::descriptor() const noexcept {
  return open_ != nullptr ? open_->fd : -1;
}
std::uint64_t file::position() const noexcept {
  return open_ != nullptr ? open_->position : 0;
}
void file::seek(std::uint64_t position) noexcept {
  if (open_ != nullptr) open_->position = position;
}

std::uint64_t file::size_when_opened() const noexcept {
  return open_ != nullptr ? open_->size_hint : 0;
}

open_file& file::must_be_open(std::string_view operation) const {
  if (open_ == nullptr) throw os::make_error(errc::closed, operation, "a closed file");
  return *open_;
}

task<> file::close() {
  if (open_ == nullptr) co_return;
  if (!open_->is_used_by_one()) {
    throw os::make_error(errc::busy, "close",
                         open_->path + ", which an operation or a lock still uses");
  }
  os::file_call call;
  call.kind = os::file_call_kind::close;
  call.fd = open_->fd;
  file closing = std::move(*this);  // so that nobody begins anything on it meanwhile
  const int result = co_await file_operation(call).as_result();
  if (result == os::cancelled) {
    *this = std::move(closing);
    co_await check_cancelled();
    throw os::make_error(errc::closed, "close", open_->path + ", on a pool that was shut down");
  }
  closing.open_->fd = -1;
  throw_if_failed(result, "close", closing.open_->path);
}

// Several steps --------------------------------------------------------------------------------

task<> file::read_exact(std::span<std::byte> into) {
  while (!into.empty()) {
    const std::size_t got = co_await read(into);
    if (got == 0) throw os::make_error(errc::end_of_stream, "read from", path());
    into = into.subspan(got);
  }
}

task<> file::read_exact_at(std::span<std::byte> into, std::uint64_t offset) {
  while (!into.empty()) {
    const std::size_t got = co_await read_at(into, offset);
    if (got == 0) throw os::make_error(errc::end_of_stream, "read from", path());
    into = into.subspan(got);
    offset += got;
  }
}

task<> file::write_all(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const std::size_t got = co_await write(bytes);
    if (got == 0) throw wrote_nothing(path());
    bytes = bytes.subspan(got);
  }
}

task<> file::write_all(std::string_view text) {
  return write_all(std::as_bytes(std::span(text)));
}

task<> file::write_all_at(std::span<const std::byte> bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const std::size_t got = co_await write_at(bytes, offset);
    if (got == 0) throw wrote_nothing(path());
    bytes = bytes.subspan(got);
    offset += got;
  }
}

// What is known of it --------------------------------------------------------------------------

task<os::file_info> file::status() {
  open_file& on = must_be_open("look at");
  os::status_memory told;
  os::file_call call;
  call.kind = os::file_call_kind::stat;
  call.fd = on.fd;
  call.data = &told;
  const int result = co_await file_operation(call);
  throw_if_failed(result, "look at", on.path);
  co_return os::info_from(told);
}

task<std::uint64_t> file::size() {
  const os::file_info info = co_await status();
  co_return info.size;
}

task<> file::advise(os::access_pattern pattern, std::uint64_t offset, std::uint64_t size) {
  open_file& on = must_be_open("advise about");
  auto say = [&] { return os::advise_file(on.fd, offset, size, pattern); };
  const int result = co_await offload(on_pool("advise"), say);
  throw_if_failed(result, "advise about", on.path);
}

// Locks ----------------------------------------------------------------------------------------

file_lock::file_lock(open_file& of) noexcept : file_(&of) {
  of.keep();
}

void file_lock::unlock() noexcept {
  if (file_ == nullptr) return;
  os::try_lock_file(file_->fd, os::file_lock_kind::none);
  std::exchange(file_, nullptr)->leave();
}

file_lock file::try_lock(os::file_lock_kind kind) {
  open_file& on = must_be_open("lock");
  const int result = os::try_lock_file(on.fd, kind);
  if (result == os::would_block) return {};
  throw_if_failed(result, "lock", on.path);
  return file_lock(on);
}

task<file_lock> file::lock(os::file_lock_kind kind) {
  backoff pause(duration::milliseconds(1), duration::milliseconds(50));
  for (;;) {
    co_await check_cancelled();
    file_lock held = try_lock(kind);
    if (held) co_return held;
    co_await sleep_for(pause.next());
  }
}

}  // namespace rondo::fs
