// The face of the room, and the resolver that each loop has of its own.
#include <rondo/dns/resolver.hpp>

#include <utility>

#include <rondo/async/loop_executor.hpp>
#include <rondo/loop/companion.hpp>
#include <rondo/os/errors.hpp>

#include "dns/core.hpp"

namespace rondo::dns {

namespace detail {

namespace {

/// That of a loop: it ends with it.
class resolver_of_loop final : public loop_companion {
 public:
  static constexpr char key = 0;

  explicit resolver_of_loop(loop& l) : loop_companion(&key), its(l) {}

  bool discard(job&) noexcept override { return false; }
  void loop_ends() noexcept override { delete this; }

  resolver its;
};

question question_of(address_family which) noexcept {
  switch (which) {
    case address_family::v4:
      return question::system_v4;
    case address_family::v6:
      return question::system_v6;
    case address_family::any:
      break;
  }
  return question::system_any;
}

/// getaddrinfo would stop at a NUL, and print what nobody can read.
void check_name(const std::string& name) {
  for (const char c : name) {
    if (c > ' ' && c != '\x7f') continue;
    throw error(errc::invalid_argument,
                "look up a name: it holds a space or a control character, which no name has");
  }
  if (name.empty() || name.size() > 1'024) {
    throw error(errc::invalid_argument,
                "look up a name: it has " + std::to_string(name.size()) + " bytes");
  }
}

bool is_of(const socket_address& address, address_family which) noexcept {
  return which == address_family::any || address.is_v6() == (which == address_family::v6);
}

std::vector<socket_address> with_port(const std::vector<socket_address>& addresses,
                                      std::uint16_t port) {
  std::vector<socket_address> copies;
  copies.reserve(addresses.size());
  for (const socket_address& each : addresses) copies.push_back(each.with_port(port));
  return copies;
}

task<std::vector<socket_address>> look_up(core& c, std::string host, std::uint16_t port,
                                          address_family which, std::source_location where) {
  check_name(host);
  if (const auto numeric = socket_address::from_host(host, port); numeric) {
    if (is_of(*numeric, which)) co_return std::vector(1, *numeric);
    throw error(errc::not_found, "look up " + host + ": it is no " + to_string(which) + " address");
  }
  const reply_ptr answer = co_await c.ask(question_of(which), std::move(host), where);
  if (const auto& failure = answer->failure) throw error(*failure);
  co_return with_port(answer->addresses, port);
}

}  // namespace
}  // namespace detail

resolver::resolver(loop& l, resolver_options options)
    : core_(new detail::core(l, std::move(options))) {}

resolver::~resolver() = default;

resolver& resolver::of(loop& l) {
  loop_companion* found = l.find_companion(&detail::resolver_of_loop::key);
  if (found == nullptr) {
    found = new detail::resolver_of_loop(l);
    l.add_companion(*found);
  }
  return static_cast<detail::resolver_of_loop*>(found)->its;
}

RONDO_COROUTINE_WRAPPER task<std::vector<socket_address>> resolver::lookup(std::string host,
                                                                           std::uint16_t port,
                                                                           address_family which,
                                                                           site where) {
  return detail::look_up(*core_, std::move(host), port, which, where);
}

void resolver::clear_cache() noexcept {
  core_->clear_cache();
}

resolver_counts resolver::counts() const noexcept {
  return core_->counts();
}

task<std::vector<socket_address>> lookup(std::string host, std::uint16_t port, address_family which,
                                         std::source_location where) {
  loop& here = co_await this_loop();
  co_return co_await resolver::of(here).lookup(std::move(host), port, which, where);
}

}  // namespace rondo::dns
