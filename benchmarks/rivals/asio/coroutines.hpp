// Asio's coroutines as all programs here use them: the executor is named in the type and an error
// comes back as a value, which is Asio's cheapest way to await.
#pragma once
// Debian's Asio does not recognise a newer clang's coroutines by itself.
#ifndef ASIO_HAS_CO_AWAIT
#define ASIO_HAS_CO_AWAIT 1
#define ASIO_HAS_STD_COROUTINE 1
#endif
#include <asio.hpp>
#if ASIO_VERSION < 102400
#include <asio/experimental/as_tuple.hpp>
namespace asio {
using experimental::as_tuple_t;
}
#endif

using executor = asio::io_context::executor_type;
template <class T>
using coroutine = asio::awaitable<T, executor>;
using plain_token = asio::use_awaitable_t<executor>;
using token = asio::as_tuple_t<plain_token>;
