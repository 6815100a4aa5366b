#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include <rondo/observe/metrics.hpp>
#include <rondo/observe/trace_file.hpp>

namespace rondo::cli {

struct serve_options;

/// What `rondo trace` was asked to do.
struct trace_options {
  /// The subcommand, which is parsed where it was asked for.
  const CLI::App* add_to(CLI::App& program);

  std::string what;    ///< the number of a process, or a file
  std::string folder;  ///< where that process writes traces; empty: where it says
};

/// Asks a process for its trace, and says what is in it; or what is in a file. The exit status.
int trace(const trace_options& options);

/// `rondo serve --trace` and `--metrics`. Outlives the serving.
class serve_insight {
 public:
  void add_options(CLI::App& serve);
  /// Once the command line was read. The inspector's page steps through a recording, too. Throws
  /// `error`.
  void take_part_in(serve_options& options);

 private:
  std::string folder_;  // of traces; empty: none
  std::optional<std::uint16_t> port_;
  std::optional<observe::meter> figures_;
  std::optional<probe::recorder> recorder_;
  std::optional<observe::trace_on_crash> on_crash_;
  std::optional<observe::trace_on_signal> on_signal_;
};

}  // namespace rondo::cli
