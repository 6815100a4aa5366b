#pragma once

#include <rondo/task/executor.hpp>

namespace rondo {

namespace detail {
class parallel_core;
}

/// Executors, each on a thread of its own, that share the lines that move. Any thread. Lifetime:
/// outlives those lines.
class crew {
 public:
  virtual ~crew() = default;
  virtual int size() const noexcept = 0;
  virtual executor& member(int index) noexcept = 0;
  /// That of the calling thread, or null where it is none of theirs.
  virtual executor* mine() noexcept = 0;
  /// Its index, or -1.
  virtual int my_index() const noexcept = 0;
  /// Whose reactor is to serve something new that is used by lines that move: each in its turn.
  virtual executor& next_home() noexcept = 0;

  /// Which parallel scopes there are, for who describes them all. From any thread.
  virtual void scope_begins(detail::parallel_core& scope) noexcept = 0;
  /// Not while somebody looks at it.
  virtual void scope_ends(detail::parallel_core& scope) noexcept = 0;
};

}  // namespace rondo
