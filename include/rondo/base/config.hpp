#pragma once

// What differs between compilers. The one public header that may ask which one it is.

#if defined(__clang__) && !defined(RONDO_NO_LIFETIME_WARNINGS)
/// A coroutine's return type: clang then warns of a coroutine that keeps a reference to a
/// temporary.
#define RONDO_COROUTINE_TYPE [[nodiscard, clang::coro_return_type, clang::coro_lifetimebound]]
/// A function that returns such a type without being a coroutine, and passes its parameters on.
#define RONDO_COROUTINE_WRAPPER [[clang::coro_wrapper]]
/// The same for one that keeps nothing of its parameters by reference.
#define RONDO_OWNING_WRAPPER [[clang::coro_wrapper, clang::coro_disable_lifetimebound]]
/// A parameter that the result refers to: clang then warns where the result is kept longer.
#define RONDO_LIFETIMEBOUND [[clang::lifetimebound]]
#else
#define RONDO_COROUTINE_TYPE [[nodiscard]]
#define RONDO_COROUTINE_WRAPPER
#define RONDO_OWNING_WRAPPER
#define RONDO_LIFETIMEBOUND
#endif

namespace rondo::detail {

/// Whether mistakes with tasks are looked for that cost something to find (see task/mistakes.hpp):
/// in debug builds, and where the library was built with RONDO_CHECKS.
#if defined(RONDO_CHECKS)
inline constexpr bool checks = true;
#else
inline constexpr bool checks = false;
#endif

}  // namespace rondo::detail
