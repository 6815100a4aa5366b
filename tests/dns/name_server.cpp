// A name server of the tests' own. Small and blocking: it has one client.
#include "dns/name_server.hpp"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace rondo::testing {

namespace {

constexpr std::size_t header_size = 12;

std::uint16_t word_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes.at(at)) << 8 |
                                    static_cast<unsigned char>(bytes.at(at + 1)));
}

dns_query parse(std::string_view bytes, bool by_tcp) {
  dns_query q;
  q.by_tcp = by_tcp;
  q.id = word_at(bytes, 0);
  std::size_t at = header_size;
  while (bytes.at(at) != 0) {
    const auto size = static_cast<std::size_t>(bytes.at(at));
    if (!q.name.empty()) q.name += '.';
    for (const char c : bytes.substr(at + 1, size)) {
      q.name += static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    at += size + 1;
  }
  q.type = word_at(bytes, at + 1);
  q.question = bytes.substr(header_size, at + 5 - header_size);
  return q;
}

os::fd bound_socket(int type, const socket_address& to) {
  os::fd made(::socket(to.is_v6() ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(made.get(), static_cast<const sockaddr*>(to.data()), to.size()) != 0) return {};
  return made;
}

socket_address address_of(const os::fd& socket) {
  socket_address here;
  here.prepare_to_receive();
  getsockname(socket.get(), static_cast<sockaddr*>(here.data()), here.size_address());
  return here;
}

bool read_all(int fd, char* into, std::size_t size) {
  while (size > 0) {
    const ssize_t got = ::recv(fd, into, size, 0);
    if (got <= 0) return false;
    into += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

std::string wire_name(std::string_view name) {
  std::string bytes;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    bytes += static_cast<char>(label.size());
    bytes += label;
    name.remove_prefix(std::min(label.size() + 1, name.size()));
  }
  return bytes + '\0';
}

std::string wire_word(std::uint32_t n) {
  return {static_cast<char>(n >> 8), static_cast<char>(n)};
}
std::string wire_double_word(std::uint32_t n) {
  return wire_word(n >> 16) + wire_word(n & 0xffff);
}

std::string wire_address(std::string_view numeric) {
  const bool v6 = numeric.find(':') != numeric.npos;
  std::string bytes(v6 ? 16 : 4, '\0');
  inet_pton(v6 ? AF_INET6 : AF_INET, std::string(numeric).c_str(), bytes.data());
  return bytes;
}

dns_reply::dns_reply(const dns_query& to, answer_code code)
    : id_(to.id),
      flags_(static_cast<std::uint16_t>(0x8180 | code)),  // an answer, recursion asked and done
      question_(to.question) {}

dns_reply& dns_reply::add(std::string_view owner, record_type type, std::string data,
                          std::uint32_t ttl) {
  records_ += wire_name(owner) + wire_word(type) + wire_word(1) + wire_double_word(ttl) +
              wire_word(static_cast<std::uint32_t>(data.size())) + data;
  ++answers_;
  return *this;
}

dns_reply& dns_reply::add_address(std::string_view owner, std::string_view numeric,
                                  std::uint32_t ttl) {
  const bool v6 = numeric.find(':') != numeric.npos;
  return add(owner, v6 ? AAAA : A, wire_address(numeric), ttl);
}

dns_reply& dns_reply::add_soa(std::uint32_t ttl, std::uint32_t minimum) {
  std::string data = wire_name("ns.test") + wire_name("admin.test");
  for (int i = 0; i < 4; ++i) data += wire_double_word(1);
  add("test", SOA, data + wire_double_word(minimum), ttl);
  --answers_;
  ++authorities_;
  return *this;
}

dns_reply& dns_reply::truncated() {
  flags_ |= 0x0200;
  return *this;
}
dns_reply& dns_reply::with_id(std::uint16_t id) {
  id_ = id;
  return *this;
}
dns_reply& dns_reply::with_question(std::string question) {
  question_ = std::move(question);
  return *this;
}

std::string dns_reply::bytes() const {
  return wire_word(id_) + wire_word(flags_) + wire_word(1) +
         wire_word(static_cast<std::uint32_t>(answers_)) +
         wire_word(static_cast<std::uint32_t>(authorities_)) + wire_word(0) + question_ + records_;
}

name_server::name_server(handler answer, std::string_view host) : answer_(std::move(answer)) {
  const auto any_port = socket_address::from_host(host, 0).value();
  // A port that is free for both, which the kernel chooses for one only.
  for (int attempt = 0; attempt < 100 && !listener_; ++attempt) {
    datagrams_ = bound_socket(SOCK_DGRAM, any_port);
    if (datagrams_) listener_ = bound_socket(SOCK_STREAM, address_of(datagrams_));
  }
  other_datagrams_ = bound_socket(SOCK_DGRAM, any_port);
  int ends[2];
  if (!listener_ || ::listen(listener_.get(), 100) != 0 || ::pipe(ends) != 0) {
    throw std::runtime_error("no name server on this machine");
  }
  stop_ = os::fd(ends[0]);
  stopper_ = os::fd(ends[1]);
  address_ = address_of(datagrams_);
  thread_ = std::thread([this] { serve(); });
}

name_server::~name_server() {
  stopper_.reset();
  thread_.join();
}

void name_server::serve() {
  for (;;) {
    pollfd ready[] = {
        {stop_.get(), POLLIN, 0}, {datagrams_.get(), POLLIN, 0}, {listener_.get(), POLLIN, 0}};
    if (::poll(ready, 3, -1) < 0) continue;
    if (ready[0].revents != 0) return;
    if (ready[1].revents != 0) serve_datagram();
    if (ready[2].revents != 0) serve_connection();
  }
}

void name_server::serve_datagram() {
  char bytes[4096];
  socket_address from;
  from.prepare_to_receive();
  auto* const peer = static_cast<sockaddr*>(from.data());
  const ssize_t got =
      ::recvfrom(datagrams_.get(), bytes, sizeof bytes, 0, peer, from.size_address());
  if (got < static_cast<ssize_t>(header_size)) return;
  ++asked_by_udp;
  for (const dns_sending& each : answer_(parse({bytes, static_cast<std::size_t>(got)}, false))) {
    const os::fd& by = each.from_another_port ? other_datagrams_ : datagrams_;
    ::sendto(by.get(), each.bytes.data(), each.bytes.size(), 0, peer, from.size());
  }
}

/// All that one client asks, until it closes.
void name_server::serve_connection() {
  const os::fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  char size[2];
  while (client && read_all(client.get(), size, 2)) {
    std::string bytes(word_at({size, 2}, 0), '\0');
    if (!read_all(client.get(), bytes.data(), bytes.size())) return;
    ++asked_by_tcp;
    for (const dns_sending& each : answer_(parse(bytes, true))) {
      const std::string framed =
          wire_word(static_cast<std::uint32_t>(each.bytes.size())) + each.bytes;
      ::send(client.get(), framed.data(), framed.size(), MSG_NOSIGNAL);
    }
  }
}

}  // namespace rondo::testing
