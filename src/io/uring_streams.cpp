// The reading side: multishot requests, what they bring while nobody waits, and who gets it.
//
// A multishot request is asked once and completes again and again, each time with F_MORE, until a
// last time without. It saves a submission per read, and an idle connection holds no buffer. What
// it costs is care:
//  - It ends whenever the kernel likes: at the end of the stream, at an error, when the buffers are
//    out (ENOBUFS), when the completion ring is full. Only the missing F_MORE tells. Whoever still
//    waits then has it armed again, and only then: before the last completion is seen, a second
//    request would compete with the first for the same bytes.
//  - The last completion may carry bytes or a connection like any other, even after a cancel.
//  - It takes what nobody has asked for. That is kept in order; where it becomes much, the request
//    is cancelled until it is consumed, so that the rest stays with the kernel and TCP slows the
//    peer down.
//  - The kernel's refusal for want of a buffer loses nothing: the bytes are still in the socket.
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include <rondo/base/assert.hpp>
#include <rondo/os/errors.hpp>

#include "io/uring_engine.hpp"

namespace rondo::io {
namespace {

// How much may lie here unasked for at the start of a turn before the stream is cancelled.
constexpr std::uint16_t crowd_of_chunks = 4;
constexpr std::uint16_t crowd_of_connections = 16;

std::uint16_t crowd_of(const uring_slot& s) noexcept {
  return s.listener ? crowd_of_connections : crowd_of_chunks;
}

}  // namespace

/// There is news: gives it to `o`, if that is what it wants. True: its result is set.
bool uring_engine::serve(op& o, uring_slot& s) noexcept {
  if (o.kind == op_kind::readable) {
    o.result = 0;
    return true;
  }
  if (s.listener != (o.kind == op_kind::accept)) return false;  // the kernel will say what is wrong
  if (s.kept == 0) {
    // Told once. Who asks again has the kernel asked again: after an end that is an end again,
    // after an error whatever is true by then.
    o.result = s.ending;
    s.ended = false;
  } else if (o.kind == op_kind::receive_messages) {
    return false;  // of bytes that a read_some on the same socket has brought no message is left
  } else if (o.kind == op_kind::accept) {
    o.result = take_connection(s);
  } else if (o.kind == op_kind::receive_some) {
    lend_chunk(o, s);
  } else {
    copy_chunks(o, s);
  }
  return true;
}

/// Something has come, or has gone: serves as many as it serves and sees to the next.
void uring_engine::go_on_reading(uring_slot& s, int fd) noexcept {
  while (!s.reading.empty()) {
    op& o = s.reading.front();
    if (o.at == op::stage::in_kernel) return;
    if (o.cancel_asked && !s.has_news()) {
      if (s.streaming) return;  // see `cancel`: until the kernel has stopped accepting
      s.reading.pop();
      finish(o, os::cancelled);
      continue;
    }
    if (!s.has_news() || !serve(o, s)) return start_reading(o, s, fd);
    s.reading.pop();
    finish(o, o.result);
  }
}

/// `o` is first, and nothing that is kept serves it. Harmless where it is being served already.
void uring_engine::start_reading(op& o, uring_slot& s, int fd) noexcept {
  const bool misfit = o.kind != op_kind::readable && s.listener != (o.kind == op_kind::accept);
  if (s.streaming) {
    if (misfit) ask_kernel(o);
    return;
  }
  arm(o, s, fd);
}

/// Apart from start_reading, which mostly finds the stream at work.
[[gnu::noinline]] void uring_engine::arm(op& o, uring_slot& s, int fd) noexcept {
  if (o.kind == op_kind::receive_some && buffers_.with_kernel() == 0 && !buffers_.grow()) {
    starving_.push_back(fd);
    return;
  }
  if (o.kind == op_kind::accept && (s.listener || s.kept == 0)) {
    arm_connections(s, fd);
  } else if (o.kind == op_kind::receive_some && !s.listener) {
    arm_bytes(s, fd);
  } else {
    ask_kernel(o);
  }
}

void uring_engine::arm_bytes(uring_slot& s, int fd) noexcept {
  s.streaming = true;
  io_uring_sqe& entry = request(abi::op_recv, fd, label(fd, tag::bytes));
  entry.ioprio = abi::recv_multishot;
  entry.flags = abi::sqe_buffer_select;
  entry.buf_group = uring_buffers::group;
}

void uring_engine::arm_connections(uring_slot& s, int fd) noexcept {
  s.streaming = true;
  s.listener = true;
  io_uring_sqe& entry = request(abi::op_accept, fd, label(fd, tag::connections));
  entry.ioprio = abi::accept_multishot;
  entry.accept_flags = SOCK_CLOEXEC;
}

void uring_engine::cancel_stream(uring_slot& s, int fd) noexcept {
  if (!s.streaming || s.stream_cancelled) return;
  s.stream_cancelled = true;
  request_cancel(label(fd, s.listener ? tag::connections : tag::bytes));
}

void uring_engine::on_bytes(int fd, const uring_ring::completion& c) noexcept {
  uring_slot& s = slots_[fd];
  RONDO_ASSERT(s.streaming && !s.listener, fd, c.result);
  if ((c.flags & abi::cqe_buffer) != 0) {
    const auto id = static_cast<std::uint16_t>(c.flags >> abi::cqe_buffer_shift);
    buffers_.take(id, c.result > 0 ? static_cast<std::uint32_t>(c.result) : 0);
    if (c.result > 0 && !s.closing) {
      keep_chunk(s, fd, id);
    } else {
      buffers_.give_back(id);  // taken for the end or an error, or nobody's any more
    }
  }
  if ((c.flags & abi::cqe_more) == 0) stream_over(s, c.result);
  if (s.closing) return close_if_released(s, fd);
  go_on_reading(s, fd);
}

void uring_engine::on_connection(int fd, const uring_ring::completion& c) noexcept {
  // Before anything refers to a slot: making one may move them all.
  const bool placed = c.result >= 0 && slots_.make(c.result) != nullptr;
  uring_slot& s = slots_[fd];
  RONDO_ASSERT(s.streaming && s.listener, fd, c.result);
  if (placed && !s.closing) {
    keep_connection(s, fd, c.result);
  } else if (c.result >= 0) {
    ::close(c.result);
  }
  if ((c.flags & abi::cqe_more) == 0) stream_over(s, c.result);
  if (s.closing) return close_if_released(s, fd);
  go_on_reading(s, fd);
}

/// The last completion has come. What it tells is kept for the next reader, unless it only means
/// that the stream is to be armed again when somebody wants it.
void uring_engine::stream_over(uring_slot& s, std::int32_t result) noexcept {
  s.streaming = false;
  s.stream_cancelled = false;
  const bool end_of_bytes = result == 0 && !s.listener;
  if (end_of_bytes || (result < 0 && result != -ECANCELED && result != -ENOBUFS) ||
      (result == -ENOBUFS && s.listener)) {
    s.ended = true;
    s.ending = result;
  }
}

void uring_engine::keep_chunk(uring_slot& s, int fd, std::uint16_t id) noexcept {
  if (s.kept == 0) {
    s.first_kept = id;
  } else {
    buffers_[static_cast<std::uint16_t>(s.last_kept)].next = id;
  }
  s.last_kept = id;
  ++s.kept;
  note_crowd(s, fd);
}

void uring_engine::keep_connection(uring_slot& s, int fd, int connection) noexcept {
  const uring_slot& fresh = slots_[connection];
  // A descriptor that was closed behind our back would be served what its former life left.
  RONDO_ASSERT(!fresh.streaming && fresh.kept == 0 && fresh.reading.empty(), connection);
  if (s.kept == 0) {
    s.first_kept = connection;
  } else {
    slots_[s.last_kept].first_kept = connection;
  }
  s.last_kept = connection;
  ++s.kept;
  note_crowd(s, fd);
}

/// A burst may be consumed within this very turn, so the judgement is left to the next.
inline void uring_engine::note_crowd(uring_slot& s, int fd) noexcept {
  if (s.kept < crowd_of(s) || s.crowded) return;
  s.crowded = true;
  crowded_.push_back(fd);
}

void uring_engine::throttle() noexcept {
  for (const int fd : crowded_) {
    uring_slot& s = slots_[fd];
    s.crowded = false;
    if (s.kept >= crowd_of(s)) cancel_stream(s, fd);
  }
  crowded_.clear();
}

/// Arms those again that found no buffer and no memory for more, once some have come back.
void uring_engine::feed() noexcept {
  if (buffers_.with_kernel() == 0) return;
  const std::vector<int> hungry = std::move(starving_);
  starving_.clear();
  for (const int fd : hungry) go_on_reading(slots_[fd], fd);
}

int uring_engine::take_connection(uring_slot& s) noexcept {
  const int connection = s.first_kept;
  s.first_kept = slots_[connection].first_kept;
  slots_[connection] = uring_slot();
  --s.kept;
  return connection;
}

void uring_engine::lend_chunk(op& o, uring_slot& s) noexcept {
  const auto id = static_cast<std::uint16_t>(s.first_kept);
  const uring_buffers::chunk& c = buffers_[id];
  o.buffer = id;
  o.data = buffers_.data(id) + c.begin;
  o.result = c.end - c.begin;
  forget_chunk(s);
}

/// As many bytes as there are and fit. What does not fit stays where it is.
void uring_engine::copy_chunks(op& o, uring_slot& s) noexcept {
  std::uint32_t copied = 0;
  while (s.kept != 0 && copied < o.size) {
    const auto id = static_cast<std::uint16_t>(s.first_kept);
    uring_buffers::chunk& c = buffers_[id];
    const std::uint32_t part = std::min<std::uint32_t>(o.size - copied, c.end - c.begin);
    memcpy(static_cast<unsigned char*>(o.data) + copied, buffers_.data(id) + c.begin, part);
    copied += part;
    c.begin = static_cast<std::uint16_t>(c.begin + part);
    if (c.begin != c.end) break;
    forget_chunk(s);
    buffers_.give_back(id);
  }
  o.result = static_cast<std::int32_t>(copied);
}

void uring_engine::forget_chunk(uring_slot& s) noexcept {
  s.first_kept = buffers_[static_cast<std::uint16_t>(s.first_kept)].next;
  --s.kept;
}

void uring_engine::drop_kept(uring_slot& s) noexcept {
  while (s.kept != 0) {
    if (s.listener) {
      ::close(take_connection(s));
    } else {
      const auto id = static_cast<std::uint16_t>(s.first_kept);
      forget_chunk(s);
      buffers_.give_back(id);
    }
  }
}

}  // namespace rondo::io
