#pragma once

#include <cstddef>
#include <cstdint>
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

  // What is kept of answers ------------------------------------------------------------------
  /// At most so many, those that were used last; 0: none.
  std::size_t cache_entries = 1'024;
  /// How long it is remembered that there is no such name or record, where the answer does not
  /// say. What failed otherwise (a server that is silent or broken) is never remembered.
  duration negative_ttl = duration::seconds(5);
};

/// What a resolver has done so far.
struct resolver_counts {
  std::uint64_t hits = 0;       ///< answered from the cache
  std::uint64_t coalesced = 0;  ///< answered by what had been asked for somebody else
  std::uint64_t asked = 0;      ///< asked of the system or of a name server
  std::size_t cached = 0;       ///< answers that are kept just now, some of them maybe out of date
};

}  // namespace rondo::dns
