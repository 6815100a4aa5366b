#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <rondo/fs/file_operation.hpp>
#include <rondo/fs/open_options.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/file_system.hpp>
#include <rondo/os/socket.hpp>
#include <rondo/task/task.hpp>

namespace rondo::fs {

class file;
struct open_file;

/// An await on a file, which keeps it open until it has ended.
class file_awaiter : public file_operation {
 protected:
  file_awaiter(file& on, os::file_call_kind kind, site where) noexcept;

  bool start(task_context& context, std::coroutine_handle<> waiting);
  /// Throws where it has failed.
  void end();
  rondo::result<void> end_as_result();

  open_file* file_;  // null where it is closed; counted while the operation runs
  bool in_sequence_ = false;

 private:
  void let_go() noexcept;
  error failure() const;
  [[noreturn]] void throw_failure();

  bool counted_ = false;
};

/// Awaits that some bytes are moved.
class [[nodiscard]] transfer_awaiter : public file_awaiter {
 public:
  /// `offset` empty: at the position of the file, which moves along.
  transfer_awaiter(file& on, os::file_call_kind kind, void* data, std::size_t size,
                   std::optional<std::uint64_t> offset, site where) noexcept;
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }
  std::size_t await_resume() {
    end();
    return static_cast<std::size_t>(result);
  }
  rondo::result<std::size_t> finish();
  as_result_awaiter<transfer_awaiter> as_result() && noexcept {
    return as_result_awaiter<transfer_awaiter>(*this);
  }
};

/// Awaits that something is done.
class [[nodiscard]] done_awaiter : public file_awaiter {
 public:
  done_awaiter(file& on, os::file_call_kind kind, std::uint64_t size, std::uint64_t offset,
               std::uint32_t flags, site where) noexcept;
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }
  void await_resume() { end(); }
  rondo::result<void> finish() { return end_as_result(); }
  as_result_awaiter<done_awaiter> as_result() && noexcept {
    return as_result_awaiter<done_awaiter>(*this);
  }
};

/// A lock of a whole file, given back where this ends. See `file::lock`.
class [[nodiscard]] file_lock {
 public:
  file_lock() noexcept = default;
  file_lock(file_lock&& other) noexcept : file_(std::exchange(other.file_, nullptr)) {}
  file_lock& operator=(file_lock&& other) noexcept {
    std::swap(file_, other.file_);
    return *this;
  }
  ~file_lock() { unlock(); }

  explicit operator bool() const noexcept { return file_ != nullptr; }
  void unlock() noexcept;

 private:
  friend class file;
  explicit file_lock(open_file& of) noexcept;

  open_file* file_ = nullptr;
};

/// An open file. What it reads and writes never blocks the loop: see `file_operation`.
///
/// Thread: that of the task that uses it; operations at given places (`read_at`, ...) may be
/// awaited by several tasks at once, those at the position one at a time. Lifetime: within the
/// loop's. An operation that is awaited keeps the file open, whatever becomes of this object.
///
/// All operations throw `error`, which names the path; a cancel that finds one not begun throws
/// `cancelled`, and nothing was done. See `file_operation`.
class file {
  using site = std::source_location;

 public:
  file() noexcept = default;  ///< closed
  file(file&& other) noexcept : open_(std::exchange(other.open_, nullptr)) {}
  file& operator=(file&& other) noexcept {
    std::swap(open_, other.open_);
    return *this;
  }
  /// Closes it, and reports nothing. One that was written to is closed by a thread of the pool,
  /// since that may wait for a disk.
  ~file();

  /// Opens a file, or a device that has places. Fails for folders, fifos and sockets; never waits
  /// for a fifo's other end.
  RONDO_OWNING_WRAPPER static task<file> open(std::string_view path, open_options how = reading());
  /// The same as `open(path, writing())`.
  RONDO_OWNING_WRAPPER static task<file> create(std::string_view path);
  /// Takes over a file that was opened elsewhere to be read and written. `path` is what errors call
  /// it.
  static file adopt(loop& home, os::fd opened, std::string_view path);

  bool is_open() const noexcept { return open_ != nullptr; }
  /// As given to `open`.
  std::string_view path() const noexcept;
  /// For what has no name here. Still owned by the file.
  int descriptor() const noexcept;
  /// Where the next `read` or `write` begins, from 0 on. Writes to a file opened for appending go
  /// to its end all the same.
  std::uint64_t position() const noexcept;
  void seek(std::uint64_t position) noexcept;

