// One datagram, or a batch of them, as an await: one operation each, whose slots lie in the
// awaiting frame or in the batch.
#include <rondo/net/udp_socket.hpp>
#include <rondo/os/errors.hpp>

#include "net/datagram_error.hpp"

namespace rondo {

namespace {

/// Of a message that was received into `room`.
datagram told(const os::message_slot& slot, std::span<std::byte> room,
              const socket_address& from) noexcept {
  datagram d;
  d.bytes = room.first(slot.size);
  d.from = from;
  d.truncated = os::is_truncated(slot);
  d.segment_size = slot.size;
  if (slot.control_size == 0) return d;
  os::datagram_extras extras;
  os::read_extras(slot, extras);
  if (extras.segment_size != 0) d.segment_size = extras.segment_size;
  d.local = extras.local;
  d.interface = extras.interface;
  d.congestion = extras.congestion;
  return d;
}

void prepare_to_receive(os::message_slot& slot, const_buffer& piece,
                        socket_address& from) noexcept {
  from.prepare_to_receive();
  slot.name = from.data();
  slot.name_size = from.size();
  slot.pieces = &piece;
  slot.piece_count = 1;
}

void note_sender(const os::message_slot& slot, socket_address& from) noexcept {
  *from.size_address() = slot.name_size;
}

}  // namespace

// receive
// ---------------------------------------------------------------------------------------------

udp_receive_awaiter::udp_receive_awaiter(udp_socket& from, std::span<std::byte> into,
                                         site where) noexcept
    : io_awaiter(from.descriptor(), io::op_kind::receive_messages, where),
      socket_(&from),
      into_(into) {}

bool udp_receive_awaiter::start(task_context& context, std::coroutine_handle<> waiting) {
  piece_ = {into_.data(), into_.size()};
  prepare_to_receive(slot_, piece_, from_);
  if (socket_->tells_extras_) {
    slot_.control = control_;
    slot_.control_size = sizeof control_;
  }
  data = &slot_;
  size = 1;
  return begin(context, waiting, socket_->home(context));
}

datagram udp_receive_awaiter::received() const noexcept {
  socket_address from = from_;
  note_sender(slot_, from);
  return told(slot_, into_, from);
}

rondo::result<datagram> udp_receive_awaiter::finish() {
  end_wait();
  if (result < 0) return std::unexpected(failure("receive a datagram from"));
  return received();
}

datagram udp_receive_awaiter::await_resume() {
  end_wait();
  if (result < 0) [[unlikely]]
    throw_failure("receive a datagram from");
  return received();
}

// receive_many
// ----------------------------------------------------------------------------------------

datagram_batch::datagram_batch(std::size_t count, std::size_t size)
    : room_(count * size), slots_(count), around_(count), received_(count), used_(count) {
  for (std::size_t i = 0; i < count; ++i) {
    around_[i].piece = {room_.data() + i * size, size};
  }
}

/// Only what the kernel has changed is made ready again.
void datagram_batch::prepare(bool with_extras) noexcept {
  filled_ = 0;
  if (with_extras != with_extras_) used_ = slots_.size();
  with_extras_ = with_extras;
  for (std::size_t i = 0; i < used_; ++i) {
    surroundings& around = around_[i];
    prepare_to_receive(slots_[i], around.piece, around.from);
    slots_[i].control = with_extras ? around.control : nullptr;
    slots_[i].control_size = with_extras ? sizeof around.control : 0;
  }
  used_ = 0;
}

void datagram_batch::fill(std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    surroundings& around = around_[i];
    auto* const bytes = static_cast<std::byte*>(const_cast<void*>(around.piece.data));
    note_sender(slots_[i], around.from);
    received_[i] = told(slots_[i], {bytes, around.piece.size}, around.from);
  }
  filled_ = used_ = count;
}

udp_receive_many_awaiter::udp_receive_many_awaiter(udp_socket& from, datagram_batch& into,
                                                   site where) noexcept
    : io_awaiter(from.descriptor(), io::op_kind::receive_messages, where),
      socket_(&from),
      batch_(&into) {}

bool udp_receive_many_awaiter::start(task_context& context, std::coroutine_handle<> waiting) {
  batch_->prepare(socket_->tells_extras_);
  data = batch_->slots_.data();
  size = static_cast<std::uint32_t>(batch_->slots_.size());
  return begin(context, waiting, socket_->home(context));
}

rondo::result<std::size_t> udp_receive_many_awaiter::finish() {
  end_wait();
  if (result < 0) return std::unexpected(failure("receive datagrams from"));
  batch_->fill(static_cast<std::size_t>(result));
  return batch_->size();
}

std::size_t udp_receive_many_awaiter::await_resume() {
  end_wait();
  if (result < 0) [[unlikely]]
    throw_failure("receive datagrams from");
  batch_->fill(static_cast<std::size_t>(result));
  return batch_->size();
}

// send
// ------------------------------------------------------------------------------------------------

udp_send_awaiter::udp_send_awaiter(udp_socket& by, const outgoing_datagram& what,
                                   site where) noexcept
    : io_awaiter(by.descriptor(), io::op_kind::send_messages, where), socket_(&by), what_(what) {}

bool udp_send_awaiter::start(task_context& context, std::coroutine_handle<> waiting) {
  piece_ = {what_.bytes.data(), what_.bytes.size()};
  slot_.pieces = &piece_;
  slot_.piece_count = 1;
  if (what_.to.size() != 0) {
    slot_.name = what_.to.data();
    slot_.name_size = what_.to.size();
  }
  os::datagram_extras extras;
  extras.local = what_.local;
  extras.interface = what_.interface;
  extras.congestion = what_.congestion;
  slot_.control_size = os::write_extras(extras, what_.to, socket_->is_v6(), control_);
  slot_.control = slot_.control_size != 0 ? control_ : nullptr;
  data = &slot_;
  size = 1;
  return begin(context, waiting, socket_->home(context));
}

error udp_send_awaiter::why_not() const {
  const bool own_doing = result == os::cancelled || fd < 0;
  if (own_doing || (what_.to.size() == 0 && result != os::message_too_long)) {
    return failure("send a datagram to");
  }
  return why_not_sent(result, what_.to, what_.bytes.size());
}

rondo::result<void> udp_send_awaiter::finish() {
  end_wait();
  if (result < 0) return std::unexpected(why_not());
  return {};
}

void udp_send_awaiter::await_resume() {
  end_wait();
  if (result >= 0) [[likely]]
    return;
  if (result == os::cancelled) throw_failure("send a datagram to");
  throw why_not();
}

}  // namespace rondo
