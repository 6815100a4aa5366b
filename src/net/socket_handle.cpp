// What every socket is: closing, options, and which loop serves it.
#include <rondo/async/loop_executor.hpp>
#include <rondo/net/socket_handle.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/task/crew.hpp>

namespace rondo {

void socket_handle::close_open_one() noexcept {
  const int descriptor = std::exchange(fd_, -1);
  if (loop_ != nullptr) {
    loop_->close(descriptor);
  } else {
    os::fd(descriptor).reset();
  }
}

/// One thread accepts for all. If its loop served all streams, the others would only steal what
/// these make ready, and wait for that one loop with each operation.
loop& socket_handle::new_home(const task_context& user) noexcept {
  crew* const team = user.moves() ? user.runs_on().member_of() : nullptr;
  return team != nullptr ? loop_of(team->next_home()) : loop_of(user);
}

result<void> socket_handle::set_option(os::option which, int value) noexcept {
  const int outcome = os::set_option(fd_, which, value);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "set a socket option"));
  return {};
}

result<int> socket_handle::option(os::option which) const noexcept {
  int value = 0;
  const int outcome = os::get_option(fd_, which, value);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "read a socket option"));
  return value;
}

}  // namespace rondo
