#pragma once

#include <cstdint>

/// Terminals: their size, and the modes of their line discipline (termios(3)). Results are "0 or a
/// number, or the negated errno".
namespace rondo::os {

/// Whether a descriptor leads to one.
bool is_terminal(int fd) noexcept;

/// How large a terminal is. All zero where nobody has said.
struct terminal_size {
  int columns = 0;
  int rows = 0;

  friend bool operator==(const terminal_size&, const terminal_size&) noexcept = default;
};
/// The signal that tells of another size (SIGWINCH).
extern const int window_changed;
/// -> 0, with the size in `out`
int size_of_terminal(int fd, terminal_size& out) noexcept;

/// What becomes of what is typed.
enum class terminal_mode : std::uint8_t {
  raw,      ///< every byte comes as it is typed, Ctrl-C too; and what is written is not changed
  cbreak,   ///< every byte comes as it is typed and is not shown; Ctrl-C and Ctrl-Z are signals
  no_echo,  ///< lines, as ever, but they are not shown; for passwords
};

/// Changes the mode of a terminal until `restore_terminal`. What it was before is also restored by
/// exit(3), before a signal ends the process that nobody listens to or handles (a fault too), and
/// while SIGTSTP stops it. The only ways past that are SIGKILL and _exit(2). Not restored while
/// another job has the terminal, whose modes these would be. -> which change this is
int change_terminal(int fd, terminal_mode mode) noexcept;
/// In any order. What was typed and not read is dropped where it was not shown.
void restore_terminal(int change) noexcept;

/// The terminal that this process is controlled from, for reading and writing, non-blocking. ->
/// descriptor, close-on-exec
int open_terminal() noexcept;

}  // namespace rondo::os
