#pragma once

#include <rondo/io/candidates.hpp>
#include <rondo/task/task.hpp>

namespace rondo::testing {

/// Who ends the program.
enum class ended_by : unsigned char {
  cancel,    ///< of the scope around it
  deadline,  ///< of the `with_timeout` around it
};

/// Runs `program` on the backend again and again, and ends it at each point of a turn of the loop
/// at which it waits: the first time before the first poll for I/O, then after it, then before the
/// second one, and so on, until it comes to its end by itself. After each run counts what is left:
/// frames, timers, operations, and whatever else keeps a loop alive. (Descriptors are counted by
/// the listener that watches every test.) Returns at how many points it was ended.
int end_at_each_await(io::backend_kind backend, ended_by how, task<> (*program)());

}  // namespace rondo::testing
