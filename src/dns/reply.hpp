#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <rondo/base/error.hpp>
#include <rondo/base/time.hpp>
#include <rondo/os/address.hpp>

namespace rondo::dns::detail {

/// What can be asked: the first letter of a question's key.
enum class question : char {
  system_any = '*',
  system_v4 = '4',
  system_v6 = '6',
};

/// An answer as it is kept and handed to all who asked: never changed once it has come, so that
/// tasks may take it along to other threads.
struct reply {
  std::optional<error> failure;
  std::vector<socket_address> addresses;
  /// How long it is good; zero where it must not be kept.
  duration ttl;
};

using reply_ptr = std::shared_ptr<const reply>;

}  // namespace rondo::dns::detail
