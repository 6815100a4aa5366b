#pragma once
// What the checker puts in the place of rondo::native_memory.

#include <atomic>
#include <bit>
#include <source_location>

#include "runtime/model/checker.hpp"

namespace rondo::model {

template <class T>
std::uint64_t to_bits(T value) noexcept {
  if constexpr (std::is_pointer_v<T>) {
    return std::bit_cast<std::uint64_t>(value);
  } else {
    return static_cast<std::uint64_t>(value);
  }
}
template <class T>
T from_bits(std::uint64_t bits) noexcept {
  if constexpr (std::is_pointer_v<T>) {
    return std::bit_cast<T>(bits);
  } else {
    return static_cast<T>(bits);
  }
}

/// As std::atomic of an integer or a pointer; every call is a step.
template <class T>
class atomic {
 public:
  using place = std::source_location;

  explicit(false) atomic(T initial) noexcept : location_(to_bits(initial)) {}
  atomic(const atomic&) = delete;
  atomic& operator=(const atomic&) = delete;

  T load(std::memory_order order, place at = place::current()) const {
    return from_bits<T>(checker::current().load(location_, order, at));
  }
  void store(T value, std::memory_order order, place at = place::current()) {
    checker::current().store(location_, to_bits(value), order, at);
  }
  T exchange(T value, std::memory_order order, place at = place::current()) {
    return modify([&](T) { return value; }, order, at);
  }
  T fetch_add(T operand, std::memory_order order, place at = place::current()) {
    return modify([&](T old) { return static_cast<T>(old + operand); }, order, at);
  }
  T fetch_sub(T operand, std::memory_order order, place at = place::current()) {
    return modify([&](T old) { return static_cast<T>(old - operand); }, order, at);
  }
  bool compare_exchange_strong(T& expected, T desired, std::memory_order success,
                               std::memory_order failure, place at = place::current()) {
    std::uint64_t bits = to_bits(expected);
    const bool swapped = checker::current().compare_exchange(location_, bits, to_bits(desired),
                                                             {success, failure}, at);
    expected = from_bits<T>(bits);
    return swapped;
  }
  bool compare_exchange_weak(T& expected, T desired, std::memory_order success,
                             std::memory_order failure, place at = place::current()) {
    return compare_exchange_strong(expected, desired, success, failure, at);
  }

 private:
  template <class Change>
  T modify(Change change, std::memory_order order, place at) {
    checker& run = checker::current();
    const T old = from_bits<T>(run.begin_modify(location_, order, at));
    run.end_modify(location_, to_bits(change(old)), order, at);
    return old;
  }

  mutable location location_;
};

/// As a plain variable; a race on it is a failure. No step of its own.
template <class T>
class plain {
 public:
  plain() { log_.write(); }
  template <class U>
  explicit(false) plain(U value) : value_(value) {
    log_.write();
  }
  plain(const plain&) = delete;
  plain& operator=(const plain& other) { return *this = static_cast<const T&>(other); }
  plain& operator=(const T& value) {
    log_.write();
    value_ = value;
    return *this;
  }
  explicit(false) operator const T&() const {
    log_.read();
    return value_;
  }
  T& change() {
    log_.write();
    return value_;
  }

 private:
  T value_{};
  access_log log_;
};

/// As thread_lock.
class mutex {
 public:
  void lock() { checker::current().pass(gate_); }
  void unlock() { checker::current().unlock(gate_); }

 private:
  gate gate_{true};
};

/// Where a thread sleeps until it is woken; a wake that comes before is kept.
class bed {
 public:
  void sleep() { checker::current().pass(gate_); }
  void wake() { checker::current().open(gate_); }

 private:
  gate gate_{false};
};

struct memory {
  template <class T>
  using atomic = model::atomic<T>;
  template <class T>
  using plain = model::plain<T>;
  using lock = model::mutex;

  static void fence(std::source_location at = std::source_location::current()) {
    checker::current().fence(std::memory_order_seq_cst, at);
  }
  template <class T>
  static T& change(plain<T>& variable) {
    return variable.change();
  }
};

}  // namespace rondo::model
