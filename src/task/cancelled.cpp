// The reason of a cancel: one record, counted by all who know it.
#include <atomic>
#include <new>

#include <rondo/task/cancelled.hpp>
#include <rondo/task/frame_pool.hpp>

namespace rondo {

struct cancel_cause::record {
  record(label because, std::source_location place) noexcept
      : reason(std::move(because)), where(place) {}

  static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
  static void operator delete(void* block, std::size_t size) noexcept {
    frame_pool::deallocate(block, size);
  }

  /// Handles that point here. Any thread adds one from a handle that it holds (relaxed) and drops
  /// its own (release); who drops the last one destroys the record, and sees all that the others
  /// did before (acquire).
  std::atomic<int> owners{1};
  label reason;
  std::source_location where;
};

cancel_cause::cancel_cause(label reason, std::source_location where) noexcept {
  try {
    shared_ = new record(std::move(reason), where);
  } catch (const std::bad_alloc&) {
    static record no_memory("cancelled; there was no memory to keep the reason", {});
    retain(no_memory);  // its own handle is never dropped
    shared_ = &no_memory;
  }
}

void cancel_cause::retain(record& shared) noexcept {
  shared.owners.fetch_add(1, std::memory_order_relaxed);
}

void cancel_cause::release(record& shared) noexcept {
  if (shared.owners.fetch_sub(1, std::memory_order_acq_rel) == 1) delete &shared;
}

std::string_view cancel_cause::reason() const noexcept {
  return shared_ == nullptr ? "" : shared_->reason.c_str();
}

std::source_location cancel_cause::where() const noexcept {
  return shared_ == nullptr ? std::source_location() : shared_->where;
}

}  // namespace rondo
