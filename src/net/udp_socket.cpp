// A UDP socket's life, its groups, and sending many datagrams. How one is awaited is in
// udp_awaiters.cpp.
#include <algorithm>
#include <charconv>
#include <utility>

#include <rondo/net/udp_socket.hpp>
#include <rondo/os/fd.hpp>

#include "net/datagram_error.hpp"

namespace rondo {

// Making one
// -----------------------------------------------------------------------------------------

int udp_socket::configure(const udp_options& options) {
  const std::pair<os::option, int> plain[] = {
      {os::option::reuse_address, options.reuse_address ? 1 : 0},
      {os::option::reuse_port, options.reuse_port ? 1 : 0},
      {os::option::receive_buffer, options.receive_buffer},
      {os::option::send_buffer, options.send_buffer}};
  for (const auto& [name, value] : plain) {
    const int outcome = value != 0 ? os::set_option(descriptor(), name, value) : 0;
    if (outcome < 0) return outcome;
  }
  const std::pair<os::datagram_option, bool> own[] = {
      {os::datagram_option::broadcast, options.broadcast},
      {os::datagram_option::tell_target, options.tell_target},
      {os::datagram_option::tell_ecn, options.tell_ecn}};
  for (const auto& [name, on] : own) {
    const int outcome = on ? os::set_datagram_option(descriptor(), v6_, name, 1) : 0;
    if (outcome < 0) return outcome;
  }
  const bool coalesces =
      options.coalesce &&
      os::set_datagram_option(descriptor(), v6_, os::datagram_option::coalesce, 1) >= 0;
  tells_extras_ = options.tell_target || options.tell_ecn || coalesces;
  return v6_ ? os::set_option(descriptor(), os::option::v6_only, options.v6_only ? 1 : 0) : 0;
}

result<udp_socket> udp_socket::open(loop* home, bool v6, const udp_options& options) {
  const int opened = os::open_udp_socket(v6);
  if (opened < 0) return std::unexpected(os::make_error(opened, "open a UDP socket"));
  udp_socket made(home, opened, v6);
  made.segments_ = os::can_segment(opened);
  const int outcome = made.configure(options);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "set options of a UDP socket"));
  return made;
}

result<udp_socket> udp_socket::bound(loop* home, const socket_address& address,
                                     const udp_options& options) {
  auto made = open(home, address.is_v6(), options);
  if (!made) return made;
  os::receive_own_groups_only(made->descriptor(), address.is_v6());
  const int outcome = os::bind(made->descriptor(), address);
  if (outcome < 0) {
    return std::unexpected(os::make_error(outcome, "bind UDP to", address.to_string()));
  }
  return made;
}

result<udp_socket> udp_socket::connected(const socket_address& to, const udp_options& options) {
  auto made = open(nullptr, to.is_v6(), options);
  if (!made) return made;
  auto outcome = made->connect_to(to);
  if (!outcome) return std::unexpected(std::move(outcome).error());
  return made;
}

ready_result<udp_socket> udp_socket::bind(const socket_address& address,
                                          const udp_options& options) {
  return ready_result(bound(nullptr, address, options));
}

ready_result<udp_socket> udp_socket::bind(std::string_view address, const udp_options& options) {
  auto parsed = socket_address::parse(address);
  if (parsed) return bind(*parsed, options);
  return ready_result<udp_socket>(std::unexpected(std::move(parsed).error()));
}

result<udp_socket> udp_socket::bind(loop& l, const socket_address& address,
                                    const udp_options& options) {
  return bound(&l, address, options);
}

ready_result<udp_socket> udp_socket::connect(const socket_address& to, const udp_options& options) {
  return ready_result(connected(to, options));
}

ready_result<udp_socket> udp_socket::connect(std::string_view to, const udp_options& options) {
  auto parsed = socket_address::parse(to);
  if (parsed) return connect(*parsed, options);
  return ready_result<udp_socket>(std::unexpected(std::move(parsed).error()));
}

// Peers, groups, options
// -----------------------------------------------------------------------------

