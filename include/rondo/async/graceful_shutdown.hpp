#pragma once

#include <source_location>

#include <rondo/async/shutdown_report.hpp>
#include <rondo/base/intrusive_list.hpp>
#include <rondo/base/label.hpp>
#include <rondo/base/unique_function.hpp>
#include <rondo/task/task.hpp>

namespace rondo {

/// Something that takes part in a shutdown with more than its tasks: a server with connections, a
/// pool of clients. See `graceful_shutdown::add`. Thread: the loop's.
class shutdown_part : public list_hook<shutdown_part> {
 public:
  shutdown_part(const shutdown_part&) = delete;
  virtual ~shutdown_part() { unlink(); }

  /// Takes nothing new from now on, and finishes what is open.
  virtual void begin_shutdown() noexcept = 0;
  /// The time for that is over: ends what is left.
  virtual void end_shutdown() noexcept {}
  /// Appends what it still waits for.
  virtual void describe_to(std::vector<shutdown_holder>&) const {}

 protected:
  shutdown_part() noexcept = default;
};

/// How long an end may take. All have defaults.
struct shutdown_options {
  shutdown_options() noexcept = default;

  /// For what is open to be finished; then it is cancelled.
  duration drain_limit = duration::seconds(10);
  /// For what was cancelled to end; then shields are broken. Zero: the loop's `shutdown_limit`.
  duration cancel_limit = duration();
  /// After what time somebody wants to know what is waited for.
  duration report_after = duration::seconds(1);
  /// Whether a cancel reaches into shields once `cancel_limit` is over (and again each time that it
  /// has passed). Otherwise a shield that does not end is waited for, and reported, for ever.
  bool break_shields = true;
  /// Told what is waited for: once after `report_after`, at the beginning of each stage behind
  /// `draining`, and at the end. Nothing is told of an end that nobody asked for.
  unique_function<void(const shutdown_report&)> on_report;
};

/// One call for the end of a program, or of a part of it, that names whoever holds it up.
///
///     graceful_shutdown ending(l);
///     ... ending.begin("SIGTERM") ...       // from any thread
///     co_await ending.run(serve_all());     // returns when all has ended, one way or another
///
/// From `begin` on, loops in `until_begun` end, and parts (`add`) take nothing new; what is open
/// may be finished. After `drain_limit` all tasks in the region of `run` are cancelled. After
/// `cancel_limit` the cancel is taken into shields, and functions given to `offload` that don't
/// return are given up (see rondo::run). At any moment `report` says what is still waited for.
///
/// One loop's affair: where there are several, each has its own, and whoever ends them begins all.
/// Thread: the loop's, but for `begin`, `hurry` and `stage`. Lifetime: within the loop's, and
/// around all that takes part.
class graceful_shutdown {
 public:
  explicit graceful_shutdown(loop& l, shutdown_options options = {});
  graceful_shutdown(const graceful_shutdown&) = delete;
  graceful_shutdown& operator=(const graceful_shutdown&) = delete;
  ~graceful_shutdown();

  /// Any thread: begins the end, on the loop. Idempotent: the first reason stays. Throws
  /// std::bad_alloc.
  void begin(label reason = "asked for");
  /// Any thread: the time for finishing is over now. Begins the end where that is still to be done.
  void hurry(label reason = "asked for");
  /// Any thread: how far it has come. Behind `begin`, until the loop has heard of it, still
  /// `running`.
  shutdown_stage stage() const noexcept;

  /// Runs `work`, with all that belongs to it, until it ends; at the latest as the options say.
  /// True where it ended by itself, false where it was cut off. Throws what it threw. Once.
  task<bool> run(task<> work, std::source_location where = std::source_location::current());
  /// Runs `work` until it ends, or is cancelled by `begin`: loops that accept, poll, fetch jobs.
  /// What they have handed over to others by then goes on. Not before `run`.
  task<> until_begun(task<> work, std::source_location where = std::source_location::current());
  /// `co_await ending.wait_begun();` returns once the end has begun.
  task<> wait_begun(std::source_location where = std::source_location::current());

  /// Whoever takes part is told of the beginning, at once where that was before; and is asked what
  /// it waits for. Until it is destroyed.
  void add(shutdown_part& part) noexcept;

  /// What is waited for just now.
  shutdown_report report() const;

  struct state;  // src/async/graceful_shutdown.cpp

 private:
  state* state_;
};

}  // namespace rondo
