#pragma once

#include <rondo/base/owned.hpp>
#include <rondo/base/result.hpp>
#include <rondo/io/backend.hpp>
#include <rondo/io/candidates.hpp>

namespace rondo::io {

/// A backend on io_uring; needs Linux 6.0 and a system that permits it. Fails saying what stands in
/// the way. It may be made on one thread and used on another, that of the first `wait`, on which it
/// must be destroyed too, unless it is shared.
result<owned<backend>> make_uring_backend(sharing how = sharing::one_thread);

/// Makes one and receives a byte with it. Fewer than 30 system calls.
candidate probe_uring();

}  // namespace rondo::io
