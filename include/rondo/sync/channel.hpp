#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include <rondo/sync/channel_store.hpp>
#include <rondo/sync/wait_list.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

namespace detail {

/// The part of a channel that does not depend on the type of its values.
class channel_core {
 public:
  channel_core(const channel_core&) = delete;

  /// Nothing more is sent: who waits to send gets `error` with `errc::closed` and keeps its value;
  /// receivers get what is there already, then see the end. Idempotent. Any thread, task or not.
  void close() noexcept;
  bool is_closed() const noexcept;
  /// As given to the constructor.
  std::size_t capacity() const noexcept { return capacity_; }

 protected:
  explicit channel_core(std::size_t capacity) noexcept : capacity_(capacity) {}
  ~channel_core() = default;

  [[noreturn]] static void throw_closed();

  /// Guards all of a channel but its capacity.
  thread_lock& lock() const noexcept { return senders_.lock(); }

  const std::size_t capacity_;
  bool closed_ = false;
  // Where somebody waits to receive, nothing is stored and nobody waits to send; where somebody
  // waits to send, all the room is taken.
  mutable wait_list senders_;
  further_wait_list receivers_{senders_};
};

}  // namespace detail

/// A channel whose values wait in a `Store`: what `channel`, `priority_channel` and `stack_channel`
/// have in common. An object that both sides refer to, so it stands outside of the scope whose
/// tasks use it, and outlives them.
///
/// Any number of senders and receivers, on any threads. Who waits is served first come, first
/// served: a value goes straight to the receiver that has waited longest, and room to the sender.
///
/// Nothing is lost by a cancel: a value that was given to a receiver is what its await yields, and
/// a value that was not taken has not been moved from.
///
/// T moves without throwing: values change hands under a lock between threads, and one that stuck
/// half-way could be returned to nobody. Put another T into a std::unique_ptr.
template <class T, class Store>
class basic_channel : public detail::channel_core {
  static_assert(std::is_object_v<T> && std::is_nothrow_move_constructible_v<T> &&
                    std::is_nothrow_destructible_v<T>,
                "a channel's values must move without throwing; send a std::unique_ptr of others");

  using raw_memory = detail::raw_memory;

 public:
  using value_type = T;

  /// Holds up to `capacity` values. With 0 every `send` waits until its value has been received;
  /// `unbounded` never lets a sender wait. Throws std::bad_alloc: memory for all of a bounded
  /// channel is got here.
  explicit basic_channel(std::size_t capacity) : channel_core(capacity), store_(capacity) {}

  class send_awaiter;
  class receive_awaiter;

  /// `send`, of the caller's value. Movable until awaited.
  class [[nodiscard]] sending {
   public:
    sending(basic_channel& to, T& value) noexcept : to_(&to), value_(&value) {}
    send_awaiter operator co_await() && noexcept { return send_awaiter(*to_, *value_); }

   private:
    basic_channel* to_;
    T* value_;
  };
  /// `send`, of a copy of its own.
  class [[nodiscard]] sending_copy {
   public:
    sending_copy(basic_channel& to, const T& value) : to_(&to), value_(value) {}
    send_awaiter operator co_await() && noexcept { return send_awaiter(*to_, value_); }

   private:
    basic_channel* to_;
    T value_;
  };
  /// `receive`. Movable until awaited.
  class [[nodiscard]] receiving {
   public:
    explicit receiving(basic_channel& from) noexcept : from_(&from) {}
    receive_awaiter operator co_await() && noexcept { return receive_awaiter(*from_); }

   private:
    basic_channel* from_;
  };

  /// Waits until there is room or a receiver. `value` is moved from at the moment when it is taken,
  /// and not before: where the await throws, it is still the caller's. Throws `error` with
  /// `errc::closed`, `cancelled`, and std::bad_alloc where the channel is unbounded.
  sending send(T&& value) noexcept { return sending(*this, value); }
  /// The same with a copy.
  sending_copy send(const T& value)
    requires std::copy_constructible<T>
  {
    return sending_copy(*this, value);
  }

  /// Sends where that is possible at once. False where the channel is full or closed: `value` is
  /// the caller's as before. Any thread, task or not. Throws std::bad_alloc where unbounded.
  [[nodiscard]] bool try_send(T&& value) {
    waiter* granted = nullptr;
    lock().lock();
    make_room();
    const bool sent = put(value, granted);
    lock().unlock();
    if (granted != nullptr) granted->resume_from_anywhere();
    return sent;
  }
  /// The same with a copy.
  [[nodiscard]] bool try_send(const T& value)
    requires std::copy_constructible<T>
  {
    T copy(value);
    return try_send(std::move(copy));
  }

  /// Waits for a value and yields it; nothing where the channel is closed and empty. Throws
  /// `cancelled`, and has received nothing then. `while (auto v = co_await c.receive()) ...`
  receiving receive() noexcept { return receiving(*this); }

  /// What can be received at once, or nothing: see `is_closed` for whether more may come. Any
  /// thread, task or not.
  [[nodiscard]] std::optional<T> try_receive() noexcept {
    std::optional<T> value;
    waiter* granted = nullptr;
    raw_memory leftover;
    lock().lock();
    take(value, granted, leftover);
    lock().unlock();
    if (granted != nullptr) granted->resume_from_anywhere();
    return value;
  }

