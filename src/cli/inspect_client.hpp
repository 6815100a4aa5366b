#pragma once

#include <optional>
#include <string>

#include <rondo/async/lines.hpp>
#include <rondo/net/unix_stream.hpp>

namespace rondo::cli {

/// A running program that answers questions about itself.
class inspected_process {
 public:
  /// Throws `error`, which says why the process can't be asked, and what to do about it.
  static task<inspected_process> connect(int pid);

  /// The answer to one line. Throws `error`.
  task<std::string> ask(std::string request);

 private:
  unix_stream peer_;
};

}  // namespace rondo::cli
