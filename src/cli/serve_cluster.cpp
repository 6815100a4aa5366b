// `rondo serve --cluster N`: the same server in N processes on one port. SIGHUP replaces them one
// by one, with what is installed by then; SIGINT and SIGTERM end all of them.
#include "cli/serve_cluster.hpp"

#include <csignal>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include <rondo/async/run.hpp>
#include <rondo/cluster/supervisor.hpp>
#include <rondo/cluster/worker.hpp>
#include <rondo/os/crash.hpp>
#include <rondo/signal/signal_set.hpp>
#include <rondo/task/scope.hpp>

namespace rondo::cli {

namespace {

using cluster::worker_event_kind;

void print(const std::string& text) {
  std::fprintf(stderr, "rondo: %s\n", text.c_str());
}

// A worker
// ------------------------------------------------------------------------------------------

/// The terminal sends its signals to workers as well. What they mean is the supervisor's affair,
/// but for SIGTERM, which is how it insists.
task<> heed_signals(signal_set& signals, graceful_shutdown& ending) {
  for (int heard = 0;;) {
    const int signal = co_await signals.next();
    if (signal != SIGTERM) continue;
    if (++heard == 1) {
      ending.begin("SIGTERM");
    } else {
      ending.hurry("SIGTERM");
    }
  }
}

task<> heed_supervisor(cluster::worker& me, graceful_shutdown& ending) {
  co_await me.ready();
  co_await me.until_end();
  if (!me.has_supervisor()) print("worker " + std::to_string(me.index()) + ": no supervisor left");
  ending.begin("asked for by the supervisor, or left alone by it");
}

task<> serve_as_worker(const serve_options& options) {
  loop& l = co_await this_loop();
  signal_set signals(l, {SIGINT, SIGTERM, SIGHUP});
  cluster::worker me = cluster::worker::join(l);
  const std::optional<observe::inspector> see = co_await inspect_if_asked(
      options, "rondo: worker " + std::to_string(me.index()) + " (process " +
                   std::to_string(os::process_id()) + "): ");
  graceful_shutdown ending(l, shutdown_for(options, "rondo: worker " + std::to_string(me.index())));
  co_await with_scope([&](scope& all) -> task<> {
    all.spawn("signals", heed_signals(signals, ending));
    all.spawn("supervisor", heed_supervisor(me, ending));
    co_await ending.run(serve_on_this_loop(options, me.listener(), ending));
    all.cancel("the worker has served");
  });
}

// The supervisor
// ------------------------------------------------------------------------------------------

void print_event(const cluster::worker_event& e) {
  std::string text = "worker " + std::to_string(e.worker.index);
  if (e.worker.process != 0) text += " (process " + std::to_string(e.worker.process) + ")";
  switch (e.kind) {
    case worker_event_kind::started:
    case worker_event_kind::draining:
      return;  // what comes of it will be told
    case worker_event_kind::ready:
      return print(text + ": ready");
    case worker_event_kind::exited:
    case worker_event_kind::failed:
      return print(text + ": " + e.text);
    case worker_event_kind::pausing:
      return print(text + ": its successor waits for " + e.text);
    case worker_event_kind::late:
      return print(text + " does not end: " + e.text);
  }
}

task<> reload(cluster::supervisor& workers) {
  try {
    co_await workers.reload();
    print("reloaded");
  } catch (const error& e) {
    print(e.what());
  }
}

task<> heed_signals(signal_set& signals, cluster::supervisor& workers, scope& all) {
  for (bool ends = false;;) {
    const int signal = co_await signals.next();
    if (signal == SIGHUP) {
      print("SIGHUP: replacing all workers");
      all.spawn("reload", reload(workers));
      continue;
    }
    const std::string name = signal == SIGINT ? "SIGINT" : "SIGTERM";
    if (ends) break;
    print(name + ": finishing what is under way");
    workers.stop();
    ends = true;
  }
  print("again: closing everything");
  all.cancel("a second signal");
}

task<> supervise(const serve_options& options) {
  loop& l = co_await this_loop();
  signal_set signals(l, {SIGINT, SIGTERM, SIGHUP});
  auto address = socket_address::from_host(options.host, options.port);
  if (!address) throw std::move(address).error();

  cluster::supervisor* running = nullptr;
  std::string where;
  cluster::supervisor_options settings;
  settings.workers = options.cluster;
  // A worker cuts off by itself what takes longer.
  settings.end_within = options.drain_timeout + duration::seconds(5);
  settings.on_event = [&](const cluster::worker_event& e) {
    print_event(e);
    if (where.empty() || !running->is_ready()) return;
    std::printf("rondo: serving %s%s (%d processes)\n", options.scheme(), where.c_str(),
                options.cluster);
    std::fflush(stdout);
    where.clear();
  };
  cluster::supervisor workers(l, cluster::this_program(), std::move(settings));
  running = &workers;
  auto bound = workers.listen(*address);
  if (!bound) throw std::move(bound).error();
  where = bound->to_string();
  co_await with_scope([&](scope& all) -> task<> {
    all.spawn("signals", heed_signals(signals, workers, all));
    co_await workers.run();
    all.cancel("all workers have ended");
  });
}

}  // namespace

int serve_cluster(const serve_options& options) {
  const bool works = cluster::worker::is_one();
  try {
    run(works ? serve_as_worker(options) : supervise(options), loop_for(options));
    if (!works) print("done");
    return 0;
  } catch (const std::exception& failure) {
    print(failure.what());
    return 1;
  }
}

}  // namespace rondo::cli
