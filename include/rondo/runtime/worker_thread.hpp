#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <source_location>
#include <utility>

#include <rondo/async/loop_executor.hpp>
#include <rondo/base/label.hpp>
#include <rondo/base/owned.hpp>
#include <rondo/base/unique_function.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/runtime/worker_port.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

/// How a worker came to its end.
enum class worker_end : std::uint8_t {
  returned,    ///< its main task did
  failed,      ///< an exception left its main task, or it could not start
  terminated,  ///< because of `terminate`, or of the destruction of its `worker_thread`
};

/// What is left of a worker.
struct worker_exit {
  worker_exit() noexcept = default;
  worker_exit(worker_end how_it_ended, std::exception_ptr what) noexcept
      : how(how_it_ended), failure(std::move(what)) {}

  worker_end how = worker_end::returned;
  std::exception_ptr failure;  ///< what left it, where it has failed; otherwise null
};

/// How a worker is made.
struct worker_options {
  worker_options() noexcept = default;
  // NOLINTNEXTLINE(google-explicit-constructor): `{"resizer"}` where it is a parameter
  worker_options(label called) noexcept : name(std::move(called)) {}

  label name = "worker";  ///< of its thread (the first 15 characters), and in reports
  /// Messages that may wait in each direction before a sender has to: see `channel`.
  std::size_t to_worker_capacity = 256;
  std::size_t from_worker_capacity = 256;
  /// How its loop waits; `automatic` as `loop_options::backend` says.
  io::backend_kind backend = io::backend_kind::automatic;
  /// The rest of how its loop is made. Without a backend: that is made on the worker's thread.
  /// `shutdown_limit` is also how long the destruction of the `worker_thread` waits.
  loop_options on_loop;
  /// Called once on the loop that the worker was started from when it has ended, in the poll phase;
  /// not after the destruction of the `worker_thread`. May throw: see `loop::on_uncaught`.
  unique_function<void(const worker_exit&)> on_exit;
};

namespace detail {

/// The messages of one worker and what it does: what depends on their types.
class worker_program {
 public:
  worker_program() noexcept = default;
  worker_program(const worker_program&) = delete;
  virtual ~worker_program() = default;
  /// The main task. On the worker's thread, once.
  virtual task<> start() = 0;
  /// Both directions. Any thread.
  virtual void close() noexcept = 0;

  // True from the first `terminate` on. Written by whoever calls that; tells nobody of anything
  // else, so relaxed is enough.
  std::atomic<bool> terminating{false};
};

template <class ToWorker, class FromWorker>
class typed_worker final : public worker_program {
 public:
  using port_type = worker_port<ToWorker, FromWorker>;
  using body_function = unique_function<task<>(port_type&)>;

  typed_worker(body_function body, std::size_t to_worker, std::size_t from_worker)
      : in(to_worker), out(from_worker), port_(in, out, terminating), body_(std::move(body)) {}

  task<> start() override {
    // Gone with the end of the task: what the worker owns is destroyed on its own thread.
    body_function body = std::move(body_);
    co_await body(port_);
  }
  void close() noexcept override {
    in.close();
    out.close();
  }

  channel<ToWorker> in;
  channel<FromWorker> out;

 private:
  port_type port_;
  body_function body_;
};

/// A `worker_thread` without the types of its messages.
class worker_base {
 public:
  struct state;  // src/runtime/worker_state.hpp

  worker_base(const worker_base&) = delete;

  /// Cancels all of the worker's tasks: they meet `cancelled` with this reason at their next
  /// await. What is not cancelled by that (a computation, a shielded await, a function on another
  /// thread) goes on until it looks at `worker_port::is_terminating`, or ends. Does not wait: see
  /// `join`. Idempotent, the first reason stays. Any thread.
  void terminate(label reason = {},
                 std::source_location where = std::source_location::current()) noexcept;

  /// Waits until the worker has ended, its loop is gone and its thread too; throws what had left
  /// its main task, or kept it from starting. Returns after a `terminate`. A cancel ends the wait
  /// only, and not the worker. Any number of times, and of tasks. Lifetime: `this` outlives it.
  task<> join();
  /// The same, but what left the main task is a value.
  task<worker_exit> wait_exit();
  /// Waits until the worker's main task has begun. Throws what kept it from that.
  task<> wait_online();

  /// Whether it has ended. Any thread.
  bool has_ended() const noexcept;
  /// As given in the options. Lives as long as this.
  const char* name() const noexcept;

  /// Whether the worker keeps the loop alive that it was started from: true from the start, until
  /// it has ended. Thread: that of the loop it was started from.
  void ref() noexcept;
  void unref() noexcept;

