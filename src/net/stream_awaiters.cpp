// Reads and writes as awaits. Those of several steps (all of it, exactly so much) submit the next
// step from the completion of the last one, so the coroutine is resumed once, at the end.
#include <algorithm>
#include <string>
#include <utility>

#include <rondo/os/errors.hpp>

#include "net/kept_bytes.hpp"

namespace rondo {

namespace {

/// The kernel transfers at most 0x7ffff000 bytes a call anyway (read(2), NOTES).
std::uint32_t clamped(std::size_t size) noexcept {
  return static_cast<std::uint32_t>(std::min<std::size_t>(size, 0x7ffff000));
}

}  // namespace

// read
// ----------------------------------------------------------------------------------------------

read_awaiter::read_awaiter(stream_socket& from, std::span<std::byte> into, site where) noexcept
    : io_awaiter(from.descriptor(), io::op_kind::receive, where), stream_(&from) {
  data = into.data();
  size = clamped(into.size());
}

bool read_awaiter::start(task_context& context, std::coroutine_handle<> waiting) {
  if (stream_->kept_ == nullptr || context.cancel_pending()) [[likely]]
    return begin(context, waiting, stream_->home(context));
  adopt(context);
  result = static_cast<std::int32_t>(stream_->take_kept(static_cast<std::byte*>(data), size));
  return false;
}

rondo::result<std::size_t> read_awaiter::finish() {
  end_wait();
  if (result < 0) return std::unexpected(failure("read"));
  return static_cast<std::size_t>(result);
}

std::size_t read_awaiter::await_resume() {
  end_wait();
  if (result < 0) [[unlikely]]
    throw_failure("read");
  return static_cast<std::size_t>(result);
}

// read_some
// -----------------------------------------------------------------------------------------

read_some_awaiter::read_some_awaiter(stream_socket& from, site where) noexcept
    : io_awaiter(from.descriptor(), io::op_kind::receive_some, where), stream_(&from) {}

bool read_some_awaiter::start(task_context& context, std::coroutine_handle<> waiting) {
  stream_->reads_ahead_ = true;
  if (stream_->kept_ == nullptr || context.cancel_pending()) [[likely]]
    return begin(context, waiting, stream_->home(context));
  adopt(context);
  size = 1;  // says so to `taken`; the operation itself needs no size
  return false;
}

io_buffer read_some_awaiter::taken() noexcept {
  if (size != 0) {
    stream_socket::kept_bytes& kept = *stream_->kept_;
    io_buffer all(std::exchange(kept.block, nullptr), kept.begin,
                  static_cast<std::uint32_t>(kept.size()));
    delete std::exchange(stream_->kept_, nullptr);
    return all;
  }
  if (buffer == no_buffer) return {};
  return {home(), buffer, data, static_cast<std::uint32_t>(result)};
}

rondo::result<io_buffer> read_some_awaiter::finish() {
  end_wait();
  if (result < 0) return std::unexpected(failure("read"));
  return taken();
}

io_buffer read_some_awaiter::await_resume() {
  end_wait();
  if (result < 0) [[unlikely]]
    throw_failure("read");
  return taken();
}

// Several steps
// ----------------------------------------------------------------------------------------

stepwise_awaiter::stepwise_awaiter(stream_socket& on, io::op_kind what, site where) noexcept
    : io_awaiter(on.descriptor(), what, where), stream_(&on) {}

bool stepwise_awaiter::may_go_on() noexcept {
  if (stream_ != nullptr && !cancel_is_pending()) return true;
  result = os::cancelled;
  return false;
}

bool stepwise_awaiter::begin_steps(task_context& context,
                                   std::coroutine_handle<> waiting) noexcept {
  if (!is_to_start(context, waiting, stream_->home(context))) return false;
  next_ = std::exchange(stream_->awaited_, this);
  return true;
}

void stepwise_awaiter::end_steps() noexcept {
  end_wait();
  if (stream_ == nullptr) return;
  stepwise_awaiter** link = &stream_->awaited_;
  while (*link != nullptr && *link != this) link = &(*link)->next_;
  if (*link != nullptr) *link = next_;
}

// read_exact
// ----------------------------------------------------------------------------------------

read_exact_awaiter::read_exact_awaiter(stream_socket& from, std::span<std::byte> into,
                                       site where) noexcept
    : stepwise_awaiter(from, io::op_kind::receive, where),
      begin_(into.data()),
      end_(into.data() + into.size()) {
  run = &step;
  data = begin_;
  size = clamped(into.size());
}

bool read_exact_awaiter::start(task_context& context, std::coroutine_handle<> waiting) {
  adopt(context);
  if (stream_->kept_ != nullptr && !context.cancel_pending()) {
    result = static_cast<std::int32_t>(stream_->take_kept(begin_, clamped(end_ - begin_)));
    if (advance()) return false;
  }
  if (begin_ == end_ || !begin_steps(context, waiting)) return false;
  do {
    if (!again()) return true;
  } while (!advance());
  return false;
}

/// Takes note of a step. True where it was the last.
bool read_exact_awaiter::advance() noexcept {
  if (result <= 0) return true;
  data = static_cast<std::byte*>(data) + result;
  size = clamped(static_cast<std::size_t>(end_ - static_cast<std::byte*>(data)));
  return size == 0 || !may_go_on();
}

void read_exact_awaiter::step(job& j) {
  auto& self = static_cast<read_exact_awaiter&>(static_cast<io::op&>(j));
  if (!self.is_with_line()) return;
  do {
    if (self.advance()) return self.go_on();
  } while (self.again());
}

rondo::result<void> read_exact_awaiter::finish() {
  end_steps();
  auto* const filled = static_cast<std::byte*>(data);
  if (filled == end_) return {};
  if (stream_ != nullptr) stream_->unread({begin_, filled});
  if (result < 0) return std::unexpected(failure("read_exact"));
  return std::unexpected(os::make_error(errc::end_of_stream, "read_exact",
                                        "after " + std::to_string(filled - begin_) + " of " +
                                            std::to_string(end_ - begin_) + " bytes"));
}

void read_exact_awaiter::await_resume() {
  auto outcome = finish();
  if (outcome) return;
  if (outcome.error().code() == errc::cancelled) context().throw_cancelled();
  throw std::move(outcome).error();
}

// write_all
// -----------------------------------------------------------------------------------------

write_awaiter::write_awaiter(stream_socket& to, std::span<const std::byte> bytes,
                             site where) noexcept
    : stepwise_awaiter(to, io::op_kind::send, where), left_(bytes.size()) {
  run = &step;
  data = const_cast<std::byte*>(bytes.data());  // only read: see op_kind::send
  size = clamped(left_);
}

write_awaiter::write_awaiter(stream_socket& to, std::span<const_buffer> pieces, site where) noexcept
    : stepwise_awaiter(to, io::op_kind::send_vector, where), left_(pieces.size()) {
  run = &step;
  data = pieces.data();
  skip_empty();
}

bool write_awaiter::start(task_context& context, std::coroutine_handle<> waiting) {
  if (left_ == 0) {
    adopt(context);
    return false;
  }
  if (!begin_steps(context, waiting)) return false;
  do {
    if (!again()) return true;
  } while (!advance());
  return false;
}

/// Takes note of a step. True where it was the last.
bool write_awaiter::advance() noexcept {
  if (result < 0) return true;
  if (kind == io::op_kind::send) {
    data = static_cast<std::byte*>(data) + result;
    left_ -= static_cast<std::size_t>(result);
    size = clamped(left_);
  } else {
    auto sent = static_cast<std::size_t>(result);
    auto* piece = static_cast<const_buffer*>(data);
    while (left_ > 0 && sent >= piece->size) {
      sent -= piece->size;
      ++piece;
      --left_;
    }
    data = piece;
    if (sent > 0) {
      piece->data = static_cast<const std::byte*>(piece->data) + sent;
      piece->size -= sent;
    }
    skip_empty();
  }
  return left_ == 0 || !may_go_on();
}

/// sendmsg would answer 0 to nothing but empty pieces, which must not look like no progress.
void write_awaiter::skip_empty() noexcept {
  auto* piece = static_cast<const_buffer*>(data);
  while (left_ > 0 && piece->size == 0) {
    ++piece;
    --left_;
  }
  data = piece;
  size = static_cast<std::uint32_t>(std::min<std::size_t>(left_, 1024));  // IOV_MAX
}

void write_awaiter::step(job& j) {
  auto& self = static_cast<write_awaiter&>(static_cast<io::op&>(j));
  if (!self.is_with_line()) return;
  do {
    if (self.advance()) return self.go_on();
  } while (self.again());
}

rondo::result<void> write_awaiter::finish() {
  end_steps();
  if (result < 0) return std::unexpected(failure("write"));
  return {};
}

void write_awaiter::await_resume() {
  end_steps();
  if (result < 0) [[unlikely]]
    throw_failure("write");
}

}  // namespace rondo
