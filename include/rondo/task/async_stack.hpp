#pragma once

#include <string>

#include <rondo/task/task_context.hpp>

namespace rondo {

class parallel_scope;

/// Where a suspended line of execution stands, as text: what it waits for, the coroutines that
/// await each other, innermost first, and where it was spawned. A line each:
///
///     #0 sleep at poll.cpp:12 in task<> pause()
///     #1 awaited at poll.cpp:30 in task<> session(tcp_stream)
///     #2 spawned as "session" at serve.cpp:71 in task<> serve(scope&)
///
/// A line that runs or is queued to run has one line. Thread: the line's own.
std::string async_stack(const task_context& line);

/// The stacks of this line and of all lines below it: the children of the group that it waits for,
/// and so on. Given the main task, that is every task of the program.
///
/// Of a parallel scope below it, the lines that are on the calling thread just now: where there are
/// several, see `runtime::task_tree`.
std::string task_tree(const task_context& top);

/// Those of `scope` that are on the calling thread just now. "" on a single loop, where they are in
/// the tree of who opened it.
std::string task_tree(const parallel_scope& scope);

}  // namespace rondo
