#pragma once

#include <coroutine>
#include <cstdint>
#include <source_location>
#include <utility>

#include <rondo/sync/shared_value.hpp>
#include <rondo/sync/wait_list.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

namespace detail {

/// The part of a `watch` that does not depend on the type of its value.
class watch_core {
 public:
  watch_core(const watch_core&) = delete;

  /// Nothing more is set: who waits for a change is told. Idempotent. Any thread, task or not.
  void close() noexcept;
  bool is_closed() const noexcept;
  /// How often the value has been set; 0 at first.
  std::uint64_t version() const noexcept;

  /// How somebody who has seen a version waits for a later one.
  class [[nodiscard]] change_awaiter : private waiter {
   public:
    change_awaiter(watch_core& watched, std::uint64_t& seen) noexcept
        : waiter("change of a watched value"), watched_(&watched), seen_(&seen) {}

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) noexcept {
      return begin(waiting.promise().context(), waiting, where);
    }
    bool await_resume() {
      end_wait();
      return watched_->look(*seen_);
    }

   private:
    bool begin(task_context& line, std::coroutine_handle<> waiting,
               std::source_location where) noexcept;

    watch_core* watched_;
    std::uint64_t* seen_;
  };

 protected:
  watch_core() noexcept = default;
  ~watch_core() = default;

  /// True where there is a version after `seen`, which it becomes.
  bool look(std::uint64_t& seen) const noexcept;

  mutable wait_list changes_;  // its lock guards all of this
  std::uint64_t version_ = 0;
  bool closed_ = false;
};

}  // namespace detail

/// One value of which only the latest matters, such as a configuration or a state, and those who
/// want to know when it changes. Setting never waits, reading neither copies nor keeps anybody from
/// setting. Any number of tasks on any threads. Lifetime: outlives its viewers.
template <class T>
class watch : public detail::watch_core {
 public:
  /// Throws std::bad_alloc.
  explicit watch(T first) : latest_(shared_value<T>::make(std::move(first))) {}

  /// The latest value, which stays as it is for whoever holds it. Any thread, task or not.
  shared_value<T> get() const noexcept {
    const wait_list::holding hold(changes_);
    return latest_;
  }

  /// Sets the value, and tells all viewers. Also after `close`, but then nobody is told. Any
  /// thread, task or not. Throws std::bad_alloc.
  void set(T value) { set_shared(shared_value<T>::make(std::move(value))); }

  /// Sets what `f(T&)` makes of a copy of the latest value. Where another thread was faster, `f` is
  /// called again, with its value.
  template <class F>
  void update(F f) {
    for (;;) {
      const std::uint64_t before = version();
      T next(*get());
      f(next);
      if (set_shared(shared_value<T>::make(std::move(next)), &before)) return;
    }
  }

  /// Who watches: remembers what it has seen. One task at a time; copies go their own ways.
  class viewer {
   public:
    explicit viewer(watch& watched) noexcept : watched_(&watched), seen_(watched.version()) {}

    class [[nodiscard]] changing {
     public:
      explicit changing(viewer& who) noexcept : who_(&who) {}
      change_awaiter operator co_await() && noexcept {
        return change_awaiter(*who_->watched_, who_->seen_);
      }

     private:
      viewer* who_;
    };

    /// Waits until the value is another than the last that was seen here; what came in between is
    /// passed over. False where the watch was closed and there is nothing newer. Throws
    /// `cancelled`, and has seen nothing then.
    changing changed() noexcept { return changing(*this); }
    /// The latest value, which has then been seen.
    shared_value<T> get() noexcept {
      const wait_list::holding hold(watched_->changes_);
      seen_ = watched_->version_;
      return watched_->latest_;
    }

   private:
    watch* watched_;
    std::uint64_t seen_;
  };

  /// A viewer that has seen the present value.
  viewer subscribe() noexcept { return viewer(*this); }

 private:
  /// False where a `version` is given and another one is there.
  bool set_shared(shared_value<T> value, const std::uint64_t* version = nullptr) noexcept {
    wait_list::granted viewers;
    {
      const wait_list::holding hold(changes_);
      if (version != nullptr && *version != version_) return false;
      std::swap(latest_, value);  // the old one is destroyed outside of the lock
      ++version_;
      changes_.pop_all(viewers);
    }
    viewers.resume_all();
    return true;
  }

  shared_value<T> latest_;
};

}  // namespace rondo
