// Terminals for tasks: what the kernel wants is in os/terminal.cpp.
#include <rondo/async/lines.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/pipe/pipe_stream.hpp>
#include <rondo/tty/terminal.hpp>

namespace rondo::tty {

namespace {

error failed(int failure, const char* operation, int descriptor) {
  return os::make_error(failure, operation, "descriptor " + std::to_string(descriptor),
                        "is it a terminal (tty::is_terminal)?");
}

constexpr const char* controlling = "the controlling terminal";

}  // namespace

bool is_terminal(int descriptor) noexcept {
  return os::is_terminal(descriptor);
}

result<terminal_size> size_of(int descriptor) {
  terminal_size size;
  if (const int failure = os::size_of_terminal(descriptor, size); failure < 0) {
    return std::unexpected(failed(failure, "ask the size of", descriptor));
  }
  return size;
}

mode_scope::mode_scope(terminal_mode mode, int descriptor)
    : change_(os::change_terminal(descriptor, mode)) {
  if (change_ < 0) throw failed(change_, "change the mode of", descriptor);
}

mode_scope::~mode_scope() {
  os::restore_terminal(change_);
}

// The signal is listened to before the size is asked for, so no change falls between.
size_watch::size_watch(loop& l, int descriptor)
    : signals_(l, {os::window_changed}), descriptor_(descriptor) {
  auto found = size_of(descriptor);
  if (!found) throw std::move(found).error();
  size_ = *found;
}

task<terminal_size> size_watch::changed() {
  for (;;) {
    auto now = size_of(descriptor_);
    if (!now) throw std::move(now).error();
    if (*now != size_) {
      size_ = *now;
      co_return size_;
    }
    co_await signals_.next();
  }
}

task<std::string> read_password(std::string prompt) {
  loop& here = co_await this_loop();
  const int opened = os::open_terminal();
  if (opened < 0) {
    throw os::make_error(opened, "open", controlling, "this process was started without one");
  }
  pipe_reader reader(here, os::fd(opened), pipe_options(label(std::string_view(controlling))));
  const int again = os::open_terminal();
  if (again < 0) throw os::make_error(again, "open", controlling);
  pipe_writer writer(here, os::fd(again), pipe_options(label(std::string_view(controlling))));
  std::string typed;
  {
    const mode_scope unseen(terminal_mode::no_echo, reader.descriptor());
    co_await writer.write_all(prompt);
    line_reader lines(reader);
    const auto line = co_await lines.next();
    if (!line) throw os::make_error(errc::end_of_stream, "read a password from", controlling);
    typed = *line;
  }
  co_await writer.write_all("\n");  // the one that was typed was not shown either
  co_return typed;
}

}  // namespace rondo::tty
