#pragma once

#include "cli/serve.hpp"

namespace rondo::cli {

/// Serves with `options.cluster` processes, as the supervisor or as one of them. The exit status.
int serve_cluster(const serve_options& options);

}  // namespace rondo::cli