result<void> udp_socket::connect_to(const socket_address& peer) {
  const int outcome = os::connect(descriptor(), peer.data(), peer.size());
  if (outcome < 0) {
    return std::unexpected(os::make_error(outcome, "connect UDP to", peer.to_string()));
  }
  return {};
}

result<void> udp_socket::disconnect() {
  const int outcome = os::disconnect(descriptor());
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "disconnect a UDP socket"));
  return {};
}

namespace {

/// The number of an interface that is named, or numbered; 0 for none.
result<std::uint32_t> interface_of(std::string_view text) {
  std::uint32_t number = 0;
  if (text.empty()) return number;
  const char* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, number);
  if (problem == std::errc() && stopped == end) return number;
  const int found = os::interface_number(text);
  if (found < 0) {
    return std::unexpected(os::make_error(found, "find the interface", text, "see `ip link`"));
  }
  return static_cast<std::uint32_t>(found);
}

}  // namespace

result<void> udp_socket::change_group(const multicast_group& group, bool joins) {
  const auto address = socket_address::from_host(group.address, 0);
  if (!address) return std::unexpected(address.error());
  const auto interface = interface_of(group.interface);
  if (!interface) return std::unexpected(interface.error());
  socket_address source;
  if (!group.source.empty()) {
    const auto parsed = socket_address::from_host(group.source, 0);
    if (!parsed) return std::unexpected(parsed.error());
    source = *parsed;
  }
  const socket_address* const from = source.size() != 0 ? &source : nullptr;
  const int outcome = joins ? os::join_group(descriptor(), *address, *interface, from)
                            : os::leave_group(descriptor(), *address, *interface, from);
  if (outcome >= 0) return {};
  return std::unexpected(os::make_error(outcome, joins ? "join" : "leave", group.address));
}

result<void> udp_socket::join(const multicast_group& group) {
  return change_group(group, true);
}

result<void> udp_socket::leave(const multicast_group& group) {
  return change_group(group, false);
}

result<void> udp_socket::send_multicast_by(std::string_view interface) {
  const auto number = interface_of(interface);
  if (!number) return std::unexpected(number.error());
  return set_option(os::datagram_option::multicast_interface, static_cast<int>(*number));
}

result<void> udp_socket::set_option(os::datagram_option which, int value) {
  const int outcome = os::set_datagram_option(descriptor(), v6_, which, value);
  if (outcome < 0) {
    return std::unexpected(os::make_error(outcome, "set an option of a UDP socket"));
  }
  const bool tells = which == os::datagram_option::tell_target ||
                     which == os::datagram_option::tell_ecn ||
                     which == os::datagram_option::coalesce;
  if (tells && value != 0) tells_extras_ = true;
  return {};
}

result<socket_address> udp_socket::local_address() const {
  socket_address address;
  const int outcome = os::local_address(descriptor(), address);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "local address"));
  return address;
}

result<socket_address> udp_socket::remote_address() const {
  socket_address address;
  const int outcome = os::remote_address(descriptor(), address);
  if (outcome < 0) return std::unexpected(os::make_error(outcome, "remote address"));
  return address;
}

// Sending many
// ---------------------------------------------------------------------------------------

namespace {

/// Awaits that at least one of several messages has been handed to the kernel -> how many, or a
/// negated errno. A cancel and a close are thrown where `throws`.
class [[nodiscard]] send_slots_awaiter : public io_awaiter {
 public:
  send_slots_awaiter(udp_socket& by, std::span<os::message_slot> slots, bool throws,
                     site where) noexcept
      : io_awaiter(by.descriptor(), io::op_kind::send_messages, where),
        socket_(&by),
        throws_(throws) {
    data = slots.data();
    size = static_cast<std::uint32_t>(std::min(slots.size(), most_at_once));
  }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    task_context& context = waiting.promise().context();
    return begin(context, waiting, socket_->home(context));
  }
  int await_resume() {
    end_wait();
    if (throws_ && (result == os::cancelled || fd < 0)) throw_failure("send datagrams to");
    return result;
  }

 private:
  static constexpr std::size_t most_at_once = 1024;  // sendmmsg(2): UIO_MAXIOV

  udp_socket* socket_;
  bool throws_;
};

