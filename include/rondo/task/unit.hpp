#pragma once

#include <type_traits>

namespace rondo {

/// What stands for the result of a void task where a value is needed.
struct unit {};

namespace detail {

/// As an element of a tuple, which may be a reference.
template <class T>
using value_or_unit = std::conditional_t<std::is_void_v<T>, unit, T>;

template <class T>
struct kept {
  using type = value_or_unit<T>;
};
template <class T>
struct kept<T&> {
  using type = T*;
};
/// As an element of a vector or an optional, where a pointer stands for a reference.
template <class T>
using kept_t = typename kept<T>::type;

}  // namespace detail
}  // namespace rondo
