// Names that do not meet: made of the time and of where the path lies in memory.
#include "fs/temporary_name.hpp"

#include <cstdint>

#include <rondo/base/random.hpp>
#include <rondo/os/clock.hpp>

namespace rondo::fs {

std::string temporary_name(std::string_view path) {
  const std::size_t name = path.rfind('/') + 1;  // npos + 1 is 0
  random_source numbers(static_cast<std::uint64_t>(real_clock().now().count_ns()) ^
                        reinterpret_cast<std::uintptr_t>(path.data()));
  constexpr std::size_t most_of_the_name = 200;  // so that the whole is not too long for one
  return std::string(path.substr(0, name))
      .append(".")
      .append(path.substr(name, most_of_the_name))
      .append(".")
      .append(std::to_string(numbers.next()))
      .append("~");
}

}  // namespace rondo::fs
