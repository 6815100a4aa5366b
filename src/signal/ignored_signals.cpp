// To ignore is to listen, and never to look.
#include <rondo/signal/ignored_signals.hpp>

#include "signal/listen.hpp"

namespace rondo {

ignored_signals::ignored_signals(std::initializer_list<int> which) {
  listen(listener_, which, false);
}

}  // namespace rondo
