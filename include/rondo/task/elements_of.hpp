#pragma once

#include <coroutine>
#include <utility>

namespace rondo {

/// `co_yield elements_of(inner())` in a generator yields all that another generator of the same
/// type yields, or all elements of a range. However deep generators are nested in this way, each
/// element costs the same. Used within one expression only: it refers to its argument.
template <class Range>
class elements_of {
 public:
  explicit elements_of(Range&& range) noexcept : range_(std::forward<Range>(range)) {}
  Range&& get() const noexcept { return std::forward<Range>(range_); }

 private:
  Range&& range_;
};

/// An lvalue is referred to as such.
template <class Range>
elements_of(Range&&) -> elements_of<Range>;

namespace detail {

/// Destroys a chain of nested generators from the innermost outwards, in a loop: left to the
/// destructors, each would be called within the one before. `Promise` links them.
template <class Promise>
void destroy_chain(std::coroutine_handle<Promise> root) noexcept {
  Promise* innermost = &root.promise().leaf();
  while (innermost != &root.promise()) {
    Promise* const outer = innermost->parent();
    innermost->disown();
    std::coroutine_handle<Promise>::from_promise(*innermost).destroy();
    innermost = outer;
  }
  root.destroy();
}

}  // namespace detail
}  // namespace rondo
