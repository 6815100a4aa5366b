#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

#include <rondo/base/owned.hpp>
#include <rondo/dns/resolver_options.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/task/task.hpp>

namespace rondo::dns {

namespace detail {
class core;
}

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

  /// Forgets all answers. What is under way goes on, and is not kept when it comes.
  void clear_cache() noexcept;
  resolver_counts counts() const noexcept;

 private:
  owned<detail::core> core_;
};

/// `auto addresses = co_await dns::lookup("example.com", 443);` The same on the resolver of the
/// loop on which the task runs.
task<std::vector<socket_address>> lookup(
    std::string host, std::uint16_t port = 0, address_family which = address_family::any,
    std::source_location where = std::source_location::current());

}  // namespace rondo::dns
