#pragma once

#include <rondo/observe/snapshot.hpp>

namespace rondo::testing {

/// A program that does not exist: two workers, of which the second is stuck; `tasks` tasks, from 1
/// on, of which the first two wait for each other's mutex; sockets, timers and jobs.
observe::snapshot made_up_program(int tasks);

}  // namespace rondo::testing
