#pragma once

#include <string>

namespace CLI {
class App;
}

namespace rondo::cli {

/// `rondo gallery`: lists the programs, or shows the one that is named, step by step.
struct gallery_options {
  std::string name;  ///< empty: list
  bool json = false;

  /// Adds the command, and what it takes. The options outlive the program.
  CLI::App* add_to(CLI::App& program);
};

/// The exit status.
int gallery(const gallery_options& options);

}  // namespace rondo::cli
