#pragma once

#include <source_location>
#include <string>
#include <string_view>

#include <rondo/observe/snapshot.hpp>

namespace rondo::observe::words {

/// "serve.cpp:71"; "" where that is not known.
std::string place_of(const std::source_location& where);
/// Whether a coroutine is the library's own glue, which nobody wants to see.
bool is_glue(const std::source_location& where);
/// "1.5 s", "20 ms", "3 us": two digits that say something.
std::string text_of(duration d);
/// `task "session"`, or `task 12` where it has no name.
std::string title_of(const task_view& task);
/// The task, or null. O(log n).
const task_view* find(const snapshot& s, std::uint64_t id) noexcept;
/// What a task waits for: `lock of a mutex, held by task "b"`.
std::string wait_of(const snapshot& s, const task_view& task);
/// Who could end that: the holder, who is joined; null: nobody that is known.
const task_view* waited_for(const snapshot& s, const task_view& task) noexcept;
/// "1 task", "2 tasks".
std::string count_of(std::uint64_t number, std::string_view of_what);

/// "ready", "running", "waiting".
const char* to_string(task_state state) noexcept;
/// "deadlocked, wakes itself"; "" for none.
std::string suspicions_of(const task_view& task);

}  // namespace rondo::observe::words
