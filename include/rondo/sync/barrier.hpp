#pragma once

#include <coroutine>
#include <source_location>

#include <rondo/base/assert.hpp>
#include <rondo/sync/wait_list.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

/// A place where a fixed number of tasks wait for each other, again and again: the last to arrive
/// lets all go on. Who is cancelled while he waits has not arrived: the others wait for somebody
/// else. 40 bytes; never allocates. Thread: any, also for tasks of several loops at once. Lifetime:
/// outlives its waits.
class barrier : private wait_list {
 public:
  explicit barrier(int participants) noexcept : participants_(participants) {
    RONDO_ASSERT(participants >= 1, participants);
    on_cancel(&take_an_arrival_back);
  }
  barrier(const barrier&) = delete;

  class [[nodiscard]] arrive_awaiter : private waiter {
   public:
    explicit arrive_awaiter(barrier& at) noexcept : waiter("a barrier"), barrier_(&at) {}

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) noexcept {
      task_context& line = waiting.promise().context();
      if (is_cancelled_already(line)) return false;
      granted all;
      {
        const holding hold(*barrier_);
        if (!barrier_->is_last()) {
          enqueue(*barrier_, line, waiting, where);
          return true;
        }
        barrier_->pop_all(all);
      }
      leads_ = true;
      all.resume_all();
      return !goes_on(line, waiting, where);
    }
    bool await_resume() const {
      end_wait();
      return leads_;
    }

   private:
    barrier* barrier_;
    bool leads_ = false;
  };

  /// Goes on when all have arrived; true for one of them in each round, the last. Throws
  /// `cancelled`, and then has not arrived.
  arrive_awaiter arrive_and_wait() noexcept { return arrive_awaiter(*this); }

 private:
  bool is_last() noexcept {
    if (++arrived_ < participants_) return false;
    arrived_ = 0;
    return true;
  }
  static void take_an_arrival_back(wait_list& self, granted& /*nobody*/) noexcept {
    --static_cast<barrier&>(self).arrived_;
  }

  const int participants_;
  int arrived_ = 0;  // in this round; guarded by the list's lock
};

}  // namespace rondo
