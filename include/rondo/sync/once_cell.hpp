#pragma once

#include <new>
#include <type_traits>
#include <utility>

#include <rondo/sync/once.hpp>

namespace rondo {

/// A value that is made when it is first needed, by a task, once: see `once`. Thread: any; the
/// value itself is then everybody's at the same time. Lifetime: outlives its waits, and who uses
/// the value.
template <class T>
class once_cell {
 public:
  once_cell() noexcept {}  // the value begins to live in await_resume
  once_cell(const once_cell&) = delete;
  ~once_cell() {
    if (T* const made = try_get()) made->~T();
  }

  /// The value, or null where there is none yet. Never suspends.
  T* try_get() noexcept { return once_.is_done() ? &value_ : nullptr; }

 private:
  template <class F>
  class [[nodiscard]] get_awaiter : public once::call<F> {
   public:
    get_awaiter(once_cell& of, F f) noexcept : once::call<F>(of.once_, std::move(f)), cell_(&of) {}
    T& await_resume() {
      if (this->has_done_it()) {
        try {
          ::new (static_cast<void*>(&cell_->value_)) T(this->take());
        } catch (...) {
          this->failed();
          throw;
        }
        this->succeeded();
      }
      return cell_->value_;
    }

   private:
    once_cell* cell_;
  };

 public:
  /// `T& value = co_await cell.get(f);` where `f()` is a task<T>, run by the first who comes.
  /// Throws what this call's own `f()` threw, or `cancelled`.
  template <class F>
  get_awaiter<F> get(F f) noexcept {
    static_assert(std::is_same_v<typename std::invoke_result_t<F&>::value_type, T>);
    return {*this, std::move(f)};
  }

 private:
  once once_;
  union {
    T value_;
  };
};

}  // namespace rondo
