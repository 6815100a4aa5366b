#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <rondo/base/time.hpp>
#include <rondo/os/names.hpp>

namespace rondo::dns {

/// How the system is asked for the addresses of a host: on a thread of the pool. It may outlive the
/// resolver and its loop, so it is a plain function that owns nothing.
using system_look_up = result<std::vector<socket_address>> (*)(const std::string& host,
                                                               address_family which);

/// How a `resolver` works. All have defaults.
struct resolver_options {
  resolver_options() noexcept = default;

  // What `lookup` asks -----------------------------------------------------------------------
  system_look_up system = &os::look_up_host;
  /// How long its answers are kept, since the system does not say.
  duration system_ttl = duration::seconds(10);

  // What the `resolve_...` ask ---------------------------------------------------------------
  /// Name servers, in their order; port 0 is 53. None: those of `resolv_conf`.
  std::vector<socket_address> servers;
  /// How long a server has for its answer before the next one is asked; doubled in each round.
  duration timeout = duration::seconds(2);
  /// How often each server is asked.
  int tries = 3;
  /// More than so many questions at once wait for their turn: a server's socket, and ours, have
  /// room for a few hundred datagrams, and what does not fit in is lost.
  int queries_at_once = 100;
  /// Begins with another server each time, instead of with the first.
  bool rotate = false;
  /// What may be left out at the end of the name of a host. Nothing: those of `resolv_conf`.
  std::optional<std::vector<std::string>> search_domains;
  /// A name with at least so many dots is tried as it is first; -1: what `resolv_conf` says, or 1.
  int dots = -1;
  /// Read once, when a server is first asked.
  std::string resolv_conf = "/etc/resolv.conf";
  /// Goes before the servers for A, AAAA and PTR; read on a thread of the pool. Empty: none.
  std::string hosts_file = "/etc/hosts";
  /// How long what was read of it holds.
  duration hosts_ttl = duration::seconds(5);

  // What is kept of answers ------------------------------------------------------------------
  /// At most so many, those that were used last; 0: none.
  std::size_t cache_entries = 1'024;
  /// What the servers say about the time for which an answer is good is kept within these.
  duration min_ttl;
  duration max_ttl = duration::seconds(86'400);
  /// How long it is remembered that there is no such name or record, where the answer does not
  /// say (in its SOA record). What failed otherwise (a server that is silent or broken) is never
  /// remembered.
  duration negative_ttl = duration::seconds(5);
  duration max_negative_ttl = duration::seconds(900);
};

/// What a resolver has done so far.
struct resolver_counts {
  std::uint64_t hits = 0;       ///< answered from the cache
  std::uint64_t coalesced = 0;  ///< answered by what had been asked for somebody else
  std::uint64_t asked = 0;      ///< asked of the system or of a name server
  std::size_t cached = 0;       ///< answers that are kept just now, some of them maybe out of date
};

}  // namespace rondo::dns
