#pragma once

#include <cstdint>
#include <string>

#include <rondo/io/candidates.hpp>

namespace rondo::cli {

/// What `rondo serve` was asked to do.
struct serve_options {
  std::string folder;  ///< empty: none
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  io::backend_kind backend = io::backend_kind::automatic;
  bool log = false;
};

/// Serves until SIGINT or SIGTERM, then drains. The exit status; failures go to standard error.
int serve(const serve_options& options);

/// Prints what this machine grants: backends and why not, limits. The exit status.
int doctor();

}  // namespace rondo::cli