  /// Values that wait to be received, without those of senders that wait. May be out of date at
  /// once.
  std::size_t size() const noexcept {
    lock().lock();
    const std::size_t n = store_.size();
    lock().unlock();
    return n;
  }

  /// How `send` waits.
  class [[nodiscard]] send_awaiter : private waiter {
   public:
    send_awaiter(basic_channel& to, T& value) noexcept
        : waiter("send to a channel"), channel_(&to), value_(&value) {}

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> sender,
                       std::source_location where = std::source_location::current()) {
      return begin(sender.promise().context(), sender, where);
    }
    void await_resume() const {
      end_wait();
      if (!sent_) [[unlikely]]
        throw_closed();
    }

   private:
    friend basic_channel;
    bool begin(task_context& line, std::coroutine_handle<> sender, std::source_location where);

    basic_channel* channel_;
    T* value_;
    bool sent_ = false;
  };

  /// How `receive` waits.
  class [[nodiscard]] receive_awaiter : private waiter {
   public:
    explicit receive_awaiter(basic_channel& from) noexcept
        : waiter("receive from a channel"), channel_(&from) {}

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> receiver,
                       std::source_location where = std::source_location::current()) noexcept {
      return begin(receiver.promise().context(), receiver, where);
    }
    std::optional<T> await_resume() {
      end_wait();
      return std::move(value_);
    }

   private:
    friend basic_channel;
    bool begin(task_context& line, std::coroutine_handle<> receiver,
               std::source_location where) noexcept;

    basic_channel* channel_;
    std::optional<T> value_;
  };

 private:
  // All of these hold the lock -------------------------------------------------------------------

  /// Gets memory for the next value where some lacks and no limit is reached. Gives the lock back
  /// meanwhile, and also where that throws.
  void make_room() {
    if (!store_.has_room() && store_.size() < capacity_) [[unlikely]]
      make_store_larger();
  }
  [[gnu::noinline]] void make_store_larger() {
    while (!store_.has_room() && store_.size() < capacity_) {
      const std::size_t wanted = store_.wanted();
      lock().unlock();
      raw_memory memory = Store::more(wanted);
      lock().lock();
      store_.add(memory);
    }
  }

  /// True where the value was taken. `granted` is then whom to resume, if anybody.
  bool put(T& value, waiter*& granted) noexcept {
    if (closed_) return false;
    if (!receivers_.empty()) {
      granted = receivers_.pop();
      static_cast<receive_awaiter&>(*granted).value_.emplace(std::move(value));
      return true;
    }
    if (store_.size() >= capacity_) return false;
    store_.push(std::move(value));
    return true;
  }

  /// True where a value was there.
  bool take(std::optional<T>& into, waiter*& granted, raw_memory& leftover) noexcept {
    if (store_.size() > 0) [[likely]]
      store_.pop(into, leftover);
    if (!senders_.empty()) granted = take_from_sender(into);
    return into.has_value();
  }
  /// The first sender's value takes the room that was made, or goes to the receiver at once.
  [[gnu::noinline]] waiter* take_from_sender(std::optional<T>& into) noexcept {
    waiter* const granted = senders_.pop();
    auto& sender = static_cast<send_awaiter&>(*granted);
    sender.sent_ = true;
    if (into.has_value()) {
      store_.push(std::move(*sender.value_));
    } else {
      into.emplace(std::move(*sender.value_));
    }
    return granted;
  }

  Store store_;
};

template <class T, class Store>
bool basic_channel<T, Store>::send_awaiter::begin(task_context& line,
                                                  std::coroutine_handle<> sender,
                                                  std::source_location where) {
  if (is_cancelled_already(line)) return false;
  basic_channel& c = *channel_;
  waiter* granted = nullptr;
  c.lock().lock();
  c.make_room();
  if (!c.put(*value_, granted)) {
    const bool waits = !c.closed_;
    if (waits) enqueue(c.senders_, line, sender, where);
    c.lock().unlock();
    return waits;
  }
  c.lock().unlock();
  sent_ = true;
  if (granted != nullptr) granted->resume_from_anywhere();
  return !goes_on(line, sender, where);
}

template <class T, class Store>
bool basic_channel<T, Store>::receive_awaiter::begin(task_context& line,
                                                     std::coroutine_handle<> receiver,
                                                     std::source_location where) noexcept {
  if (is_cancelled_already(line)) return false;
  basic_channel& c = *channel_;
  waiter* granted = nullptr;
  raw_memory leftover;
  c.lock().lock();
  if (!c.take(value_, granted, leftover)) {
    const bool waits = !c.closed_;
    if (waits) enqueue(c.receivers_, line, receiver, where);
    c.lock().unlock();
    return waits;
  }
  c.lock().unlock();
  if (granted != nullptr) granted->resume_from_anywhere();
  return !goes_on(line, receiver, where);
}

/// First in, first out, between tasks: see `basic_channel` for what it does. `capacity` values find
/// room; `channel<T> c(rondo::unbounded)` takes them all.
template <class T>
class channel final : public basic_channel<T, detail::fifo_store<T>> {
 public:
  using basic_channel<T, detail::fifo_store<T>>::basic_channel;
};

}  // namespace rondo
