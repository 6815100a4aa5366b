#pragma once

#include <source_location>
#include <string>
#include <utility>

#include <rondo/base/config.hpp>
#include <rondo/pipe/pipe_stream.hpp>
#include <rondo/process/exit_status.hpp>
#include <rondo/process/process_options.hpp>

namespace rondo {

class process;

namespace detail {
struct process_state;  // src/process/process_state.hpp
class launch;          // src/process/launch.cpp
}  // namespace detail

/// Awaits the end of a process.
class [[nodiscard]] exit_awaiter : public io_awaiter {
 public:
  exit_awaiter(detail::process_state* of, site where) noexcept;
  exit_awaiter(exit_awaiter&& unstarted) noexcept;
  ~exit_awaiter();
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return start(waiting.promise().context(), waiting);
  }
  exit_status await_resume();
  rondo::result<exit_status> finish();
  as_result_awaiter<exit_awaiter> as_result() && noexcept {
    return as_result_awaiter<exit_awaiter>(*this);
  }

 private:
  bool start(task_context& context, std::coroutine_handle<> waiting);
  bool has_ended() noexcept;
  error why_not() const;
  static void step(job& j);

  detail::process_state* state_;  // kept alive by a count
};

/// Starts a process on the loop of the task. Does not suspend.
class [[nodiscard]] start_awaiter {
 public:
  explicit start_awaiter(const process_options& how) noexcept : options_(&how) {}

  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) noexcept {
    context_ = &waiting.promise().context();
    return false;
  }
  process await_resume();
  rondo::result<process> finish();
  as_result_awaiter<start_awaiter> as_result() && noexcept {
    return as_result_awaiter<start_awaiter>(*this);
  }

 private:
  const process_options* options_;
  task_context* context_ = nullptr;
};

/// What `process::output` gives the program, and how much it takes.
struct output_options {
  output_options() noexcept = default;
  explicit output_options(std::string text, std::size_t most = std::size_t{64} << 20)
      : input(std::move(text)), limit(most) {}

  std::string input;                          ///< its standard input; none where it is empty
  std::size_t limit = std::size_t{64} << 20;  ///< bytes of each stream
};

struct process_output;

/// A program that this one has started, and owns: where the object goes before the process was
/// found to have ended, the process is killed (SIGKILL) and waited for, in place. Nothing is left
/// behind, no zombie either. `terminate` is the polite way.
///
/// There is no handler of SIGCHLD and no global table: each process is heard of through a
/// descriptor of its own (a pidfd), and signals can't reach a stranger that got its number.
///
/// Thread: the loop's; in a runtime of several threads, that of whichever task uses it, two tasks
/// at once only where they stay with each other (children of one `with_scope` or `when_all`). Its
/// end is heard of by the loop where it was started. Lifetime: within that loop's.
class process {
  using site = std::source_location;

 public:
  process() noexcept = default;  ///< names none
  process(process&& other) noexcept;
  process& operator=(process&& other) noexcept;
  ~process() { reset(); }

  /// Starts a program, and returns once it runs; this takes the kernel less than a millisecond, in
  /// which the thread stands still. Where it can't be run, this fails, and says at what: no such
  /// program, not executable, no such directory, no more processes.
  static start_awaiter start(const process_options& how RONDO_LIFETIMEBOUND) noexcept {
    return start_awaiter(how);
  }
  static result<process> start(loop& l, const process_options& how);

  /// Runs a program to its end, and collects what it writes to its standard output and error (but
  /// where `how` leads the error elsewhere than to ours). It reads `options.input`, or else nothing
  /// unless `how` says what. Fails, and kills it, where it writes more than `options.limit`; a
  /// failure of the program itself is a value. Ends when the streams do: a child of the program
  /// that lives on and holds them holds this up.
  static task<process_output> output(process_options how, output_options options = {});

  /// Awaits its end, and says how it ended. May be asked again, also later. Fails with the kernel's
  /// ECHILD where something else in this program (a waitpid of any child, an ignored SIGCHLD) has
  /// taken the news away; Linux 6.15 and later tell it all the same, but for what it used.
  exit_awaiter wait(site where = site::current()) const noexcept {
    return exit_awaiter(state_, where);
  }
  /// Asks it to end (SIGTERM), and kills it where it hasn't after `grace`.
  task<exit_status> terminate(duration grace);

  /// Sends it a signal. Fails with `errc::closed` where it has ended.
  result<void> signal(int number) noexcept;
  /// Sends it to all of the group that it leads (see process_options::new_process_group), if need
  /// be after its own end, until that was awaited.
  result<void> signal_group(int number) noexcept;

  /// The number of the process, for people: it may be another one's once the end was awaited. 0
  /// where it names none.
  int id() const noexcept;
  explicit operator bool() const noexcept { return state_ != nullptr; }

  /// The other ends of the streams that were to be pipes; closed where they were not, and movable.
  /// The standard input must be closed for a program that reads to its end.
  pipe_writer& standard_input() noexcept { return input_; }
  pipe_reader& standard_output() noexcept { return output_; }
  pipe_reader& standard_error() noexcept { return error_; }

 private:
  friend class detail::launch;
  void reset() noexcept;

  detail::process_state* state_ = nullptr;
  pipe_writer input_;
  pipe_reader output_;
  pipe_reader error_;
};

/// How a program ended, and what it wrote.
struct process_output {
  exit_status status;
  std::string standard_output;
  std::string standard_error;
};

}  // namespace rondo
