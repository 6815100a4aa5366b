// Whole files: read until the end says so, and not the size; written beside the old one, and
// renamed.
#include <algorithm>
#include <exception>

#include <rondo/fs/file.hpp>
#include <rondo/fs/names.hpp>
#include <rondo/fs/whole_file.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/task/shield.hpp>

#include "fs/on_pool.hpp"
#include "fs/temporary_name.hpp"

namespace rondo::fs {
namespace {

// Memory is made in steps of this size, so that neither a cancel nor the loop waits for all of it:
// filling a mebibyte with zeros for the first time takes 0.2 ms.
constexpr std::size_t step = std::size_t{1} << 20;
constexpr std::size_t least_room = 4096;

template <class Bytes>
task<Bytes> read_whole(std::string path, std::uint64_t limit) {
  file from = co_await file::open(path);
  Bytes all;
  std::size_t filled = 0;
  // One more than it should take: then the read that finds the end has room.
  const std::uint64_t expected = std::min(from.size_when_opened(), limit) + 1;
  all.reserve(static_cast<std::size_t>(expected));
  for (;;) {
    if (filled == all.size()) {
      const std::size_t left = all.capacity() - filled;
      all.resize(filled + std::clamp(left, std::min(least_room, step), step));
    }
    const auto room = std::as_writable_bytes(std::span(all)).subspan(filled);
    const std::size_t got = co_await from.read(room);
    if (got == 0) break;
    filled += got;
    if (filled > limit) {
      throw os::make_error(errc::file_too_large, "read",
                           path + ", of more than " + std::to_string(limit) + " bytes");
    }
  }
  all.resize(filled);
  co_return all;
}

// Replacing a file -----------------------------------------------------------------------------

std::string_view folder_of(std::string_view path) noexcept {
  const std::size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// The permissions of what is there; empty where nothing is.
task<std::optional<unsigned>> permissions_of(const std::string& path) {
  os::status_memory told;
  os::file_call call;
  call.kind = os::file_call_kind::stat;
  call.fd = os::working_folder;
  call.path = path.c_str();
  call.data = &told;
  const int result = co_await file_operation(call);
  if (result < 0) co_return std::nullopt;
  co_return os::info_from(told).permissions;
}

/// So that the names in it are on the disk.
task<> sync_folder(std::string path) {
  os::file_call call;
  call.kind = os::file_call_kind::open;
  call.fd = os::working_folder;
  call.path = path.c_str();
  call.flags = os::native_flags(os::open_flag::folder);
  const int opened = co_await file_operation(call);
  throw_if_failed(opened, "open", path);
  const os::fd folder(opened);
  os::file_call sync;
  sync.kind = os::file_call_kind::sync;
  sync.fd = folder.get();
  const int synced = co_await file_operation(sync);
  throw_if_failed(synced, "sync", path);
}

task<> remove_quietly(std::string path) {
  os::file_call call;
  call.kind = os::file_call_kind::unlink;
  call.fd = os::working_folder;
  call.path = path.c_str();
  static_cast<void>(co_await file_operation(call));
}

task<> fill(file& to, std::span<const std::byte> bytes, std::optional<unsigned> permissions,
            bool durable) {
  co_await to.write_all(bytes);
  if (permissions) co_await chmod(to.path(), *permissions);
  if (durable) co_await to.sync();
  co_await to.close();
}

task<> replace(std::string path, std::span<const std::byte> bytes, write_options how) {
  const std::string beside = temporary_name(path);
  const std::optional<unsigned> kept = co_await permissions_of(path);
  const unsigned at_first = kept ? 0600 : how.permissions;
  file to = co_await file::open(beside, open_options().write().create_new().permissions(at_first));
  std::exception_ptr failure;
  try {
    co_await fill(to, bytes, kept, how.durable);
    co_await rename(beside, path);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    co_await shield(remove_quietly(beside));
    std::rethrow_exception(failure);
  }
  // It is done: a cancel that comes now is for the next await.
  if (how.durable) co_await shield(sync_folder(std::string(folder_of(path))));
}

task<> append_to(std::string path, std::span<const std::byte> bytes) {
  file to = co_await file::open(path, appending());
  co_await to.write_all(bytes);
  co_await to.close();
}

}  // namespace

task<std::vector<std::byte>> read_all(std::string_view path, std::uint64_t limit) {
  return read_whole<std::vector<std::byte>>(std::string(path), limit);
}
task<std::string> read_text(std::string_view path, std::uint64_t limit) {
  return read_whole<std::string>(std::string(path), limit);
}

task<> write_all(std::string_view path, std::span<const std::byte> bytes, write_options how) {
  return replace(std::string(path), bytes, how);
}
task<> write_all(std::string_view path, std::string_view text, write_options how) {
  return replace(std::string(path), std::as_bytes(std::span(text)), how);
}

task<> append(std::string_view path, std::span<const std::byte> bytes) {
  return append_to(std::string(path), bytes);
}
task<> append(std::string_view path, std::string_view text) {
  return append_to(std::string(path), std::as_bytes(std::span(text)));
}

}  // namespace rondo::fs
