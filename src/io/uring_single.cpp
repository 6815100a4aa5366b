// Operations that are one request of the kernel each: all of the writing side, and on the reading
// side what no stream serves.
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>

#include <rondo/os/errors.hpp>
#include <rondo/os/messages.hpp>

#include "io/uring_engine.hpp"

namespace rondo::io {
namespace {

constexpr std::uint32_t most_pieces =
    UIO_MAXIOV;  // sendmsg(2) refuses more; fewer is a short write

std::uint8_t opcode_of(op_kind kind) noexcept {
  switch (kind) {
    case op_kind::accept:
      return abi::op_accept;
    case op_kind::receive:
    case op_kind::receive_some:
      return abi::op_recv;
    case op_kind::connect:
      return abi::op_connect;
    case op_kind::send:
      return abi::op_send;
    case op_kind::receive_messages:
      return abi::op_recvmsg;
    case op_kind::send_vector:
    case op_kind::send_messages:
      return abi::op_sendmsg;
    case op_kind::readable:
    case op_kind::writable:
      return abi::op_poll_add;
    case op_kind::file:
      break;  // see submit_call
  }
  __builtin_unreachable();
}

/// What the kernel counts, as what the op asked for.
std::int32_t told_as(op& o, std::int32_t result) noexcept {
  switch (o.kind) {
    case op_kind::readable:
    case op_kind::writable:
      return 0;  // not the events that came
    case op_kind::receive_messages:
    case op_kind::send_messages:
      static_cast<os::message_slot*>(o.data)->size = static_cast<std::uint32_t>(result);
      return 1;
    default:
      return result;
  }
}

}  // namespace

/// Messages go by a plain call first: whoever sends or receives many of them has one after the
/// other, and would else wait a turn for each. It is one call for all of a batch, too, which a
/// request of the ring is not. False where it would have to wait.
bool uring_engine::try_messages(op& o) noexcept {
  auto* const slots = static_cast<os::message_slot*>(o.data);
  o.result = is_reading(o.kind) ? os::receive_messages(o.fd, slots, o.size)
                                : os::send_messages(o.fd, slots, o.size);
  return o.result != os::would_block;
}

void uring_engine::ask_kernel(op& o) noexcept {
  o.at = op::stage::in_kernel;
  io_uring_sqe& entry = request(opcode_of(o.kind), o.fd, label(o, tag::single));
  switch (o.kind) {
    case op_kind::accept:
      entry.accept_flags = SOCK_CLOEXEC;
      break;
    case op_kind::receive:
      entry.addr = address_of(o.data);
      entry.len = o.size;
      break;
    case op_kind::receive_some:
      entry.flags = abi::sqe_buffer_select;  // no length: as much as the buffer holds
      entry.buf_group = uring_buffers::group;
      break;
    case op_kind::connect:
      entry.addr = address_of(o.data);
      entry.off = o.size;
      break;
    case op_kind::send:
      entry.addr = address_of(o.data);
      entry.len = o.size;
      entry.msg_flags = MSG_NOSIGNAL;
      break;
    case op_kind::send_vector: {
      if (headers_ == nullptr) headers_ = std::make_unique<msghdr[]>(ring_.capacity());
      msghdr& header = headers_[ring_.index_of(entry)];
      header.msg_iov = static_cast<iovec*>(o.data);
      header.msg_iovlen = std::min(o.size, most_pieces);
      entry.addr = address_of(&header);
      entry.len = 1;
      entry.msg_flags = MSG_NOSIGNAL;
      break;
    }
    case op_kind::receive_messages:
      entry.addr = address_of(o.data);  // a mmsghdr begins with the header of its message
      entry.len = 1;
      entry.msg_flags = MSG_CMSG_CLOEXEC;
      break;
    case op_kind::send_messages:
      entry.addr = address_of(o.data);
      entry.len = 1;
      entry.msg_flags = MSG_NOSIGNAL;
      break;
    case op_kind::readable:
      entry.poll_events = POLLIN;
      break;
    case op_kind::writable:
      entry.poll_events = POLLOUT;
      break;
    case op_kind::file:
      break;
  }
}

void uring_engine::on_single(op& o, const uring_ring::completion& c) noexcept {
  if (o.kind == op_kind::file) return on_call(o, c.result);
  uring_slot& s = slots_[o.fd];
  std::int32_t result = c.result;
  if ((c.flags & abi::cqe_buffer) != 0) {
    const auto id = static_cast<std::uint16_t>(c.flags >> abi::cqe_buffer_shift);
    buffers_.take(id, result > 0 ? static_cast<std::uint32_t>(result) : 0);
    if (result > 0) {
      o.buffer = id;
      o.data = buffers_.data(id);
    } else {
      buffers_.give_back(id);  // taken for an end or an error: nothing is in it
    }
  }
  if (result == -EINTR && o.cancel_asked) {
    // A request that waited in vain many times (128 in Linux 6.18) goes to a worker of the kernel,
    // which waits inside the call: that is where the cancel met it.
    result = os::cancelled;
  } else if (result == -ENOBUFS && o.kind == op_kind::receive_some) {
    if (!o.cancel_asked) {
      o.at = op::stage::waiting;
      return start_reading(o, s, o.fd);
    }
    result = os::cancelled;
  }
  if (result >= 0) result = told_as(o, result);
  settle(o, s, result);
}

/// `o`, the first of its side, is over.
void uring_engine::settle(op& o, uring_slot& s, std::int32_t result) noexcept {
  const int fd = o.fd;
  s.side_of(o).pop();
  finish(o, result);
  if (s.closing) return close_if_released(s, fd);
  if (is_reading(o.kind)) {
    go_on_reading(s, fd);
  } else {
    go_on_writing(s);
  }
}

}  // namespace rondo::io
