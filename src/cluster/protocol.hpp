#pragma once

#include <cstdint>

namespace rondo::cluster {

/// What passes between a supervisor and its workers beside the messages of the program, by the tag
/// of the `ipc_message`. Smaller tags are the program's.
enum class order : std::uint8_t {
  smallest = 240,
  ready = 240,  ///< from a worker: it serves
  end = 241,    ///< from the supervisor: finish what is under way
};

constexpr bool is_order(std::uint8_t tag) noexcept {
  return tag >= static_cast<std::uint8_t>(order::smallest);
}

/// How a worker is told what it is: "INDEX GENERATION LISTENERS", as decimal numbers.
inline constexpr const char* worker_variable = "RONDO_CLUSTER_WORKER";
/// The worker's end of the channel; the listening sockets follow.
inline constexpr int channel_number = 3;

}  // namespace rondo::cluster
