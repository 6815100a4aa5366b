// An exit status as a sentence.
#include <rondo/os/signals.hpp>
#include <rondo/process/exit_status.hpp>

namespace rondo {

std::string exit_status::to_string() const {
  if (!end_.by_signal) return "exited with " + std::to_string(end_.number);
  std::string text = "killed by " + os::signal_name(end_.number);
  if (end_.core_dumped) text += " (core dumped)";
  return text;
}

}  // namespace rondo
