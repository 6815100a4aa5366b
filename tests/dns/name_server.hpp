#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <rondo/os/address.hpp>
#include <rondo/os/fd.hpp>

namespace rondo::testing {

enum record_type : std::uint16_t {
  A = 1,
  CNAME = 5,
  SOA = 6,
  PTR = 12,
  MX = 15,
  TXT = 16,
  AAAA = 28,
  SRV = 33
};
enum answer_code : std::uint8_t { NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED };

/// What a client has asked.
struct dns_query {
  bool by_tcp = false;
  std::uint16_t id = 0;
  std::string name;  ///< in small letters, without a dot at the end
  std::uint16_t type = 0;
  std::string question;  ///< as it came
};

/// "\7example\3com\0"
std::string wire_name(std::string_view name);
std::string wire_word(std::uint32_t n);         ///< 16 bits
std::string wire_double_word(std::uint32_t n);  ///< 32 bits
std::string wire_address(std::string_view numeric);

/// Builds an answer record by record.
class dns_reply {
 public:
  explicit dns_reply(const dns_query& to, answer_code code = NOERROR);

  dns_reply& add(std::string_view owner, record_type type, std::string data,
                 std::uint32_t ttl = 300);
  dns_reply& add_address(std::string_view owner, std::string_view numeric, std::uint32_t ttl = 300);
  /// Behind all answers: how long may be remembered that there is none.
  dns_reply& add_soa(std::uint32_t ttl, std::uint32_t minimum);
  dns_reply& truncated();
  dns_reply& with_id(std::uint16_t id);
  dns_reply& with_question(std::string question);

  std::string bytes() const;

 private:
  std::uint16_t id_;
  std::uint16_t flags_;
  std::string question_;
  int answers_ = 0;
  int authorities_ = 0;
  std::string records_;
};

/// One datagram, or one message on a connection.
struct dns_sending {
  dns_sending(const dns_reply& reply)
      : bytes(reply.bytes()) {}                            // NOLINT(google-explicit-constructor)
  dns_sending(std::string raw) : bytes(std::move(raw)) {}  // NOLINT(google-explicit-constructor)
  std::string bytes;
  bool from_another_port = false;
};

/// A name server on the loopback, on a thread of its own, which answers as the test says.
class name_server {
 public:
  using handler = std::function<std::vector<dns_sending>(const dns_query&)>;

  explicit name_server(handler answer, std::string_view host = "127.0.0.1");
  name_server(const name_server&) = delete;
  ~name_server();

  const socket_address& address() const noexcept { return address_; }
  int asked() const noexcept { return asked_by_udp + asked_by_tcp; }

  std::atomic<int> asked_by_udp{0};
  std::atomic<int> asked_by_tcp{0};

 private:
  void serve();
  void serve_datagram();
  void serve_connection();

  handler answer_;
  os::fd datagrams_;
  os::fd other_datagrams_;
  os::fd listener_;
  os::fd stop_;
  os::fd stopper_;
  socket_address address_;
  std::thread thread_;
};

}  // namespace rondo::testing
