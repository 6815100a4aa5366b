#pragma once

#include <type_traits>

namespace rondo {

namespace detail {

/// A class says it of itself by `using stays_on_thread = void;`.
template <class T>
concept says_it_stays = requires { typename T::stays_on_thread; };

template <class T>
struct stays : std::bool_constant<says_it_stays<T>> {};
template <class T>
struct stays<T*> : stays<std::remove_cv_t<T>> {};
template <class T>
struct stays<T&> : stays<std::remove_cv_t<T>> {};
template <class T>
struct stays<T&&> : stays<std::remove_cv_t<T>> {};
// What holds or refers to such things: std::vector, std::optional, std::reference_wrapper, ...
template <template <class...> class C, class... Ts>
struct stays<C<Ts...>>
    : std::bool_constant<says_it_stays<C<Ts...>> || (stays<std::remove_cv_t<Ts>>::value || ...)> {};

}  // namespace detail

/// Whether a value may go to another thread than the one on which it was made: everything but what
/// belongs to one loop or to one line of execution (a `loop`, a `scope`, a `join_set`, a `promise`,
/// a `signal_set`), and references, pointers and containers of such. A type of yours stays where it
/// has a member `using stays_on_thread = void;`. What a lambda has captured is not seen.
template <class T>
inline constexpr bool may_move = !detail::stays<std::remove_cv_t<T>>::value;

}  // namespace rondo
