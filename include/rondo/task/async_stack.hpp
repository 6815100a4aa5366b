#pragma once

#include <string>

#include <rondo/task/task_context.hpp>

namespace rondo {

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
/// A parallel scope of several threads is one line in it: see `runtime::task_tree`.
std::string task_tree(const task_context& top);

/// The trees of the lines of such a scope that are on the calling thread just now.
std::string task_tree(detail::parallel_core& scope);

}  // namespace rondo
