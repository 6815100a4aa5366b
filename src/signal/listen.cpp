// From numbers to a listener; and which of them was at fault where that fails.
#include "signal/listen.hpp"

#include <string>

#include <rondo/os/errors.hpp>

namespace rondo {

void listen(os::signal_listener& listener, std::initializer_list<int> which, bool takes) {
  os::signal_mask mask = 0;
  std::string names;
  for (const int number : which) {
    const bool exists = number >= 1 && number <= 64;
    names += names.empty() ? "" : ", ";
    names += exists ? os::signal_name(number) : "signal " + std::to_string(number);
    if (!exists) throw os::make_error(errc::invalid_argument, "listen to", names);
    mask |= os::signal_mask{1} << (number - 1);
  }
  const int failure = listener.open(mask, takes);
  if (failure == 0) return;
  if (os::to_errc(failure) != errc::invalid_argument) {
    throw os::make_error(failure, "listen to", names);
  }
  throw os::make_error(failure, "listen to", names,
                       "SIGKILL, SIGSTOP and the signals of faults can't be taken");
}

}  // namespace rondo
