#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

#include <rondo/tls/context.hpp>
#include <rondo/tls/server_layer.hpp>

#include "cli/serve.hpp"

namespace rondo::cli {

/// HTTPS as the command line asks for it. Outlives what is served.
class secure_site {
 public:
  /// Before the command line is read.
  void add_options(CLI::App& serve);
  /// Behind it: reads the files, and tells `options` to serve through TLS where that is asked for.
  /// Throws `error`.
  void take_part_in(serve_options& options);

 private:
  tls::server_options settings() const;

  std::string certificate_;
  std::string key_;
  std::string client_authorities_;
  bool newest_only_ = false;
  std::optional<tls::context> context_;
  std::optional<tls::server_layers> layers_;
};

}  // namespace rondo::cli
