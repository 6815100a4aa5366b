#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <utility>
#include <vector>

#include <rondo/base/error.hpp>
#include <rondo/sync/shared_value.hpp>
#include <rondo/sync/wait_list.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

/// A subscriber of a `broadcast` was too slow: so many messages were overwritten before it came. It
/// goes on with the oldest that is still there.
class lagged : public error {
 public:
  explicit lagged(std::uint64_t missed);
  std::uint64_t missed() const noexcept { return missed_; }

 private:
  std::uint64_t missed_;
};

/// What happens when a subscriber has missed messages.
enum class lag : std::uint8_t {
  is_thrown,   ///< `receive` throws `lagged`, once, and goes on behind the gap when called again
  is_counted,  ///< `receive` goes on behind the gap; see `subscriber::missed`
};

namespace detail {

/// The part of a broadcast that does not depend on the type of its messages: which there are.
class broadcast_core {
 public:
  broadcast_core(const broadcast_core&) = delete;

  /// Nothing more is published: subscribers receive what is there, then the end. Idempotent. Any
  /// thread, task or not.
  void close() noexcept;
  bool is_closed() const noexcept;
  /// How many messages are kept.
  std::size_t capacity() const noexcept { return capacity_; }
  /// How many subscribers there are.
  std::size_t subscribers() const noexcept;

 protected:
  explicit broadcast_core(std::size_t capacity) noexcept : capacity_(capacity) {
    RONDO_ASSERT(capacity > 0);
  }
  ~broadcast_core() { RONDO_ASSERT(subscribers_ == 0, subscribers_); }

  /// Where a subscriber is: the number of the next message that it will receive.
  class place {
   public:
    place(broadcast_core& in, lag when_late) noexcept;
    place(place&& other) noexcept
        : in_(std::exchange(other.in_, nullptr)),
          next_(other.next_),
          missed_(other.missed_),
          when_late_(other.when_late_) {}
    place& operator=(place&& other) noexcept;
    ~place();

   protected:
    friend broadcast_core;

    /// Holding the lock. True where there is a message, which is the subscriber's then; `gap` is
    /// what it has missed before that, and where this is to be thrown, it gets the gap first.
    bool advance(std::uint64_t& number, std::uint64_t& gap) noexcept;

    broadcast_core* in_;
    std::uint64_t next_;
    std::uint64_t missed_ = 0;
    lag when_late_;
  };

  /// How a subscriber waits until there is something for it: it is taken after the wait.
  class [[nodiscard]] arrival : protected waiter {
   public:
    explicit arrival(place& who) noexcept : waiter("receive of a broadcast"), who_(&who) {}

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) noexcept {
      return begin(waiting.promise().context(), waiting, where);
    }

   private:
    bool begin(task_context& line, std::coroutine_handle<> waiting,
               std::source_location where) noexcept;

    place* who_;
  };

  mutable wait_list receiving_;  // its lock guards all of this
  const std::size_t capacity_;
  std::uint64_t published_ = 0;  // messages so far, and hence the number of the next
  std::size_t subscribers_ = 0;
  bool closed_ = false;
};

}  // namespace detail

/// Every subscriber receives every message that is published from its subscription on. Publishing
/// never waits: the last `capacity` messages are kept, and a subscriber that falls behind further
/// is told how many it has missed. A message is made once, in one block of recycled memory, and
/// shared by all. Any number of tasks on any threads. Lifetime: outlives its subscribers.
template <class T>
class broadcast : public detail::broadcast_core {
 public:
  /// Throws std::bad_alloc.
  explicit broadcast(std::size_t capacity) : broadcast_core(capacity), ring_(capacity) {}

  /// Publishes. Yields how many subscribers there are, 0 where the broadcast is closed. Any thread,
  /// task or not. Throws std::bad_alloc.
  std::size_t publish(T message) {
    auto shared = shared_value<T>::make(std::move(message));
    wait_list::granted waiting;
    std::size_t listening = 0;
    {
      const wait_list::holding hold(receiving_);
      if (closed_) return 0;
      std::swap(ring_[published_ % capacity_],
                shared);  // what it was is destroyed without the lock
      ++published_;
      receiving_.pop_all(waiting);
      listening = subscribers_;
    }
    waiting.resume_all();
    return listening;
  }

  /// Who receives. Move-only. One task at a time, and not while a `receive` of it waits.
  class subscriber : private broadcast_core::place {
   public:
    subscriber(broadcast& in, lag when_late) noexcept : place(in, when_late) {}

    class [[nodiscard]] receive_awaiter : public broadcast_core::arrival {
     public:
      explicit receive_awaiter(subscriber& who) noexcept : arrival(who), subscriber_(&who) {}
      shared_value<T> await_resume() {
        this->end_wait();
        return subscriber_->try_receive();
      }

     private:
      subscriber* subscriber_;
    };
    class [[nodiscard]] receiving {
     public:
      explicit receiving(subscriber& who) noexcept : who_(&who) {}
      receive_awaiter operator co_await() && noexcept { return receive_awaiter(*who_); }

     private:
      subscriber* who_;
    };

    /// Waits for the next message and yields it; an empty one where the broadcast is closed and all
    /// has been received. Throws `cancelled`, and has received nothing then, and `lagged`.
    /// `while (auto m = co_await s.receive()) use(*m);`
    receiving receive() noexcept { return receiving(*this); }
    /// What can be received at once, or an empty one. Throws `lagged`.
    [[nodiscard]] shared_value<T> try_receive() {
      std::uint64_t gap = 0;
      {
        auto& from = static_cast<broadcast&>(*in_);
        const wait_list::holding hold(from.receiving_);
        std::uint64_t number = 0;
        if (advance(number, gap)) return from.ring_[number % from.capacity_];
      }
      if (gap > 0) throw lagged(gap);
      return {};
    }
    /// Messages missed so far.
    std::uint64_t missed() const noexcept { return missed_; }
  };

  /// From the next message on.
  [[nodiscard]] subscriber subscribe(lag when_late = lag::is_thrown) noexcept {
    return subscriber(*this, when_late);
  }

 private:
  std::vector<shared_value<T>> ring_;
};

}  // namespace rondo
