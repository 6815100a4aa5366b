#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <rondo/base/owned.hpp>
#include <rondo/base/result.hpp>
#include <rondo/io/backend.hpp>

namespace rondo::io {

/// The backends of this library; `automatic` is the best that is granted.
enum class backend_kind : std::uint8_t { automatic, uring, epoll, poll, select };

/// As `parse_backend` takes it. Static storage.
const char* to_string(backend_kind kind) noexcept;

/// "auto", "uring" (or "io_uring"), "epoll", "poll", "select". Fails naming the valid ones.
result<backend_kind> parse_backend(std::string_view text);

/// What environment variable RONDO_BACKEND asks for; `automatic` where it is unset or empty.
result<backend_kind> backend_from_environment();

/// One way of waiting, and whether this kernel grants it to this process.
struct candidate {
  backend_kind kind = backend_kind::automatic;
  bool granted = false;
  std::string reason;  ///< why not, with the likely remedy; or what is special about it here
};

/// All of them, best first, each one really tried. Costs some system calls.
std::vector<candidate> candidates();

/// Whether everything but `wake` is called by one thread, or by one at a time, which its user sees
/// to.
enum class sharing : bool { one_thread, shared };

/// Makes the backend asked for; `automatic` takes the first of `candidates()` that is granted.
/// Fails with the reason where a named one is not granted: nobody falls back unasked.
result<owned<backend>> make_backend(backend_kind kind = backend_kind::automatic,
                                    sharing how = sharing::one_thread);

}  // namespace rondo::io
