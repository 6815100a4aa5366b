#pragma once

// What differs between compilers. The one public header that may ask which one it is.

#if defined(__clang__)
/// A coroutine's return type: clang then warns of a coroutine that keeps a reference to a
/// temporary.
#define RONDO_COROUTINE_TYPE [[nodiscard, clang::coro_return_type, clang::coro_lifetimebound]]
/// A function that returns such a type without being a coroutine, and passes its parameters on.
#define RONDO_COROUTINE_WRAPPER [[clang::coro_wrapper]]
#else
#define RONDO_COROUTINE_TYPE [[nodiscard]]
#define RONDO_COROUTINE_WRAPPER
#endif
