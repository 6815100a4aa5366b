#pragma once

#include <source_location>
#include <string>

#include <nlohmann/json.hpp>

#include <rondo/http/exchange.hpp>
#include <rondo/observe/snapshot.hpp>

namespace rondo::observe::page {

using json = nlohmann::json;

/// What the page gets: times in nanoseconds, places as "file.cpp:12", things as "0x7f..". Bytes of
/// names that are no UTF-8 are replaced.
std::string text_of(const json& value);
/// Answers with it.
http::handling respond_json(http::exchange& x, const json& value);

/// "server.cpp:12"; "" for none.
std::string place(const std::source_location& where);
/// "0x7f00dead"; null for none.
json thing(const void* address);
/// ["never polled", ...]
json suspicions_of(const task_view& task);
/// A row of the table.
json row_of(const task_view& task);
/// Null where there is none. O(log n).
const task_view* find_task(const snapshot& in, std::uint64_t id) noexcept;
/// What people know it by: "session", or where it was spawned.
std::string title_of(const task_view& task);

}  // namespace rondo::observe::page
