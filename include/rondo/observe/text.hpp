#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <rondo/observe/snapshot.hpp>

/// A snapshot as text for a terminal. Any thread.
namespace rondo::observe {

/// What comes first in a table.
enum class table_order : std::uint8_t { id, busy, polls, in_state, age, name };

/// What a table shows.
struct table_options {
  table_options() noexcept = default;

  table_order order = table_order::id;
  std::size_t limit = 0;  ///< rows; 0: all
  bool times = true;      ///< whether to show how long things took
};

/// A line for each task: id, state, name, where it is or was spawned, how often and how long it
/// ran, and what it waits for.
std::string tasks_as_table(const snapshot& s, const table_options& options = {});

/// Below each task those of its scopes and groups, each with the frames that await each other.
std::string tasks_as_tree(const snapshot& s);

/// Why it hangs, the most certain first: deadlocks, loops that are held, tasks that spin or were
/// forgotten; then who waits longest for what, and who could wake him; what keeps the loops alive.
/// With an id or a name: what is known of that task alone.
std::string why_it_waits(const snapshot& s, std::string_view task = {});

/// The loops and the busiest tasks, for a screen of so many rows. `before` is an older snapshot of
/// the same program, or null: the figures are of the time between.
std::string overview(const snapshot& s, const snapshot* before, std::size_t rows);

}  // namespace rondo::observe
