#pragma once

#include "cli/serve.hpp"

namespace rondo::cli {

/// `serve` with `options.workers` threads on one port. The exit status; failures go to standard
/// error.
int serve_with_workers(const serve_options& options);

}  // namespace rondo::cli
