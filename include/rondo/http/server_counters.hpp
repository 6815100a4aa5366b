#pragma once

#include <atomic>
#include <cstdint>

namespace rondo::http {

/// What servers count for others, who may read it on any thread. One for several servers adds them
/// up.
struct server_counters {
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> accepted{0};  ///< connections
  std::atomic<std::int64_t> open{0};       ///< connections that have not ended
};

}  // namespace rondo::http
