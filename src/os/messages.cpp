// Whole messages, one or many with one system call. A single one goes by the call for one, which is
// the cheaper.
#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

#include <rondo/os/messages.hpp>

#include "os/direct_calls.hpp"
#include "os/retried.hpp"

namespace rondo::os {

static_assert(sizeof(message_slot) == sizeof(mmsghdr));
static_assert(offsetof(message_slot, name) == offsetof(mmsghdr, msg_hdr.msg_name));
static_assert(offsetof(message_slot, name_size) == offsetof(mmsghdr, msg_hdr.msg_namelen));
static_assert(offsetof(message_slot, pieces) == offsetof(mmsghdr, msg_hdr.msg_iov));
static_assert(offsetof(message_slot, piece_count) == offsetof(mmsghdr, msg_hdr.msg_iovlen));
static_assert(offsetof(message_slot, control) == offsetof(mmsghdr, msg_hdr.msg_control));
static_assert(offsetof(message_slot, control_size) == offsetof(mmsghdr, msg_hdr.msg_controllen));
static_assert(offsetof(message_slot, flags) == offsetof(mmsghdr, msg_hdr.msg_flags));
static_assert(offsetof(message_slot, size) == offsetof(mmsghdr, msg_len));

namespace {

constexpr int receiving = MSG_DONTWAIT | MSG_CMSG_CLOEXEC;
constexpr int sending = MSG_DONTWAIT | MSG_NOSIGNAL;

msghdr* header_of(message_slot& slot) noexcept {
  return &reinterpret_cast<mmsghdr&>(slot).msg_hdr;
}

/// The result of a call for one message, as that of a call for many.
int counted(int outcome, message_slot& slot) noexcept {
  if (outcome < 0) return outcome;
  slot.size = static_cast<std::uint32_t>(outcome);
  return 1;
}

}  // namespace

int receive_messages(int fd, message_slot* slots, std::uint32_t count) noexcept {
  if (count == 1) {
    return counted(retried([&] { return direct::recvmsg(fd, header_of(*slots), receiving); }),
                   *slots);
  }
  auto* const headers = reinterpret_cast<mmsghdr*>(slots);
  return retried([&] { return ::recvmmsg(fd, headers, count, receiving, nullptr); });
}

int send_messages(int fd, message_slot* slots, std::uint32_t count) noexcept {
  if (count == 1) {
    return counted(retried([&] { return direct::sendmsg(fd, header_of(*slots), sending); }),
                   *slots);
  }
  auto* const headers = reinterpret_cast<mmsghdr*>(slots);
  return retried([&] { return ::sendmmsg(fd, headers, count, sending); });
}

bool is_truncated(const message_slot& received) noexcept {
  return (received.flags & MSG_TRUNC) != 0;
}

bool is_control_truncated(const message_slot& received) noexcept {
  return (received.flags & MSG_CTRUNC) != 0;
}

}  // namespace rondo::os
