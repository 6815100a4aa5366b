// The face of the room, and the resolver that each loop has of its own.
#include <rondo/dns/resolver.hpp>

#include <algorithm>
#include <memory>
#include <utility>

#include <rondo/async/loop_executor.hpp>
#include <rondo/loop/companion.hpp>
#include <rondo/task/scope.hpp>

#include "dns/core.hpp"
#include "dns/hosts_table.hpp"
#include "dns/name_text.hpp"

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

task<std::vector<socket_address>> look_up(std::shared_ptr<core> c, std::string host,
                                          std::uint16_t port, address_family which,
                                          std::source_location where) {
  check_name(host);
  if (const auto numeric = socket_address::from_host(host, port); numeric) {
    if (is_of(*numeric, which)) co_return std::vector(1, *numeric);
    throw error(errc::not_found, "look up " + host + ": it is no " + to_string(which) + " address");
  }
  const reply_ptr answer = co_await c->ask(question_of(which), std::move(host), where);
  if (const auto& failure = answer->failure) throw error(*failure);
  co_return with_port(answer->addresses, port);
}

/// An answer, and for how long it is still good.
struct found {
  reply_ptr answer;
  duration left;
};

bool may_be_in_hosts_file(question what) noexcept {
  return what == question::a || what == question::aaaa || what == question::ptr;
}

/// One question to the hosts file and then the name servers, of which several may follow each
/// other: so this must not move to another thread.
task<found> resolve_in_place(core& c, question what, std::string name, std::source_location where) {
  found result;
  if (may_be_in_hosts_file(what) && !c.options().hosts_file.empty()) {
    const reply_ptr file = co_await c.ask(question::hosts_file, c.options().hosts_file, where);
    if (file->failure) {
      result.answer = file;
    } else if (auto entry = file->hosts->find(what, name)) {
      result.left = file->came + file->ttl - c.home().now();
      result.answer = std::make_shared<const reply>(std::move(*entry));
    }
  }
  if (result.answer != nullptr) co_return result;
  const bool is_host = what == question::a || what == question::aaaa;
  for (const std::string& each : c.open_name_servers().candidates(name, is_host)) {
    reply_ptr answer = co_await c.ask(what, each, where);
    const auto& failure = answer->failure;
    const bool goes_on = failure && failure->code() == errc::not_found;
    // Of many failures the one that counts is that of the name itself.
    if (!goes_on || result.answer == nullptr || same_name(each, name)) result.answer = answer;
    if (!goes_on) break;
  }
  result.left = result.answer->came + result.answer->ttl - c.home().now();
  co_return result;
}

template <class Record>
task<answer<Record>> resolve(std::shared_ptr<core> c, question what,
                             std::vector<Record> reply::* records, std::string name,
                             std::source_location where) {
  check_name(name);
  // A task in a scope stays where it is while it waits.
  const auto body = [&] RONDO_COROUTINE_WRAPPER(scope&) {
    return resolve_in_place(*c, what, std::move(name), where);
  };
  const found known = co_await with_scope(body);
  const reply& r = *known.answer;
  if (const auto& failure = r.failure) throw error(*failure);
  answer<Record> copy;
  copy.records = r.*records;
  copy.ttl = std::max(known.left, duration());
  copy.canonical = r.canonical;
  co_return copy;
}

}  // namespace
}  // namespace detail

/// Shared with the tasks that wait here, which may still have a step to go when the resolver ends.
struct resolver::state {
  std::shared_ptr<detail::core> core;
};

resolver::resolver(loop& l, resolver_options options)
    : state_(new state{std::make_shared<detail::core>(l, std::move(options))}) {}

resolver::~resolver() {
  state_->core->close();
}

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
  return detail::look_up(state_->core, std::move(host), port, which, where);
}

RONDO_COROUTINE_WRAPPER task<answer<socket_address>> resolver::resolve_a(std::string host,
                                                                         site where) {
  return detail::resolve(state_->core, detail::question::a, &detail::reply::addresses,
                         std::move(host), where);
}

RONDO_COROUTINE_WRAPPER task<answer<socket_address>> resolver::resolve_aaaa(std::string host,
                                                                            site where) {
  return detail::resolve(state_->core, detail::question::aaaa, &detail::reply::addresses,
                         std::move(host), where);
}

RONDO_COROUTINE_WRAPPER task<answer<srv_record>> resolver::resolve_srv(std::string name,
                                                                       site where) {
  return detail::resolve(state_->core, detail::question::srv, &detail::reply::services,
                         std::move(name), where);
}

RONDO_COROUTINE_WRAPPER task<answer<std::string>> resolver::resolve_txt(std::string name,
                                                                        site where) {
  return detail::resolve(state_->core, detail::question::txt, &detail::reply::texts,
                         std::move(name), where);
}

RONDO_COROUTINE_WRAPPER task<answer<mx_record>> resolver::resolve_mx(std::string name, site where) {
  return detail::resolve(state_->core, detail::question::mx, &detail::reply::exchanges,
                         std::move(name), where);
}

RONDO_COROUTINE_WRAPPER task<answer<std::string>> resolver::resolve_ptr(std::string name,
                                                                        site where) {
  return detail::resolve(state_->core, detail::question::ptr, &detail::reply::texts,
                         std::move(name), where);
}

RONDO_COROUTINE_WRAPPER task<answer<std::string>> resolver::reverse(socket_address address,
                                                                    site where) {
  return resolve_ptr(detail::pointer_name(address), where);
}

void resolver::clear_cache() noexcept {
  state_->core->clear_cache();
}

resolver_counts resolver::counts() const noexcept {
  return state_->core->counts();
}

task<std::vector<socket_address>> lookup(std::string host, std::uint16_t port, address_family which,
                                         std::source_location where) {
  loop& here = co_await this_loop();
  co_return co_await resolver::of(here).lookup(std::move(host), port, which, where);
}

}  // namespace rondo::dns
