// The handshake over a stream: steps of the engine, on the pool where they are long, and the bytes
// between them.
#include "tls/handshake.hpp"

#include <utility>

#include <rondo/async/offload.hpp>
#include <rondo/async/timeout.hpp>

namespace rondo::tls {

namespace {

/// The engine belongs to the thread of the pool until the await is over, also when it is cancelled.
task<result<step>> next_step(engine& machine) {
  if (!machine.is_next_step_long()) co_return machine.handshake();
  const auto compute = [&machine] { return machine.handshake(); };
  offload_options options(work_kind::cpu, "tls handshake");
  co_return co_await offload(std::move(options), compute);
}

task<> take_steps(any_stream& wire, engine& machine) {
  std::string sending;
  for (;;) {
    result<step> came = co_await next_step(machine);
    if (!came) {
      co_await say_why(wire, machine);
      throw std::move(came).error();
    }
    if (machine.has_output()) {
      sending.clear();
      machine.take_output(sending);
      co_await wire.write_all(sending);
    }
    if (*came == step::done) co_return;
    const std::size_t count = co_await wire.read(machine.input_room());
    if (count > 0) {
      machine.input_arrived(count);
    } else {
      machine.input_ended();
    }
  }
}

}  // namespace

task<> say_why(any_stream& wire, engine& machine) {
  constexpr duration patience = duration::seconds(1);
  std::string alert;
  machine.take_output(alert);
  if (alert.empty()) co_return;
  try {
    co_await within(patience, wire.write_all(alert));
  } catch (const error&) {
    co_return;  // the peer is gone, and needs no reason any more
  }
}

task<> shake_hands(any_stream& wire, engine& machine, std::string peer, duration limit) {
  const bool done = co_await within(limit, take_steps(wire, machine));
  if (done) co_return;
  throw error(errc::timed_out, "tls handshake" + (peer.empty() ? "" : " with " + peer) +
                                   ": the peer did not go on within " +
                                   std::to_string(limit.count_ns() / 1'000'000) + " ms");
}

}  // namespace rondo::tls
