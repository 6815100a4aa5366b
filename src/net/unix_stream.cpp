// Streams and listeners of Unix sockets: making them, and descriptors that travel with bytes.
#include <utility>

#include <rondo/async/loop_executor.hpp>
#include <rondo/net/unix_stream.hpp>
#include <rondo/os/errors.hpp>

#include "net/attempt_awaiter.hpp"
#include "net/unix_sockets.hpp"

namespace rondo {

namespace {

error wrong_parcel(std::string_view why) {
  return os::make_error(errc::invalid_argument, "send with descriptors", why);
}

}  // namespace

// The stream
// ----------------------------------------------------------------------------------------

task<unix_stream> unix_stream::connect(std::string to) {
  auto parsed = unix_address::parse(to);
  if (!parsed) throw std::move(parsed).error();
  co_return co_await connect(*parsed);
}

task<unix_stream> unix_stream::connect(unix_address to) {
  os::fd made = co_await connect_unix_socket(os::unix_kind::stream, to);
  co_return unix_stream(made.release());
}

ready_result<std::pair<unix_stream, unix_stream>> unix_stream::pair() {
  using both = std::pair<unix_stream, unix_stream>;
  os::fd one;
  os::fd other;
  const int outcome = os::open_unix_pair(os::unix_kind::stream, false, one, other);
  if (outcome < 0) {
    return ready_result<both>(std::unexpected(os::make_error(outcome, "open a pair of sockets")));
  }
  return ready_result<both>(both(unix_stream(one.release()), unix_stream(other.release())));
}

task<> unix_stream::send_with(std::span<const std::byte> bytes, std::span<const int> descriptors) {
  if (bytes.empty()) throw wrong_parcel("no byte to go with them");
  const unix_address peer;
  const auto attempt = [&] { return os::send_unix(descriptor(), bytes, descriptors, peer); };
  const int sent = co_await attempt_awaiter(*this, io::op_kind::writable, "send to", attempt);
  if (sent < 0) throw os::make_error(sent, "send with descriptors");
  // They have gone with the first byte.
  const auto rest = bytes.subspan(static_cast<std::size_t>(sent));
  if (!rest.empty()) co_await write_all(rest);
}

task<> unix_stream::send_with(std::string_view text, std::span<const int> descriptors) {
  co_await send_with(std::as_bytes(std::span(text)), descriptors);
}

task<unix_message> unix_stream::receive_with(std::span<std::byte> into) {
  unix_message message;
  os::unix_extras extras;
  if (reads_ahead()) {
    throw os::make_error(errc::invalid_argument, "receive with descriptors",
                         "a stream on which read_some was used, which may have read ahead");
  }
  const auto attempt = [&] {
    if (has_kept()) return static_cast<int>(take_kept(into.data(), into.size()));
    return os::receive_unix(descriptor(), into, message.descriptors, nullptr, extras);
  };
  const int got = co_await attempt_awaiter(*this, io::op_kind::readable, "receive from", attempt);
  if (got < 0) throw os::make_error(got, "receive with descriptors");
  message.bytes = into.first(static_cast<std::size_t>(got));
  message.descriptors_lost = extras.descriptors_lost;
  if (extras.has_sender) message.sender = extras.sender;
  co_return message;
}

result<unix_credentials> unix_stream::peer_credentials() const {
  unix_credentials who;
  const int outcome = os::peer_credentials(descriptor(), who);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "read the peer's credentials"));
  return who;
}

result<unix_address> unix_stream::local_address() const {
  unix_address address;
  const int outcome = os::local_unix_address(descriptor(), address);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "local address"));
  return address;
}

result<unix_address> unix_stream::remote_address() const {
  unix_address address;
  const int outcome = os::remote_unix_address(descriptor(), address);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "remote address"));
  return address;
}

// The listener
// --------------------------------------------------------------------------------------

task<unix_listener> unix_listener::bind(std::string address, unix_bind_options options) {
  loop& here = co_await this_loop();
  auto made = bind(here, address, options);
  if (!made) throw std::move(made).error();
  co_return std::move(*made);
}

result<unix_listener> unix_listener::bind(loop& l, std::string_view address,
                                          const unix_bind_options& options) {
  auto made = listen_on_unix_socket(l, os::unix_kind::stream, address, options);
  if (!made) return std::unexpected(std::move(made).error());
  unix_listener listening(l, made->descriptor.release(), sharing::ours);
  listening.own_file(std::move(made->file));
  return listening;
}

result<unix_address> unix_listener::local_address() const {
  unix_address address;
  const int outcome = os::local_unix_address(descriptor(), address);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "local address"));
  return address;
}

}  // namespace rondo
