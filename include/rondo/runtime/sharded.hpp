#pragma once

#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>
#include <vector>

#include <rondo/async/loop_executor.hpp>
#include <rondo/base/label.hpp>
#include <rondo/base/owned.hpp>
#include <rondo/base/unique_function.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/os/address.hpp>
#include <rondo/runtime/shard_call.hpp>
#include <rondo/sync/once_cell.hpp>
#include <rondo/sync/semaphore.hpp>
#include <rondo/task/co_invoke.hpp>
#include <rondo/task/scope.hpp>

namespace rondo {

/// How many shards there are, and how each is made: `run(sharded(4), main)`.
struct sharded {
  /// 0: as many as there are processors that this process may use.
  explicit sharded(int shards = 0) noexcept : count(shards) {}

  int count;
  /// Keeps each thread on one processor, in turn of those that the process may use.
  bool pin = false;
  /// How many calls one shard may have under way to another; more wait until some have ended.
  int calls_in_flight = 1024;
  /// How the loops wait; `automatic` as `loop_options::backend` says.
  io::backend_kind backend = io::backend_kind::automatic;
  /// Of each loop: see `loop_options`.
  duration shutdown_limit = duration::seconds(5);
  /// Of each loop: see `loop_options`; each shard is a track, called after `name` and its index.
  probe::recorder* recorder = nullptr;
  /// Of the threads, for debuggers.
  label name = "shard";
};

namespace detail {
struct shard_group;  // src/runtime/shard_group.hpp

/// What one shard's thread does with it.
struct shard_main {
  void* of;
  task<> (*call)(void* of, shard& me);
};
int run_sharded(sharded how, shard_main main, std::source_location where);
}  // namespace detail

/// One of several equal threads, each with a loop of its own, that share nothing but what they tell
/// each other by `call` and `post`. Made by `run(sharded(n), main)`, which hands each to its own
/// `main`.
///
/// Thread: its own, where nothing else is said. Lifetime: until `run` returns.
class shard {
 public:
  shard(const shard&) = delete;

  /// From 0, which is on the thread that called `run`.
  int index() const noexcept { return index_; }
  /// How many there are.
  int count() const noexcept;

  /// `co_await me.call(other, f, arguments...)` calls `f(arguments...)` on the other shard and
  /// yields what it returned, or what the task that it returned has yielded; what that threw is
  /// thrown here. `f` and the arguments stay here until that has ended. Calls from one shard to
  /// another begin in their order.
  ///
  /// Where the caller is cancelled, so is the task on the other shard, and its end is awaited,
  /// since it may use what lives here; a result that was there before is kept. Throws `error` with
  /// `errc::cancelled` where only the other side was cancelled, and with `errc::closed` where the
  /// other shard has ended.
  template <class F, class... Args>
  auto call(int other, F f, Args... arguments)
      -> task<typename detail::call_value<std::invoke_result_t<F&, Args...>>::type> {
    using returned = std::invoke_result_t<F&, Args...>;
    using value = typename detail::call_value<returned>::type;
    static_assert(!std::is_reference_v<value>,
                  "call: what comes back must not be a reference into another shard");
    const semaphore::permit slot = co_await slots_to(other).acquire();
    if constexpr (detail::is_task<returned>) {
      auto invoke = [&]() -> returned { co_return co_await f(std::move(arguments)...); };
      co_return co_await detail::typed_call<decltype(invoke)>(*this, peer(other), invoke);
    } else {
      auto invoke = [&]() -> returned { return f(std::move(arguments)...); };
      co_return co_await detail::typed_call<decltype(invoke)>(*this, peer(other), invoke);
    }
  }

  /// Calls `f` on the other shard some time later, and does not wait for it. A task that it returns
  /// belongs to the other shard, and is cancelled when all `main` have ended. What it throws ends
  /// all shards. Not called where the other shard has ended. Any thread. Throws std::bad_alloc.
  template <class F>
  void post(int other, F f) {
    if constexpr (detail::is_task<std::invoke_result_t<F&>>) {
      post_task(other, [f = std::move(f)]() mutable -> task<> { co_await f(); });
    } else {
      post_callback(other, std::move(f));
    }
  }

  /// A listener of this shard's own, on the same port as those of all other shards, among which the
  /// kernel spreads the connections (SO_REUSEPORT). With port 0 the first shard to come binds to a
  /// free one, and the others take its number: all of them call `bind` in the same order then.
  /// `co_await me.bind<tcp_listener>(address)`. Throws `error`.
  template <class Listener>
  task<Listener> bind(socket_address address, typename Listener::bind_options options = {}) {
    options.reuse_port = true;
    loop& here = co_await this_loop();
    Listener mine;
    const auto bind_to = [&](const socket_address& at) {
      auto bound = Listener::bind(here, at, options);
      if (!bound) throw std::move(bound).error();
      mine = std::move(*bound);
    };
    if (address.port() == 0) {
      auto first = [&]() -> task<socket_address> {
        bind_to(address);
        co_return mine.local_address().value();
      };
      address = co_await next_address().get(first);
    }
    if (!mine.is_open()) bind_to(address);
    co_return mine;
  }

  /// Cancels all shards: their `main` and what was posted to them. `run` returns then, where
  /// nothing has failed. Idempotent, the first reason stays. Any thread.
  void cancel_all(label reason = {},
                  std::source_location where = std::source_location::current()) noexcept;

 private:
  friend class detail::shard_call;
  friend struct detail::shard_group;

  shard(detail::shard_group& of, int index);

  /// Passes a `cancel_all` on to what runs here.
  void meet_cancel() noexcept;
  shard& peer(int other) const noexcept;
  semaphore& slots_to(int other) noexcept;
  once_cell<socket_address>& next_address();
  void post_callback(int other, callback f);
  void post_task(int other, unique_function<task<>()> f);

  struct canceller : job {
    shard* of = nullptr;
  };

  detail::shard_group* group_;
  int index_;
  int addresses_ = 0;  // agreed upon so far
  int phases_ = 0;     // of its end, that it has come to
  loop* loop_ = nullptr;
  scope* serving_ = nullptr;  // what others have sent, and `main`; null once this shard has ended
  std::vector<owned<semaphore>> slots_;  // one for each other shard, used by this one only
  canceller canceller_;
};

/// Runs `main(shard&)`, which returns a task<>, in `how.count` threads at once, each on a loop of
/// its own; the first of them is the calling one. Every shard serves the others until the last
/// `main` has ended; then run returns 0. `main` is one object for all.
///
/// The first failure cancels all shards, and when all have ended it is thrown here; several as one
/// `failure_group`. So is `error`, where a thread or a loop can't be had. What a callback throws
/// (see loop::on_uncaught) is such a failure. No thread outlives this call.
///
/// `main` may be a capturing lambda: it lives until `run` returns. What it captures is shared by
/// all threads.
template <class F>
  requires std::is_same_v<std::invoke_result_t<F&, shard&>, task<>>
int run(sharded how, F main, std::source_location where = std::source_location::current()) {
  struct local {
    RONDO_OWNING_WRAPPER static task<> call(void* of, shard& me) {
      return (*static_cast<F*>(of))(me);
    }
  };
  return detail::run_sharded(std::move(how), {&main, &local::call}, where);
}

}  // namespace rondo
