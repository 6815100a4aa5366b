#pragma once

#include <concepts>
#include <utility>

#include <rondo/sync/mutex.hpp>

namespace rondo {

/// A value that can be reached only while its mutex is held: `auto value = co_await g.lock();
/// value->...`. Thread: any. Lifetime: outlives its accesses and waits.
template <class T>
class guarded {
 public:
  template <class... Args>
    requires std::constructible_from<T, Args...>
  explicit guarded(Args&&... args) : value_(std::forward<Args>(args)...) {}

  /// The way to the value, until it is destroyed or `unlock` is called. Move-only; may be empty.
  class [[nodiscard]] access {
   public:
    access() noexcept = default;
    access(access&& other) noexcept
        : hold_(std::move(other.hold_)), value_(std::exchange(other.value_, nullptr)) {}
    access& operator=(access&& other) noexcept {
      hold_ = std::move(other.hold_);
      value_ = std::exchange(other.value_, nullptr);
      return *this;
    }

    T& operator*() const noexcept { return *value_; }
    T* operator->() const noexcept { return value_; }
    explicit operator bool() const noexcept { return value_ != nullptr; }
    /// Ends the access before it is destroyed.
    void unlock() noexcept {
      value_ = nullptr;
      hold_.unlock();
    }

   private:
    friend class guarded;
    access(const mutex::lock_awaiter& granted, T& value)
        : hold_(granted.await_resume()), value_(&value) {}
    access(mutex::guard hold, T& value) noexcept : hold_(std::move(hold)), value_(&value) {}

    mutex::guard hold_;
    T* value_ = nullptr;
  };

  class [[nodiscard]] lock_awaiter : public mutex::lock_awaiter {
   public:
    explicit lock_awaiter(guarded& wanted) noexcept
        : mutex::lock_awaiter(wanted.mutex_), guarded_(&wanted) {}
    access await_resume() const { return access(*this, guarded_->value_); }

   private:
    guarded* guarded_;
  };

  /// Throws `cancelled`.
  lock_awaiter lock() noexcept { return lock_awaiter(*this); }

  /// Never suspends: an empty access where somebody else has one.
  access try_lock() noexcept {
    mutex::guard hold = mutex_.try_lock();
    if (!hold) return access();
    return access(std::move(hold), value_);
  }

 private:
  mutex mutex_;
  T value_;
};

}  // namespace rondo
