#pragma once

#include <coroutine>
#include <cstddef>
#include <optional>
#include <source_location>
#include <utility>

#include <rondo/sync/wait_list.hpp>
#include <rondo/task/frame_pool.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

namespace detail {

/// What the two ends of a oneshot share, but for the value. The end that goes last frees it.
class oneshot_core {
 public:
  oneshot_core(const oneshot_core&) = delete;

  /// Whether anybody can still receive.
  bool is_wanted() const noexcept;
  /// Each end goes, and whoever waits at the other is told. True where it was the last.
  bool drop_sender() noexcept;
  bool drop_receiver() noexcept;

  /// How a sender waits until its value is not wanted any more.
  class [[nodiscard]] unwanted_awaiter : private waiter {
   public:
    explicit unwanted_awaiter(oneshot_core& shared) noexcept
        : waiter("a oneshot to be unwanted"), shared_(&shared) {}

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) noexcept {
      task_context& line = waiting.promise().context();
      if (is_cancelled_already(line)) return false;
      const wait_list::holding hold(shared_->receiving_);
      if (shared_->receiver_gone_) return false;
      enqueue(shared_->unwanted_, line, waiting, where);
      return true;
    }
    void await_resume() const { end_wait(); }

   private:
    oneshot_core* shared_;
  };

 protected:
  oneshot_core() noexcept = default;
  ~oneshot_core() = default;

  mutable wait_list receiving_;  // its lock guards all of this
  further_wait_list unwanted_{receiving_};
  bool sender_gone_ = false;  // it has sent, or will not
  bool receiver_gone_ = false;
};

template <class T>
class oneshot_state final : public oneshot_core {
 public:
  static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
  static void operator delete(void* at, std::size_t size) noexcept {
    frame_pool::deallocate(at, size);
  }

  /// True where the value was taken; then the sender has gone with it.
  bool put(T& value) {
    waiter* granted = nullptr;
    {
      const wait_list::holding hold(receiving_);
      if (receiver_gone_) return false;
      value_.emplace(std::move(value));
      sender_gone_ = true;
      granted = receiving_.pop();
    }
    if (granted != nullptr) granted->resume_from_anywhere();
    return true;
  }

  /// Empty where none has come yet, or will.
  std::optional<T> take() {
    std::optional<T> taken;
    const wait_list::holding hold(receiving_);
    if (value_.has_value()) {
      taken.emplace(*std::move(value_));
      value_.reset();
    }
    return taken;
  }

  class [[nodiscard]] receive_awaiter : private waiter {
   public:
    explicit receive_awaiter(oneshot_state& shared) noexcept
        : waiter("receive of a oneshot"), shared_(&shared) {}

    bool await_ready() const noexcept { return false; }
    template <task_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiting,
                       std::source_location where = std::source_location::current()) noexcept {
      task_context& line = waiting.promise().context();
      if (is_cancelled_already(line)) return false;
      const wait_list::holding hold(shared_->receiving_);
      if (shared_->sender_gone_) return false;
      enqueue(shared_->receiving_, line, waiting, where);
      return true;
    }
    std::optional<T> await_resume() {
      end_wait();
      return shared_->take();
    }

   private:
    oneshot_state* shared_;
  };

 private:
  std::optional<T> value_;
};

}  // namespace detail

/// The end of a oneshot that sends, once. Dropping it unsent tells the receiver that nothing comes.
/// Move-only. One thread at a time, and any task or none.
template <class T>
class oneshot_sender {
 public:
  oneshot_sender() noexcept = default;
  explicit oneshot_sender(detail::oneshot_state<T>& shared) noexcept : shared_(&shared) {}
  oneshot_sender(oneshot_sender&& other) noexcept
      : shared_(std::exchange(other.shared_, nullptr)) {}
  oneshot_sender& operator=(oneshot_sender&& other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~oneshot_sender() {
    if (shared_ != nullptr && shared_->drop_sender()) delete shared_;
  }

  /// Sends, and is empty then. False where the receiver has gone: `value` is the caller's as
  /// before. Not on an empty sender.
  [[nodiscard]] bool try_send(T&& value) {
    RONDO_ASSERT(shared_ != nullptr);  // sent already, or moved from
    if (!shared_->put(value)) return false;
    shared_ = nullptr;
    return true;
  }

  /// Whether the receiver is still there. False of an empty sender.
  bool is_wanted() const noexcept { return shared_ != nullptr && shared_->is_wanted(); }
  /// Waits until the receiver has gone: for who can stop working then. Throws `cancelled`. Not on
  /// an empty sender, which must stay until the wait has ended.
  auto wait_unwanted() noexcept {
    RONDO_ASSERT(shared_ != nullptr);
    return unwanting(*shared_);
  }

  /// False where it has sent, or was moved from.
  explicit operator bool() const noexcept { return shared_ != nullptr; }

 private:
  class [[nodiscard]] unwanting {
   public:
    explicit unwanting(detail::oneshot_core& shared) noexcept : shared_(&shared) {}
    auto operator co_await() && noexcept {
      return detail::oneshot_core::unwanted_awaiter(*shared_);
    }

   private:
    detail::oneshot_core* shared_;
  };

  detail::oneshot_state<T>* shared_ = nullptr;
};

/// The end that receives. Dropping it tells the sender. Move-only. One thread at a time.
template <class T>
class oneshot_receiver {
 public:
  oneshot_receiver() noexcept = default;
  explicit oneshot_receiver(detail::oneshot_state<T>& shared) noexcept : shared_(&shared) {}
  oneshot_receiver(oneshot_receiver&& other) noexcept
      : shared_(std::exchange(other.shared_, nullptr)) {}
  oneshot_receiver& operator=(oneshot_receiver&& other) noexcept {
    std::swap(shared_, other.shared_);
    return *this;
  }
  ~oneshot_receiver() {
    if (shared_ != nullptr && shared_->drop_receiver()) delete shared_;
  }

  class [[nodiscard]] receiving {
   public:
    explicit receiving(detail::oneshot_state<T>& shared) noexcept : shared_(&shared) {}
    auto operator co_await() && noexcept {
      return typename detail::oneshot_state<T>::receive_awaiter(*shared_);
    }

   private:
    detail::oneshot_state<T>* shared_;
  };

  /// Waits for the value and yields it; nothing where the sender was dropped without one, and where
  /// it was received before. Throws `cancelled`, and can be called again then. One task at a time;
  /// not on an empty receiver, which must stay until the wait has ended.
  receiving receive() noexcept {
    RONDO_ASSERT(shared_ != nullptr);  // moved from
    return receiving(*shared_);
  }
  /// The value, where it is there.
  [[nodiscard]] std::optional<T> try_receive() {
    RONDO_ASSERT(shared_ != nullptr);  // moved from
    return shared_->take();
  }

 private:
  detail::oneshot_state<T>* shared_ = nullptr;
};

/// The two ends of a oneshot.
template <class T>
struct oneshot_ends {
  oneshot_sender<T> sender;
  oneshot_receiver<T> receiver;
};

/// `auto [sender, receiver] = rondo::oneshot<int>();` One value, from one to one other: the answer
/// to a request that travels through a channel. Unlike a channel its two ends go separate ways, so
/// each owns its half, and learns when the other has gone. Takes one block of recycled memory.
/// Throws std::bad_alloc.
template <class T>
oneshot_ends<T> oneshot() {
  auto* const shared = new detail::oneshot_state<T>;
  return {oneshot_sender<T>(*shared), oneshot_receiver<T>(*shared)};
}

}  // namespace rondo
