#pragma once

#include <cstdint>

namespace rondo::os {

/// What this process takes from the system, as Linux tells it (proc(5), getrusage(2)). What could
/// not be read is 0.
struct process_usage {
  double started = 0;      ///< seconds since 1970
  double cpu_seconds = 0;  ///< of all its threads, in the kernel too
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t threads = 0;
  std::uint64_t open_descriptors = 0;
  std::uint64_t most_descriptors = 0;  ///< that it may open; 0: no limit
};

/// Reads some small files of the kernel's, which waits for no disk. Any thread.
process_usage usage_of_process() noexcept;

}  // namespace rondo::os
