// Pipes with a name. Opened without O_NONBLOCK each end waits in open(2) for the other one, with a
// thread that nothing can call back. With it a reader need not wait, and a writer is refused until
// there is a reader. Nobody is told of one that comes (inotify is silent until the open has
// succeeded, which waits for us), so the writer asks again, less and less often.
#include <rondo/async/sleep.hpp>
#include <rondo/base/backoff.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/pipe.hpp>
#include <rondo/pipe/fifo.hpp>

namespace rondo {

namespace {

[[noreturn]] void fail(int failure, const std::string& path) {
  if (os::to_errc(failure) == errc::invalid_argument) {
    throw os::make_error(failure, "open", path, "is it a fifo (mkfifo)?");
  }
  throw os::make_error(failure, "open", path);
}

}  // namespace

result<void> make_fifo(std::string_view path, unsigned mode) {
  const std::string named(path);
  if (const int failure = os::make_fifo(named.c_str(), mode); failure < 0) {
    return std::unexpected(os::make_error(failure, "make the fifo", named));
  }
  return {};
}

task<pipe_reader> open_fifo_reader(std::string path) {
  loop& here = co_await this_loop();
  const int opened = os::open_fifo(path.c_str(), false);
  if (opened < 0) fail(opened, path);
  co_return pipe_reader(here, os::fd(opened), pipe_options(label(path)));
}

task<pipe_writer> open_fifo_writer(std::string path) {
  loop& here = co_await this_loop();
  int opened = os::open_fifo(path.c_str(), true);
  backoff pause(duration::microseconds(500), duration::milliseconds(30));
  while (opened == os::no_reader) {
    co_await sleep_for(pause.next());
    opened = os::open_fifo(path.c_str(), true);
  }
  if (opened < 0) fail(opened, path);
  co_return pipe_writer(here, os::fd(opened), pipe_options(label(path)));
}

}  // namespace rondo
