#pragma once

#include <rondo/net/unix_stream.hpp>

#include "cli/serve.hpp"

namespace rondo::cli {

/// `rondo serve --unix PATH`: serves what comes to `listener` on the loop of the calling task,
/// until `ending` has ended it. To be run inside of `ending.run`.
task<> serve_unix(const serve_options& options, unix_listener listener, graceful_shutdown& ending);

}  // namespace rondo::cli