/// Messages that are sent together, with all that they point to.
class outgoing_slots {
 public:
  explicit outgoing_slots(std::size_t count) : slots_(count), around_(count) {}

  void fill(std::size_t index, const outgoing_datagram& what, std::span<const std::byte> bytes,
            std::size_t segment_size, bool v6) noexcept {
    os::message_slot& slot = slots_[index];
    surroundings& around = around_[index];
    around.piece = {bytes.data(), bytes.size()};
    slot.pieces = &around.piece;
    slot.piece_count = 1;
    slot.name = const_cast<void*>(what.to.data());  // only read
    slot.name_size = what.to.size();
    os::datagram_extras extras;
    extras.local = what.local;
    extras.interface = what.interface;
    extras.congestion = what.congestion;
    extras.segment_size = static_cast<std::uint16_t>(segment_size);
    slot.control = around.control;
    slot.control_size = os::write_extras(extras, what.to, v6, around.control);
  }
  std::span<os::message_slot> all() noexcept { return slots_; }

 private:
  struct surroundings {
    const_buffer piece;
    alignas(8) std::byte control[os::datagram_control_size];
  };

  std::vector<os::message_slot> slots_;
  std::vector<surroundings> around_;
};

/// Sends them all -> how many have gone. Fewer than all where one failed: `outcome` says why.
task<std::size_t> send_slots(udp_socket& by, std::span<os::message_slot> slots, bool throws,
                             int& outcome) {
  std::size_t sent = 0;
  outcome = 0;
  while (sent < slots.size()) {
    outcome = co_await send_slots_awaiter(by, slots.subspan(sent), throws && sent == 0,
                                          std::source_location::current());
    if (outcome < 0) break;
    sent += static_cast<std::size_t>(outcome);
  }
  co_return sent;
}

}  // namespace

task<std::size_t> udp_socket::send_many(std::span<const outgoing_datagram> what) {
  outgoing_slots slots(what.size());
  for (std::size_t i = 0; i < what.size(); ++i) slots.fill(i, what[i], what[i].bytes, 0, v6_);
  int outcome = 0;
  const std::size_t sent = co_await send_slots(*this, slots.all(), true, outcome);
  if (sent == 0 && outcome < 0) throw why_not_sent(outcome, what[0].to, what[0].bytes.size());
  co_return sent;
}

task<std::size_t> udp_socket::send_segments(outgoing_datagram what, std::size_t segment_size) {
  constexpr std::size_t most_segments = 64;  // UDP_MAX_SEGMENTS of Linux 4.18; later ones take more
  if (segment_size == 0 || segment_size > max_bytes) {
    throw os::make_error(errc::invalid_argument, "send segments of",
                         std::to_string(segment_size) + " bytes");
  }
  const std::size_t in_all =
      std::max<std::size_t>(1, (what.bytes.size() + segment_size - 1) / segment_size);
  const std::size_t at_once = std::min(most_segments, max_bytes / segment_size);
  bool together = segments_ && at_once > 1;
  std::size_t sent = 0;
  int outcome = 0;
  const auto piece = [&](std::size_t first, std::size_t count) {
    const auto rest = what.bytes.subspan(first * segment_size);
    return rest.first(std::min(rest.size(), count * segment_size));
  };
  while (sent < in_all) {
    const std::size_t count = std::min(in_all - sent, at_once);
    outgoing_slots slots(together ? 1 : count);
    if (together) {
      slots.fill(0, what, piece(sent, count), count > 1 ? segment_size : 0, v6_);
    } else {
      for (std::size_t i = 0; i < count; ++i) slots.fill(i, what, piece(sent + i, 1), 0, v6_);
    }
    const std::size_t done = co_await send_slots(*this, slots.all(), sent == 0, outcome);
    sent += together && done == 1 ? count : done;
    if (outcome >= 0) continue;
    if (!together || !os::may_send_apart(outcome)) break;
    together = false;  // what the kernel will not cut is sent piece by piece
  }
  if (sent == 0) throw why_not_sent(outcome, what.to, segment_size);
  co_return sent;
}

}  // namespace rondo
