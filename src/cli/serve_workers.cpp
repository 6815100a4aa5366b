// `rondo serve --workers N`: one server, N threads. Each has a loop and an HTTP server of its own,
// and all accept from one socket: whoever is free accepts, and gives the connection to whoever has
// the fewest. So a few long connections never all land on one thread, and a thread that is busy
// holds up nobody's connect. docs/design/0010-threads.md has what the alternatives came to.
#include "cli/serve_workers.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstdio>

#include <rondo/async/run.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/service.hpp>
#include <rondo/os/socket.hpp>
#include <rondo/os/thread.hpp>
#include <rondo/runtime/sharded.hpp>
#include <rondo/service/service_manager.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/sync/latch.hpp>
#include <rondo/task/scope.hpp>
#include <rondo/task/when_all.hpp>

namespace rondo::cli {

namespace {

/// A listening socket that knows no loop, so that its copies are equals: each worker closes its
/// own, and the last of them ends it.
os::fd listen_on(const socket_address& address) {
  os::fd socket(os::open_tcp_socket(address.is_v6(), true));
  int outcome = socket.get();
  if (outcome >= 0) outcome = os::set_option(outcome, os::option::reuse_address, 1);
  if (outcome >= 0) outcome = os::bind(socket.get(), address);
  if (outcome >= 0) outcome = os::listen(socket.get(), listen_options().backlog);
  if (outcome < 0) throw os::make_error(outcome, "listen on", address.to_string());
  return socket;
}

/// What a service manager has passed, or else one socket as `options` say.
std::vector<os::fd> listening_sockets(const serve_options& options) {
  std::vector<os::fd> sockets;
  auto passed = os::take_activated_descriptors();
  if (!passed) throw std::move(passed).error();
  for (os::activated_descriptor& each : *passed) sockets.push_back(std::move(each.descriptor));
  if (!sockets.empty()) return sockets;
  const auto address = socket_address::from_host(options.host, options.port);
  if (!address) throw error(address.error());
  sockets.push_back(listen_on(*address));
  return sockets;
}

/// What the others know of a worker.
struct worker {
  /// Connections that it is to serve.
  channel<os::fd> arrivals{unbounded};
  // Connections that it was given (counted by whoever gives) and that have ended (by its server).
  // Their difference is only compared, and may be out of date: relaxed.
  std::atomic<std::uint64_t> given{0};
  std::atomic<std::uint64_t> ended{0};
  /// Its own, while it serves. Used on its thread only.
  graceful_shutdown* ending = nullptr;

  std::int64_t load() const noexcept {
    return static_cast<std::int64_t>(given.load(std::memory_order_relaxed) -
                                     ended.load(std::memory_order_relaxed));
  }
};

class team {
 public:
  team(const serve_options& options, int count)
      : options_(&options),
        sockets_(listening_sockets(options)),
        workers_(static_cast<std::size_t>(count)),
        accepting_(count),
        serving_(count) {
    for (const os::fd& each : sockets_) {
      socket_address bound;
      if (os::local_address(each.get(), bound) < 0) continue;
      if (where_.empty()) first_ = bound.to_string();
      if (!where_.empty()) where_ += ", ";
      where_ += options.scheme() + bound.to_string();
    }
  }

  /// The whole life of one worker.
  task<> serve(shard& me);

 private:
  task<> serve_until_end(shard& me, graceful_shutdown& ending);
  std::vector<tcp_listener> copy_listeners(loop& l) const;
  task<> accept_all(std::size_t me, std::vector<tcp_listener> listeners, graceful_shutdown& ending);
  task<> accept(std::size_t me, tcp_listener& listener, graceful_shutdown& ending);
  void give_away(tcp_stream accepted, std::size_t me);
  task<> end_all_on_signals(shard& me, std::optional<signal_set>& signals);
  template <class F>
  void tell_all(shard& me, F f);

