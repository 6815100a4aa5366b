#pragma once

#include <string_view>
#include <utility>

#include <rondo/async/offload.hpp>
#include <rondo/os/errors.hpp>

namespace rondo::fs {

/// How all calls of the room are done on the pool. `what` is a literal, and shows up in reports.
inline offload_options on_pool(label what) noexcept {
  return offload_options(work_kind::files, std::move(what));
}

inline void throw_if_failed(int outcome, std::string_view what, std::string_view path) {
  if (outcome < 0) [[unlikely]]
    throw os::make_error(outcome, what, path);
}

}  // namespace rondo::fs
