#pragma once

#include <string>

#include <rondo/async/any_stream.hpp>
#include <rondo/base/time.hpp>
#include <rondo/tls/engine.hpp>

namespace rondo::tls {

/// Brings `machine` and its peer to an agreement, over `wire`, within `limit`. Throws `error`; the
/// peer was told why then. `peer` is for the texts. `wire` and `machine` outlive it.
task<> shake_hands(any_stream& wire, engine& machine, std::string peer, duration limit);

/// Sends what the engine has to say after a failure, as far as `wire` takes it now.
task<> say_why(any_stream& wire, engine& machine);

}  // namespace rondo::tls
