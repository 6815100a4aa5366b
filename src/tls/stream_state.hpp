#pragma once

#include <atomic>
#include <string>
#include <utility>

#include <rondo/async/any_stream.hpp>
#include <rondo/sync/mutex.hpp>
#include <rondo/tls/engine.hpp>
#include <rondo/tls/stream.hpp>

namespace rondo::tls {

/// What a stream is; lives as long as the stream, or the last await on it.
struct stream::state {
  state(any_stream over, engine begun, std::string name, truncation means) noexcept
      : wire(std::move(over)),
        tls(std::move(begun)),
        peer(std::move(name)),
        when_truncated(means) {}

  /// With `reading` held: what `read` promises.
  task<std::size_t> next(std::span<std::byte> into);
  /// With `writing` held: sends what the engine has made.
  task<> flush();
  /// With `writing` held.
  task<> send(std::span<const std::byte> bytes);
  task<> end_writing();
  /// True where both sides have said that they end.
  task<bool> exchange_ends();
  void may_write() const;
  void close() noexcept;

  any_stream wire;
  engine tls;
  std::string peer;
  mutex reading;
  mutex writing;
  std::string sending;  // what the wire is taking; the engine may make more meanwhile
  std::string kept;     // read, and not wanted yet
  truncation when_truncated;
  bool broken = false;  // a write was left in the middle: where, nobody knows
  bool closed = false;
  // The stream, and each await on it. Counted on the threads of whoever awaits, freed by the last.
  std::atomic<int> users{1};
};

/// Keeps a state alive.
class stream_hold {
 public:
  explicit stream_hold(stream::state& s) noexcept : state_(&s) {
    s.users.fetch_add(1, std::memory_order_relaxed);
  }
  stream_hold(stream_hold&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  stream_hold& operator=(stream_hold&&) = delete;
  ~stream_hold() {
    if (state_ != nullptr) release(*state_);
  }
  static void release(stream::state& s) noexcept {
    if (s.users.fetch_sub(1, std::memory_order_acq_rel) == 1) delete &s;  // pairs with itself
  }
  stream::state* operator->() const noexcept { return state_; }
  stream::state& operator*() const noexcept { return *state_; }

 private:
  stream::state* state_;
};

}  // namespace rondo::tls
