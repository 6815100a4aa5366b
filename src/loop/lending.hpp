#pragma once

#include <atomic>
#include <mutex>

#include "loop/state.hpp"

namespace rondo {

/// What a shared loop has beside its state. Its own thread holds the mutex in all of its poll
/// phase, while it sleeps too, because a poller's table must not change while the kernel reads it.
struct loop::state::lending_state {
  /// The loop's own thread, before it sleeps: waits until those who want the mutex have had it.
  void let_others_in() noexcept;

  std::mutex mutex;  // guards backend, timers, and what follows
  // How many threads wait for the mutex: counted up before they look whether the loop's own sleeps
  // with it, so that it does not go to sleep again before they have had their turn. seq_cst on both
  // sides, as with `sleeping`.
  std::atomic<int> wanted{0};
  job_queue left;  // taken out by `lend`, and not lent: for the loop's own thread
  std::atomic<const void*> home{nullptr};  // the token of its own thread, from the first run on
};

/// Holds the mutex of a shared loop for a block; nothing where it is not shared.
class loop::state::exclusive {
 public:
  explicit exclusive(state& s) noexcept : of_(s.lending ? &s : nullptr) {
    if (of_ != nullptr) [[unlikely]]
      enter();
  }
  exclusive(const exclusive&) = delete;
  ~exclusive() {
    if (of_ != nullptr) [[unlikely]]
      of_->lending->mutex.unlock();
  }

 private:
  void enter() noexcept;

  state* of_;
};

}  // namespace rondo
