// Unix sockets that keep messages whole. The backends only tell when the socket is ready; the calls
// are made here, since descriptors travel in a form that no operation of theirs knows, and since a
// socket that waits should not hold the kilobyte that they may need.
#include <string>
#include <utility>

#include <rondo/async/loop_executor.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/net/unix_datagram.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/message_socket.hpp>

#include "net/attempt_awaiter.hpp"
#include "net/unix_sockets.hpp"

namespace rondo {

namespace {

template <class Socket>
ready_result<std::pair<Socket, Socket>> pair_of(os::unix_kind kind) {
  using both = std::pair<Socket, Socket>;
  os::fd one;
  os::fd other;
  const int outcome = os::open_unix_pair(kind, false, one, other);
  if (outcome < 0) {
    return ready_result<both>(std::unexpected(os::make_error(outcome, "open a pair of sockets")));
  }
  return ready_result<both>(both(Socket(one.release()), Socket(other.release())));
}

result<unix_datagram> open_datagram() {
  const int opened = os::open_unix_socket(os::unix_kind::datagram, false);
  if (opened < 0) return std::unexpected(os::make_error(opened, "open a Unix socket"));
  return unix_datagram(opened);
}

}  // namespace

// Messages
// ------------------------------------------------------------------------------------------

task<unix_message> unix_message_socket::receive(std::span<std::byte> into) {
  unix_message message;
  os::unix_extras extras;
  const auto attempt = [&] {
    return os::receive_unix(descriptor(), into, message.descriptors, &message.from, extras);
  };
  const int got = co_await attempt_awaiter(*this, io::op_kind::readable, "receive from", attempt);
  if (got < 0) throw os::make_error(got, "receive a message");
  message.bytes = into.first(static_cast<std::size_t>(got));
  message.truncated = extras.truncated;
  message.descriptors_lost = extras.descriptors_lost;
  if (extras.has_sender) message.sender = extras.sender;
  co_return message;
}

task<> unix_message_socket::send(unix_parcel what) {
  if (what.descriptors.size() > os::max_passed_descriptors) {
    throw os::make_error(errc::invalid_argument, "send a message",
                         std::to_string(what.descriptors.size()) + " descriptors; at most 253 fit");
  }
  if (what.bytes.empty() && never_empty_) {
    throw os::make_error(errc::invalid_argument, "send a message",
                         "of no bytes, which is how the end of a connection is read");
  }
  unix_backoff pause;
  for (;;) {
    int sent = 0;
    const auto attempt = [&] {
      sent = os::send_unix(descriptor(), what.bytes, what.descriptors, what.to);
      // Of room with a receiver that this is not connected to the kernel tells nobody: the socket
      // itself is writable all the while.
      return sent == os::would_block && what.to.size() != 0 ? 0 : sent;
    };
    const int outcome = co_await attempt_awaiter(*this, io::op_kind::writable, "send to", attempt);
    if (outcome < 0) throw os::make_error(outcome, "send a message to", what.to.to_string());
    if (sent != os::would_block) co_return;
    co_await sleep_for(pause.next());
  }
}

task<> unix_message_socket::send(std::span<const std::byte> bytes) {
  co_await send(unix_parcel(bytes));
}

task<> unix_message_socket::send(std::string_view text) {
  co_await send(unix_parcel(text));
}

result<unix_credentials> unix_message_socket::peer_credentials() const {
  unix_credentials who;
  const int outcome = os::peer_credentials(descriptor(), who);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "read the peer's credentials"));
  return who;
}

result<void> unix_message_socket::tell_credentials(bool on) {
  const int outcome = os::tell_credentials(descriptor(), on);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "ask for credentials"));
  return {};
}

result<unix_address> unix_message_socket::local_address() const {
  unix_address address;
  const int outcome = os::local_unix_address(descriptor(), address);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "local address"));
  return address;
}

// Datagrams
// -----------------------------------------------------------------------------------------

ready_result<unix_datagram> unix_datagram::bind(std::string_view address,
                                                const unix_bind_options& options) {
  auto made = bind_unix_socket(os::unix_kind::datagram, address, options, false);
  if (!made) return ready_result<unix_datagram>(std::unexpected(std::move(made).error()));
  unix_datagram bound(made->descriptor.release());
  bound.own_file(std::move(made->file));
  return ready_result<unix_datagram>(std::move(bound));
}

ready_result<unix_datagram> unix_datagram::connect(std::string_view to) {
  auto parsed = unix_address::parse(to);
  if (!parsed) return ready_result<unix_datagram>(std::unexpected(std::move(parsed).error()));
  auto made = open_datagram();
  if (!made) return ready_result<unix_datagram>(std::move(made));
  const int outcome = os::connect(made->descriptor(), parsed->data(), parsed->size());
  if (outcome < 0) made = std::unexpected(os::make_error(outcome, "connect to", to));
  return ready_result<unix_datagram>(std::move(made));
}

ready_result<unix_datagram> unix_datagram::unbound() {
  return ready_result<unix_datagram>(open_datagram());
}

ready_result<std::pair<unix_datagram, unix_datagram>> unix_datagram::pair() {
  return pair_of<unix_datagram>(os::unix_kind::datagram);
}

task<> unix_datagram::send_to(std::span<const std::byte> bytes, unix_address to) {
  unix_parcel what(bytes);
  what.to = to;
  co_await send(what);
}

task<> unix_datagram::send_to(std::string_view text, unix_address to) {
  co_await send_to(std::as_bytes(std::span(text)), to);
}

// Connections that keep messages whole
// --------------------------------------------------------------

task<unix_seqpacket> unix_seqpacket::connect(std::string to) {
  auto parsed = unix_address::parse(to);
  if (!parsed) throw std::move(parsed).error();
  os::fd made = co_await connect_unix_socket(os::unix_kind::seqpacket, *parsed);
  co_return unix_seqpacket(made.release());
}

ready_result<std::pair<unix_seqpacket, unix_seqpacket>> unix_seqpacket::pair() {
  return pair_of<unix_seqpacket>(os::unix_kind::seqpacket);
}

task<unix_seqpacket_listener> unix_seqpacket_listener::bind(std::string address,
                                                            unix_bind_options options) {
  loop& here = co_await this_loop();
  auto made = bind(here, address, options);
  if (!made) throw std::move(made).error();
  co_return std::move(*made);
}

result<unix_seqpacket_listener> unix_seqpacket_listener::bind(loop& l, std::string_view address,
                                                              const unix_bind_options& options) {
  auto made = listen_on_unix_socket(l, os::unix_kind::seqpacket, address, options);
  if (!made) return std::unexpected(std::move(made).error());
  unix_seqpacket_listener listening(l, made->descriptor.release(), sharing::ours);
  listening.own_file(std::move(made->file));
  return listening;
}

}  // namespace rondo
