#pragma once

#include <string>

namespace CLI {
class App;
}

namespace rondo::cli {

/// What `rondo ps`, `tree`, `why` and `top` are to do.
struct inspect_request {
  /// To the command line. Outlives its parsing, which sets what was asked for.
  void add_to(CLI::App& program);

  std::string verb;   ///< "": none of them
  int pid = 0;        ///< 0: none was named
  std::string about;  ///< of `why`: one task
  std::string sort;
  int limit = 0;
  double interval = 1;  ///< of `top`, seconds
};

/// Asks a running program, and prints what it says. What the process is to return.
int inspect_process(const inspect_request& request);

}  // namespace rondo::cli
