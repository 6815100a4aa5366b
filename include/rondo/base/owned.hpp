#pragma once

#include <utility>

namespace rondo {

/// Sole ownership of one object on the heap: what std::unique_ptr is, without the 55,000
/// preprocessed lines of <memory> that every includer of a public header would pay for it.
template <class T>
class owned {
 public:
  owned() noexcept = default;
  explicit owned(T* object) noexcept : object_(object) {}
  template <class U>
    requires requires(U* u, T*& t) { t = u; }
  owned(owned<U>&& other) noexcept  // NOLINT(google-explicit-constructor): as unique_ptr converts
      : object_(other.release()) {}
  owned(owned&& other) noexcept : object_(other.release()) {}
  owned& operator=(owned&& other) noexcept {
    if (this != &other) {
      delete object_;
      object_ = other.release();
    }
    return *this;
  }
  ~owned() {
    static_assert(sizeof(T) > 0, "the type must be complete where it is deleted");
    delete object_;
  }

  T* get() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  T* release() noexcept { return std::exchange(object_, nullptr); }

 private:
  T* object_ = nullptr;
};

/// A new T of these arguments, owned.
template <class T, class... Args>
owned<T> make_owned(Args&&... args) {
  return owned<T>(new T(std::forward<Args>(args)...));
}

}  // namespace rondo