  const serve_options* options_;
  std::vector<os::fd> sockets_;
  std::string first_;  // address, for the start page
  std::string where_;  // all of them
  std::vector<worker> workers_;
  std::atomic<int> accepting_;  // the last one closes all queues of arrivals
  latch serving_;               // until all have ended
};

task<> team::serve(shard& me) {
  loop& l = co_await this_loop();
  const auto index = static_cast<std::size_t>(me.index());
  graceful_shutdown ending(
      l, shutdown_for(*options_, "rondo: worker " + std::to_string(me.index() + 1)));
  struct being_here {
    graceful_shutdown*& pointer;
    ~being_here() { pointer = nullptr; }
  } const here{workers_[index].ending = &ending};
  if (index != 0) {
    co_await serve_until_end(me, ending);
    co_await serving_.arrive_and_wait();
    co_return;
  }
  // One for all workers: they belong together.
  const std::optional<observe::inspector> see = co_await inspect_if_asked(*options_, "rondo: ");
  co_await measure_this_loop(*options_);
  std::optional<signal_set> signals;
  take_end_signals(*options_, signals, l);
  service_manager manager(l);
  manager.take_part_in(ending, options_->drain_timeout + l.shutdown_limit() * 2);
  std::printf("rondo: serving %s (%s), %d workers\n", where_.c_str(), l.backend().name(),
              me.count());
  std::fflush(stdout);
  manager.ready("serving " + where_);
  const auto with_signals = [&](scope& all) -> task<> {
    all.spawn("signals", end_all_on_signals(me, signals));
    co_await serve_until_end(me, ending);
    co_await serving_.arrive_and_wait();
    all.cancel("nobody waits for a signal any more");
  };
  co_await with_scope(with_signals);
}

task<> team::serve_until_end(shard& me, graceful_shutdown& ending) {
  loop& l = co_await this_loop();
  const auto index = static_cast<std::size_t>(me.index());
  worker& mine = workers_[index];
  std::vector<tcp_listener> listeners = copy_listeners(l);
  loop_server server(*options_, l, first_, ending, &mine.ended);
  auto both = [&]() -> task<> {
    const auto with_metrics = [&](scope& all) -> task<> {
      if (index == 0 && options_->figures != nullptr) {
        all.spawn("metrics", serve_metrics(*options_, ending));
      }
      co_await when_all(accept_all(index, std::move(listeners), ending),
                        server.server().serve(mine.arrivals));
    };
    co_await with_scope(with_metrics);
  };
  co_await ending.run(both());
}

std::vector<tcp_listener> team::copy_listeners(loop& l) const {
  std::vector<tcp_listener> copies;
  for (const os::fd& each : sockets_) {
    os::fd copy(::fcntl(each.get(), F_DUPFD_CLOEXEC, 0));
    if (!copy) throw os::make_error(os::last_error(), "copy the listening socket");
    auto listener = tcp_listener::adopt(l, std::move(copy));
    if (!listener) throw std::move(listener).error();
    copies.push_back(std::move(*listener));
  }
  return copies;
}

/// The last one ends the sockets and, behind what they have brought, the queues of arrivals.
task<> team::accept_all(std::size_t me, std::vector<tcp_listener> listeners,
                        graceful_shutdown& ending) {
  const auto accept_from_each = [&](scope& all) -> task<> {
    for (tcp_listener& each : listeners) all.spawn("accept", accept(me, each, ending));
    co_return;
  };
  co_await with_scope(accept_from_each);
  if (--accepting_ > 0) co_return;
  sockets_.clear();
  for (worker& each : workers_) each.arrivals.close();
}

/// Until the end has begun; then what is in the backlog.
task<> team::accept(std::size_t me, tcp_listener& listener, graceful_shutdown& ending) {
  const auto accept_until_cancelled = [&]() -> task<> {
    for (;;) give_away(co_await listener.accept(), me);
  };
  co_await ending.until_begun(accept_until_cancelled());
  while (auto accepted = co_await within(duration(), listener.accept())) {
    give_away(std::move(*accepted), me);
  }
  listener.close();
}

/// To whoever serves the fewest; among equals to `me`.
void team::give_away(tcp_stream accepted, std::size_t me) {
  worker* chosen = &workers_[me];
  std::int64_t least = chosen->load();
  for (worker& each : workers_) {
    const std::int64_t load = each.load();
    if (load >= least) continue;
    chosen = &each;
    least = load;
  }
  chosen->given.fetch_add(1, std::memory_order_relaxed);
  // False only where all of it is being torn down; then the connection ends here.
  static_cast<void>(chosen->arrivals.try_send(os::fd(accepted.release())));
}

task<> team::end_all_on_signals(shard& me, std::optional<signal_set>& signals) {
  end_calls calls;
  calls.begin = [&](std::string_view signal) {
    tell_all(me, [signal](graceful_shutdown& each) { each.begin(signal); });
  };
  calls.hurry = [&](std::string_view signal) {
    tell_all(me, [signal](graceful_shutdown& each) { each.hurry(signal); });
  };
  co_await end_on_signals(*options_, signals, std::move(calls));
}

template <class F>
void team::tell_all(shard& me, F f) {
  for (int i = 0; i < me.count(); ++i) {
    me.post(i, [this, i, f] {
      graceful_shutdown* const ending = workers_[static_cast<std::size_t>(i)].ending;
      if (ending != nullptr) f(*ending);
    });
  }
}

}  // namespace

int serve_with_workers(const serve_options& options) {
  try {
    sharded how(options.workers > 0 ? options.workers : os::processors());
    how.backend = options.backend;
    how.recorder = options.recorder;
    how.name = "rondo-serve";
    team all(options, how.count);
    run(std::move(how), [&](shard& me) -> task<> { co_await all.serve(me); });
    std::fprintf(stderr, "rondo: done\n");
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "rondo: %s\n", failure.what());
    return 1;
  }
}

}  // namespace rondo::cli
