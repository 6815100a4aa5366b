#pragma once

#include <rondo/base/intrusive_list.hpp>
#include <rondo/io/op.hpp>
#include <rondo/os/file_call.hpp>

namespace rondo::io {

/// What an `op` of the kind `file` has at `data`: the call, and what a backend needs to keep it.
/// Calls on one descriptor are in no order: each names its own place in the file, and may end
/// before one that was asked earlier. Lifetime: as that of the op.
struct file_call : os::file_call, list_hook<> {
  file_call() noexcept = default;
  explicit file_call(const os::file_call& call) noexcept : os::file_call(call) {}

  op* asked_by = nullptr;  ///< the backend's, while it has the op
};

/// The call of an op of that kind.
inline file_call& call_of(const op& o) noexcept {
  return *static_cast<file_call*>(o.data);
}

}  // namespace rondo::io
