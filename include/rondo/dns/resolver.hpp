#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

#include <rondo/base/owned.hpp>
#include <rondo/dns/records.hpp>
#include <rondo/dns/resolver_options.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/task/task.hpp>

namespace rondo::dns {

/// Turns names into addresses without ever blocking the loop. Equal questions that are under way at
/// the same time are asked once, and answers are kept for as long as they are good.
///
/// A task that waits here throws `error` (which name, what was asked, of whom, and why it failed)
/// or `cancelled`, which ends its own wait only: the question goes on for the others, and for who
/// comes next.
///
/// Thread: that of its loop, and the tasks that use it run there. Where tasks move between several,
/// let them use the one of the loop on which they are: `dns::lookup`, `resolver::of`. Lifetime:
/// within the loop's; outlives the tasks that wait here.
class resolver {
  using site = std::source_location;

 public:
  using stays_on_thread = void;

  explicit resolver(loop& l, resolver_options options = {});
  resolver(const resolver&) = delete;
  ~resolver();

  /// That of a loop, made when it is first asked for, with the default options. Lives as long as
  /// the loop. Throws std::bad_alloc.
  static resolver& of(loop& l);

  /// The addresses of a host as this machine is set up to find them: its hosts file, its name
  /// servers, whatever nsswitch.conf says (getaddrinfo, on a thread of the loop's pool). The best
  /// first, each with `port`. A numeric address is its own answer.
  task<std::vector<socket_address>> lookup(std::string host, std::uint16_t port = 0,
                                           address_family which = address_family::any,
                                           site where = site::current());

  // The name servers themselves, through c-ares; the loop waits for their sockets, no thread does.
  // Each yields at least one record, or throws `errc::not_found` (no such name, or no such record),
  // `timed_out`, `name_server_failed`, `connection_refused` or `protocol`.

  /// The addresses of a host, with port 0: out of the hosts file, where they are there; otherwise
  /// of the name as it is, or with a search domain behind it.
  task<answer<socket_address>> resolve_a(std::string host, site where = site::current());
  task<answer<socket_address>> resolve_aaaa(std::string host, site where = site::current());
  /// By priority.
  task<answer<srv_record>> resolve_srv(std::string name, site where = site::current());
  /// The pieces of one record are joined.
  task<answer<std::string>> resolve_txt(std::string name, site where = site::current());
  /// By preference.
  task<answer<mx_record>> resolve_mx(std::string name, site where = site::current());
  task<answer<std::string>> resolve_ptr(std::string name, site where = site::current());
  /// The names of an address: the PTR records of "1.2.0.192.in-addr.arpa", or the hosts file.
  task<answer<std::string>> reverse(socket_address address, site where = site::current());

  /// Forgets all answers. What is under way goes on, and is not kept when it comes.
  void clear_cache() noexcept;
  resolver_counts counts() const noexcept;

 private:
  struct state;  // src/dns/resolver.cpp

  owned<state> state_;
};

/// `auto addresses = co_await dns::lookup("example.com", 443);` The same on the resolver of the
/// loop on which the task runs.
task<std::vector<socket_address>> lookup(
    std::string host, std::uint16_t port = 0, address_family which = address_family::any,
    std::source_location where = std::source_location::current());

}  // namespace rondo::dns