 protected:
  worker_base() noexcept = default;
  worker_base(loop& home, owned<worker_program> program, worker_options options,
              std::source_location where);
  worker_base(worker_base&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  ~worker_base();
  void swap(worker_base& other) noexcept { std::swap(state_, other.state_); }

 private:
  state* state_ = nullptr;
};

}  // namespace detail

/// A thread with a loop and tasks of its own, and messages of two types to and from it, which are
/// moved: Node's `Worker`.
///
/// ```
/// auto w = co_await worker_thread<std::string, int>::start(
///     [](worker_port<std::string, int>& parent) -> task<> {
///       while (auto text = co_await parent.receive()) co_await parent.send(count(*text));
///     });
/// ```
///
/// While it runs it keeps the loop alive that it was started from (the home loop), so whoever waits
/// for it is not reported as a deadlock; its own loop is alive until its main task has ended.
///
/// When that has ended, both queues are closed: the parent can still receive what is there. What
/// left it by exception is thrown by `join`, and given to `worker_options::on_exit`; where nobody
/// has asked for it until the `worker_thread` is destroyed, it goes to `loop::report_uncaught` of
/// the home loop.
///
/// Destruction terminates the worker and blocks until it has ended, so no thread outlives its
/// parent's failure: `terminate` and `join` before, where the loop should turn meanwhile. A worker
/// that does not end within its `shutdown_limit` is left behind, with all that it uses, and
/// reported to the home loop as `error` with `errc::timed_out`.
///
/// Thread: all but construction, `ref` and `unref` may be called from any, though not from the
/// worker's own. Lifetime: within that of the home loop.
template <class ToWorker, class FromWorker>
class worker_thread : public detail::worker_base {
  using program = detail::typed_worker<ToWorker, FromWorker>;

 public:
  using port = worker_port<ToWorker, FromWorker>;

  worker_thread() noexcept = default;  ///< none; may be assigned to, and destroyed
  /// Starts a worker and does not wait for it. `body` takes a `port&` and returns a task<>; it
  /// is called, and destroyed, on the new thread. Throws `error` where there is no room for a
  /// thread; what goes wrong on the thread itself is how the worker ends. Thread: that of `home`.
  template <class F>
  worker_thread(loop& home, F body, worker_options options = {},
                std::source_location where = std::source_location::current())
      : worker_thread(
            home,
            new program(std::move(body), options.to_worker_capacity, options.from_worker_capacity),
            options, where) {}
  worker_thread(worker_thread&& other) noexcept
      : worker_base(static_cast<worker_base&&>(other)),
        program_(std::exchange(other.program_, nullptr)) {}
  worker_thread& operator=(worker_thread&& other) noexcept {
    worker_thread taken(std::move(other));
    swap(taken);
    std::swap(program_, taken.program_);
    return *this;
  }

  /// The same from a task, on whose loop it is at home; waits until the worker's main task has
  /// begun, and throws what kept it from that.
  template <class F>
  static task<worker_thread> start(F body, worker_options options = {},
                                   std::source_location where = std::source_location::current()) {
    loop& home = co_await this_loop();
    worker_thread started(home, std::move(body), std::move(options), where);
    co_await started.wait_online();
    co_return started;
  }

  /// Sends, waiting for room where the queue is full. Where it throws, `message` is the caller's as
  /// before: `cancelled`, or `error` with `errc::closed` where the worker has ended.
  [[nodiscard]] auto send(ToWorker&& message) noexcept {
    return program_->in.send(std::move(message));
  }
  /// The same with a copy.
  [[nodiscard]] auto send(const ToWorker& message)
    requires std::copy_constructible<ToWorker>
  {
    return program_->in.send(message);
  }
  /// Sends where that is possible at once. Otherwise false, and `message` is the caller's.
  [[nodiscard]] bool try_send(ToWorker&& message) {
    return program_->in.try_send(std::move(message));
  }
  /// Waits for a message and yields it; nothing once the worker has ended, or closed its port, and
  /// all was received. Throws `cancelled`, and has received nothing then.
  [[nodiscard]] auto receive() noexcept { return program_->out.receive(); }
  /// What can be received at once, or nothing.
  [[nodiscard]] std::optional<FromWorker> try_receive() noexcept {
    return program_->out.try_receive();
  }
  /// Sends nothing more: the worker receives what is there, then the end. Idempotent.
  void close() noexcept { program_->in.close(); }

 private:
  worker_thread(loop& home, program* made, worker_options& options, std::source_location where)
      : worker_base(home, owned<detail::worker_program>(made), std::move(options), where),
        program_(made) {}

  program* program_ = nullptr;  // owned by what the base shares with the thread
};

}  // namespace rondo
