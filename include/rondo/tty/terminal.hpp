#pragma once

#include <string>

#include <rondo/os/terminal.hpp>
#include <rondo/signal/signal_set.hpp>

/// The terminal that somebody sits at.
namespace rondo::tty {

/// Whether a descriptor leads to a terminal. Any thread.
bool is_terminal(int descriptor) noexcept;

using os::terminal_mode;
using os::terminal_size;

/// Columns and rows; fails with `errc::not_supported` or the like where it is no terminal.
result<terminal_size> size_of(int descriptor = 1);

/// Changes the mode of a terminal, and changes it back at the end of the block; and also where the
/// end of the block is never reached: at std::exit, at std::terminate, before a signal ends the
/// process (one that nobody listens to, a fault too), and for the time in which Ctrl-Z has stopped
/// it. Only SIGKILL and _exit get past that (then `stty sane` helps). Several may overlap; what the
/// last one has set counts, and what was before all of them comes back. Any thread.
class [[nodiscard]] mode_scope {
 public:
  /// Throws `error` where the descriptor leads to no terminal.
  explicit mode_scope(terminal_mode mode, int descriptor = 0);
  mode_scope(const mode_scope&) = delete;
  mode_scope& operator=(const mode_scope&) = delete;
  ~mode_scope();

 private:
  int change_;
};

/// Hears of changes of the size of a terminal (SIGWINCH). Thread: the loop's. Lifetime: within the
/// loop's.
class size_watch {
 public:
  using stays_on_thread = void;

  /// Throws `error` where the descriptor, which is to stay open, leads to no terminal.
  explicit size_watch(loop& l, int descriptor = 1);

  /// What was last seen: at the start, or by `changed`.
  terminal_size size() const noexcept { return size_; }
  /// Awaits that the size is another one than was last seen: at once where it is.
  task<terminal_size> changed();

 private:
  signal_set signals_;
  int descriptor_;
  terminal_size size_;
};

/// Asks at the terminal that controls this process, whatever the standard streams are, and reads a
/// line that is not shown while it is typed. Throws `error` where there is no terminal, and
/// `errc::end_of_stream` where no line came (Ctrl-D). A cancel restores the terminal, and drops
/// what was typed.
task<std::string> read_password(std::string prompt);

}  // namespace rondo::tty