  /// Some bytes, at least one; 0 at the end of the file, or for no room.
  transfer_awaiter read(std::span<std::byte> into, site where = site::current()) noexcept {
    return {*this, os::file_call_kind::read, into.data(), into.size(), std::nullopt, where};
  }
  transfer_awaiter read_at(std::span<std::byte> into, std::uint64_t offset,
                           site where = site::current()) noexcept {
    return {*this, os::file_call_kind::read, into.data(), into.size(), offset, where};
  }
  /// The same into several buffers, one after the other. `into` stays in place meanwhile.
  transfer_awaiter read_vector_at(std::span<const mutable_buffer> into, std::uint64_t offset,
                                  site where = site::current()) noexcept {
    return {*this,
            os::file_call_kind::read_vector,
            const_cast<mutable_buffer*>(into.data()),
            into.size(),
            offset,
            where};
  }
  /// Some of these bytes, at least one unless there are none.
  transfer_awaiter write(std::span<const std::byte> bytes, site where = site::current()) noexcept {
    return {*this,
            os::file_call_kind::write,
            const_cast<std::byte*>(bytes.data()),
            bytes.size(),
            std::nullopt,
            where};
  }
  transfer_awaiter write_at(std::span<const std::byte> bytes, std::uint64_t offset,
                            site where = site::current()) noexcept {
    return {*this,
            os::file_call_kind::write,
            const_cast<std::byte*>(bytes.data()),
            bytes.size(),
            offset,
            where};
  }
  transfer_awaiter write_vector_at(std::span<const const_buffer> pieces, std::uint64_t offset,
                                   site where = site::current()) noexcept {
    return {*this,
            os::file_call_kind::write_vector,
            const_cast<const_buffer*>(pieces.data()),
            pieces.size(),
            offset,
            where};
  }

  /// All of it, in as many steps as it takes, more than 2 GiB too. `errc::end_of_stream` where the
  /// file ends before. After a failure or a cancel some of it may have been moved; the position
  /// says how much. The memory stays in place until it is awaited.
  task<> read_exact(std::span<std::byte> into);
  task<> read_exact_at(std::span<std::byte> into, std::uint64_t offset);
  task<> write_all(std::span<const std::byte> bytes);
  RONDO_COROUTINE_WRAPPER task<> write_all(std::string_view text);
  task<> write_all_at(std::span<const std::byte> bytes, std::uint64_t offset);

  /// Waits until all of it is on the disk: bytes, size and status.
  done_awaiter sync(site where = site::current()) noexcept {
    return {*this, os::file_call_kind::sync, 0, 0, 0, where};
  }
  /// Bytes and size only, which may save a write.
  done_awaiter data_sync(site where = site::current()) noexcept {
    return {*this, os::file_call_kind::data_sync, 0, 0, 0, where};
  }
  /// Cuts it off there, or fills it up with zeros, which take no room on the disk.
  done_awaiter resize(std::uint64_t size, site where = site::current()) noexcept {
    return {*this, os::file_call_kind::truncate, size, 0, 0, where};
  }
  /// Takes room on the disk for `size` bytes from `offset` on, so that writing there can't fail for
  /// lack of it; the file grows where it must. `errc::not_supported` where the file system can't.
  done_awaiter allocate(std::uint64_t offset, std::uint64_t size,
                        site where = site::current()) noexcept {
    return {*this, os::file_call_kind::allocate, size, offset, os::allocate_and_grow, where};
  }
  /// Gives the room of these bytes back to the disk; they read as zeros.
  done_awaiter punch_hole(std::uint64_t offset, std::uint64_t size,
                          site where = site::current()) noexcept {
    return {*this, os::file_call_kind::allocate, size, offset, os::allocate_hole, where};
  }

  /// 0 for files that don't tell, as those of /proc. A hint, since others may write to it.
  std::uint64_t size_when_opened() const noexcept;
  task<os::file_info> status();
  task<std::uint64_t> size();
  /// Says what reads will be like. `size` 0: to the end.
  task<> advise(os::access_pattern pattern, std::uint64_t offset = 0, std::uint64_t size = 0);

  /// The lock of flock(2), which all who open the file may ask for, this process included: one
  /// holds it exclusively or several share it. It binds only those who ask. Waits by asking again,
  /// up to 50 ms apart, so that a cancel or a deadline ends it and no thread hangs; nobody is first
  /// in line.
  task<file_lock> lock(os::file_lock_kind kind = os::file_lock_kind::exclusive);
  /// Empty where somebody else has it.
  file_lock try_lock(os::file_lock_kind kind = os::file_lock_kind::exclusive);

  /// Closes it, and reports what the file system has kept back until now (a full disk on a network
  /// file system). `errc::busy`, and it stays open, while an operation is awaited or a lock is
  /// held. Closed it is also where this fails otherwise. Nothing where it is closed already.
  task<> close();

 private:
  friend class file_awaiter;
  explicit file(open_file& opened) noexcept : open_(&opened) {}
  static task<file> open_copied(std::string path, open_options how);
  open_file& must_be_open(std::string_view operation) const;

  open_file* open_ = nullptr;
};

}  // namespace rondo::fs
