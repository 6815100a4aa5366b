// A running process: its end, and the signals to it.
#include <csignal>
#include <utility>

#include <rondo/async/timeout.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/process/process.hpp>

#include "process/process_state.hpp"

namespace rondo {

namespace detail {

bool process_state::look(bool wait) noexcept {
  os::process_end end;
  const int outcome = os::reap(pidfd.get(), wait, end);
  if (outcome == os::would_block) return false;
  if (outcome == 0) {
    ended.emplace(end);
  } else {
    failed = outcome;
  }
  return true;
}

void process_state::close() noexcept {
  if (pidfd) home->close(pidfd.release());
}

}  // namespace detail

// The end
// ----------------------------------------------------------------------------------------

exit_awaiter::exit_awaiter(detail::process_state* of, site where) noexcept
    : io_awaiter(of != nullptr ? of->pidfd.get() : -1, io::op_kind::readable, where), state_(of) {
  run = &step;
  if (state_ != nullptr) state_->keep();
}

exit_awaiter::exit_awaiter(exit_awaiter&& unstarted) noexcept
    : io_awaiter(std::move(unstarted)),
      state_(std::exchange(unstarted.state_, nullptr)) {}  // NOLINT(bugprone-use-after-move)

exit_awaiter::~exit_awaiter() {
  if (state_ != nullptr) state_->leave();
}

bool exit_awaiter::start(task_context& context, std::coroutine_handle<> waiting) {
  if (state_ != nullptr && !state_->pidfd && !context.cancel_pending()) {
    adopt(context);
    return false;  // known already
  }
  if (!is_to_start(context, waiting, state_ != nullptr ? *state_->home : loop_of(context))) {
    return false;
  }
  do {
    if (!again()) return true;
  } while (!has_ended());
  return false;
}

/// Takes notice of the end, for all who wait. False where it was a false alarm.
bool exit_awaiter::has_ended() noexcept {
  if (result < 0 || !state_->pidfd) return true;
  if (!state_->look(false)) return false;
  state_->close();
  return true;
}

void exit_awaiter::step(job& j) {
  auto& self = static_cast<exit_awaiter&>(static_cast<io::op&>(j));
  if (!self.is_with_line()) return;
  do {
    if (self.has_ended()) return self.go_on();
  } while (self.again());
}

error exit_awaiter::why_not() const {
  if (state_ == nullptr) return os::make_error(errc::closed, "wait for", "no process");
  const std::string who = state_->program + " (process " + std::to_string(state_->id) + ")";
  if (result == os::cancelled && cancel_is_pending()) {
    return os::make_error(errc::cancelled, "wait for", who);
  }
  if (state_->failed != 0) {
    return os::make_error(state_->failed, "wait for", who,
                          "something else in this program reaps it, or SIGCHLD is ignored");
  }
  return os::make_error(result, "wait for", who);
}

rondo::result<exit_status> exit_awaiter::finish() {
  end_wait();
  // Where the cancel came before the news did, the news can be asked for again.
  if (state_ != nullptr && state_->ended && (result >= 0 || !cancel_is_pending())) {
    return *state_->ended;
  }
  return std::unexpected(why_not());
}

exit_status exit_awaiter::await_resume() {
  auto ended = finish();
  if (ended) return *ended;
  if (ended.error().code() == errc::cancelled) context().throw_cancelled();
  throw std::move(ended).error();
}

// The process
// ----------------------------------------------------------------------------------------

process::process(process&& other) noexcept
    : state_(std::exchange(other.state_, nullptr)),
      input_(std::move(other.input_)),
      output_(std::move(other.output_)),
      error_(std::move(other.error_)) {}

process& process::operator=(process&& other) noexcept {
  if (this == &other) return *this;
  reset();
  state_ = std::exchange(other.state_, nullptr);
  input_ = std::move(other.input_);
  output_ = std::move(other.output_);
  error_ = std::move(other.error_);
  return *this;
}

void process::reset() noexcept {
  if (state_ == nullptr) return;
  if (state_->pidfd) {
    if (state_->leads_group) os::signal_group(state_->id, SIGKILL);
    os::signal_process(state_->pidfd.get(), SIGKILL);
    state_->look(true);
    state_->close();
  }
  std::exchange(state_, nullptr)->leave();
}

int process::id() const noexcept {
  return state_ != nullptr ? state_->id : 0;
}

result<void> process::signal(int number) noexcept {
  const bool ended = state_ == nullptr || !state_->pidfd;
  if (ended) return std::unexpected(os::make_error(errc::closed, "signal", "a process that ended"));
  const int outcome = os::signal_process(state_->pidfd.get(), number);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "signal", state_->program));
  return {};
}

result<void> process::signal_group(int number) noexcept {
  const bool ended = state_ == nullptr || !state_->pidfd;
  if (ended) return std::unexpected(os::make_error(errc::closed, "signal", "a group that ended"));
  if (!state_->leads_group) {
    return std::unexpected(os::make_error(errc::invalid_argument, "signal the group of",
                                          state_->program + ", which leads none"));
  }
  const int outcome = os::signal_group(state_->id, number);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "signal", state_->program));
  return {};
}

task<exit_status> process::terminate(duration grace) {
  // Either may fail where it has ended already.
  [[maybe_unused]] const auto asked = signal(SIGTERM);
  const auto in_time = co_await within(grace, wait());
  if (in_time) co_return *in_time;
  [[maybe_unused]] const auto killed = signal(SIGKILL);
  co_return co_await wait();
}

}  // namespace rondo
