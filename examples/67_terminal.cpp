// Keys as they are pressed, where there is a terminal; whatever comes, where there is none. The
// terminal is as before when the program ends, whether by "q", by Ctrl-C or by a crash.
#include <array>
#include <cstdio>

#include <rondo/rondo.hpp>

namespace tty = rondo::tty;

rondo::task<> show_keys(rondo::input_stream& in) {
  std::array<std::byte, 16> key;
  for (;;) {
    const std::size_t size = co_await in.read(key);
    if (size == 0 || key[0] == std::byte{'q'}) break;
    for (std::size_t i = 0; i < size; ++i) std::printf("%02x ", static_cast<unsigned>(key[i]));
    std::puts("");
  }
}

rondo::task<> show_sizes() {
  tty::size_watch screen(co_await rondo::this_loop(), 0);
  for (;;) {
    const tty::terminal_size now = co_await screen.changed();
    std::printf("%d columns, %d rows\n", now.columns, now.rows);
  }
}

rondo::task<> amain() {
  rondo::input_stream in = co_await rondo::standard_input();
  if (!tty::is_terminal(0)) {
    co_await show_keys(in);
    co_return;
  }
  const tty::mode_scope keys(tty::terminal_mode::cbreak);
  std::puts("keys and sizes, until q");
  co_await rondo::race(show_keys(in), show_sizes());
}

int main() {
  rondo::run(amain());
}
