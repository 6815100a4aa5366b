// The three standard streams. They are shared: O_NONBLOCK would be a flag of the shell's
// descriptor, too, and break what runs there next. So pipes and terminals are opened once more, for
// us alone; what can't be (sockets, those of another user) is waited for and read by calls that
// never wait; and what epoll refuses, files and devices, is read by the pool.
#include <atomic>

#include <rondo/async/offload.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/pipe.hpp>
#include <rondo/pipe/standard_streams.hpp>

#include "pipe/read_all.hpp"

namespace rondo {

namespace detail {

struct plain_stream::held {
  os::fd descriptor;
  std::atomic<int> users = 1;  // the stream, and each call on the pool

  void leave() noexcept {
    if (users.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }
};

namespace {

/// Keeps the descriptor open for the time of a block.
template <class Held>
class user_of {
 public:
  explicit user_of(Held& h) noexcept : held_(&h) {
    h.users.fetch_add(1, std::memory_order_relaxed);
  }
  user_of(const user_of&) = delete;
  ~user_of() { held_->leave(); }

 private:
  Held* held_;
};

}  // namespace

plain_stream::plain_stream(os::fd descriptor) : held_(new held{std::move(descriptor)}) {}

void plain_stream::close() noexcept {
  if (held_ != nullptr) std::exchange(held_, nullptr)->leave();
}

task<std::size_t> plain_stream::read(std::span<std::byte> into, const char* name) {
  if (into.empty()) co_return 0;
  held& h = *held_;
  const user_of keep(h);
  const auto call = [&] { return os::read_pipe(h.descriptor.get(), into.data(), into.size()); };
  const int count = co_await offload({work_kind::files, "read a standard stream"}, call);
  if (count < 0) throw os::make_error(count, "read from", name);
  co_return static_cast<std::size_t>(count);
}

task<> plain_stream::write_all(std::span<const std::byte> bytes, const char* name) {
  held& h = *held_;
  const user_of keep(h);
  const auto call = [&] { return os::write_pipe(h.descriptor.get(), bytes.data(), bytes.size()); };
  while (!bytes.empty()) {
    const int count = co_await offload({work_kind::files, "write a standard stream"}, call);
    if (count < 0) throw os::make_error(count, "write to", name);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
}

}  // namespace detail

// What they are
// ----------------------------------------------------------------------------------------

namespace {

constexpr const char* input_name = "the standard input";

error failed_to_open(int failure, const char* name) {
  return os::make_error(failure, "open", name);
}

}  // namespace

result<input_stream> standard_input(loop& l) {
  os::fd opened;
  os::stream_nature nature = {};
  if (const int failure = os::open_standard_stream(0, opened, nature); failure < 0) {
    return std::unexpected(failed_to_open(failure, input_name));
  }
  input_stream made;
  switch (nature) {
    case os::stream_nature::closed:
      made.is_empty_ = true;
      break;
    case os::stream_nature::ready:
      made.plain_ = detail::plain_stream(std::move(opened));
      break;
    case os::stream_nature::own:
    case os::stream_nature::shared:
      made.pipe_ =
          pipe_reader(l, std::move(opened),
                      pipe_options("the standard input", nature == os::stream_nature::shared));
      break;
  }
  return made;
}

result<output_stream> output_stream::open(loop& l, int number) {
  const char* const name = number == 1 ? "the standard output" : "the standard error";
  os::fd opened;
  os::stream_nature nature = {};
  if (const int failure = os::open_standard_stream(number, opened, nature); failure < 0) {
    return std::unexpected(failed_to_open(failure, name));
  }
  output_stream made;
  made.name_ = name;
  if (nature == os::stream_nature::ready) {
    made.plain_ = detail::plain_stream(std::move(opened));
  } else if (nature != os::stream_nature::closed) {
    pipe_options how(label(std::string_view(name)), nature == os::stream_nature::shared);
    made.pipe_ = pipe_writer(l, std::move(opened), std::move(how));
  }
  return made;
}

result<output_stream> standard_output(loop& l) {
  return output_stream::open(l, 1);
}
result<output_stream> standard_error(loop& l) {
  return output_stream::open(l, 2);
}

namespace {

template <class Stream>
task<Stream> opened(result<Stream> (*open)(loop&)) {
  auto made = open(co_await this_loop());
  if (!made) throw std::move(made).error();
  co_return std::move(*made);
}

}  // namespace

RONDO_COROUTINE_WRAPPER task<input_stream> standard_input() {
  return opened<input_stream>(&standard_input);
}
RONDO_COROUTINE_WRAPPER task<output_stream> standard_output() {
  return opened<output_stream>(&standard_output);
}
RONDO_COROUTINE_WRAPPER task<output_stream> standard_error() {
  return opened<output_stream>(&standard_error);
}

// Reading and writing
// ----------------------------------------------------------------------------------------

task<std::size_t> input_stream::read(std::span<std::byte> into) {
  if (is_empty_) co_return 0;
  if (plain_) co_return co_await plain_.read(into, input_name);
  if (!is_open()) throw os::make_error(errc::closed, "read from", input_name);
  co_return co_await pipe_.read(into);
}

RONDO_COROUTINE_WRAPPER task<std::string> input_stream::read_all(std::size_t limit) {
  return detail::read_all(*this, limit, input_name);
}

void input_stream::close() noexcept {
  pipe_.close();
  plain_.close();
  is_empty_ = false;
}

task<> output_stream::write_all(std::span<const std::byte> bytes) {
  if (plain_) {
    co_await plain_.write_all(bytes, name_);
  } else if (is_open()) {
    co_await pipe_.write_all(bytes);
  } else {
    throw os::make_error(errc::closed, "write to", name_);
  }
}

void output_stream::close() noexcept {
  pipe_.close();
  plain_.close();
}

}  // namespace rondo
