#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include <rondo/fs/file.hpp>

namespace rondo::fs {

/// A part of a file as memory. What is touched for the first time is read then, by whichever thread
/// touches it, which waits for the disk: a loop had better map what is cached, or ask `load` first.
///
/// Where somebody else cuts the file off, or the disk fails, touching what is gone raises SIGBUS,
/// which ends the process: map files that only you change, and read the others.
///
/// Thread: any, as that of other memory. It does not need the file any more.
class memory_map {
 public:
  memory_map() noexcept = default;  ///< empty
  memory_map(memory_map&& other) noexcept
      : address_(std::exchange(other.address_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        lead_(std::exchange(other.lead_, 0)) {}
  memory_map& operator=(memory_map&& other) noexcept {
    std::swap(address_, other.address_);
    std::swap(size_, other.size_);
    std::swap(lead_, other.lead_);
    return *this;
  }
  /// What was written to a shared one gets to the disk when the system finds time.
  ~memory_map();

  /// Maps `size` bytes from `offset` on; 0: to the end of the file, and empty for an empty one.
  /// Fails with `errc::invalid_argument` where the file ends before. The file was opened for
  /// reading, and for writing too where the mode is `shared`.
  static task<memory_map> of(file& which, os::map_mode mode = os::map_mode::read,
                             std::uint64_t offset = 0, std::size_t size = 0);
  /// All of a file, to be read.
  RONDO_OWNING_WRAPPER static task<memory_map> open(std::string_view path);

  std::span<const std::byte> bytes() const noexcept { return {data(), size_}; }
  /// To be written to, where the mode is not `read`.
  std::span<std::byte> writable() noexcept { return {data(), size_}; }
  std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data()), size_}; }
  std::size_t size() const noexcept { return size_; }

  /// Waits on the pool until what was written to a shared one is on the disk.
  task<> sync();
  /// Reads all of it on the pool, so that touching it waits for nothing, as long as there is
  /// memory.
  task<> load();
  /// Says what reads will be like. `wont_need` drops what was written to a `copy`.
  void advise(os::access_pattern pattern);

 private:
  memory_map(void* address, std::size_t size, std::size_t lead) noexcept
      : address_(address), size_(size), lead_(lead) {}
  std::byte* data() const noexcept { return static_cast<std::byte*>(address_) + lead_; }

  void* address_ = nullptr;  // of the page in which it begins
  std::size_t size_ = 0;
  std::size_t lead_ = 0;  // the bytes of that page before it
};

}  // namespace rondo::fs
