// What the watchdog is told of a call that does not end: in a signal handler on the loop's thread,
// somewhere within that call. So it only compares addresses, and reads nodes, which stay where they
// are as long as the loop does.
#include <rondo/watchdog/facts.hpp>

#include "loop/state.hpp"

namespace rondo {

void loop::state::describe_call(const void* of, const job* called, watchdog::facts& into) noexcept {
  const state& s = *static_cast<const state*>(of);
  into.phase = s.phase();
  for (const node* const chunk : s.node_chunks) {
    for (const node* n = chunk; n != chunk + nodes_per_chunk; ++n) {
      if (n != called || !n->calling) continue;
      into.handle = name_of(n->kind);
      into.handle_born = n->where;
      return;
    }
  }
}

watchdog::beat& loop::beat() noexcept {
  return state_->beat;
}

}  // namespace rondo
