// `rondo serve` on one loop, and the parts that it shares with `--workers` and `--cluster`: what a
// loop serves, and how signals end it.
#include "cli/serve.hpp"

#include <csignal>
#include <cstdio>
#include <optional>

#include <rondo/async/offload.hpp>
#include <rondo/async/run.hpp>
#include <rondo/observe/inspect.hpp>
#include <rondo/os/service.hpp>
#include <rondo/service/service_manager.hpp>
#include <rondo/task/scope.hpp>

#include "cli/serve_unix.hpp"

namespace rondo::cli {

namespace {

void print(std::string_view who, std::string_view text) {
  std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(who.size()), who.data(),
               static_cast<int>(text.size()), text.data());
}

void print_report(std::string_view who, const shutdown_report& report) {
  switch (report.stage) {
    case shutdown_stage::running:
    case shutdown_stage::ended:
      return;
    case shutdown_stage::draining:
      return print(who, "still waiting:\n" + to_string(report));
    case shutdown_stage::cancelling:
      return print(who, report.is_empty() ? to_string(report) : "cut off:\n" + to_string(report));
    case shutdown_stage::overdue:
      return print(who, to_string(report));
  }
}

/// Where one loop serves: at the addresses of `listeners`, or at a path.
struct places {
  places(const serve_options& options, loop& l) {
    if (options.unix_path.empty()) {
      listeners = listeners_for(options, l);
      return;
    }
    auto bound = unix_listener::bind(l, options.unix_path);
    if (!bound) throw std::move(bound).error();
    at_path.emplace(std::move(*bound));
  }

  std::vector<tcp_listener> listeners;
  std::optional<unix_listener> at_path;
};

task<> serve_all(const serve_options& options, places& at, graceful_shutdown& ending,
                 service_manager& manager) {
  const char* const backend = (co_await this_loop()).backend().name();
  co_await with_scope([&](scope& servers) -> task<> {
    std::string where;
    if (at.at_path) {
      where = "unix:" + options.unix_path;
      servers.spawn("server", serve_unix(options, std::move(*at.at_path), ending));
    }
    for (tcp_listener& each : at.listeners) {
      if (!where.empty()) where += ", ";
      where += options.scheme() + each.local_address()->to_string();
      servers.spawn("server", serve_on_this_loop(options, std::move(each), ending));
    }
    if (options.figures != nullptr) servers.spawn("metrics", serve_metrics(options, ending));
    std::printf("rondo: serving %s (%s)\n", where.c_str(), backend);
    std::fflush(stdout);
    manager.ready("serving " + where);
    co_return;
  });
}

/// Reports go to standard error, and their first line to the service manager.
shutdown_options shutdown_told_to(service_manager& manager, const serve_options& options) {
  shutdown_options chosen = shutdown_for(options, "rondo");
  chosen.on_report = [&manager,
                      print = std::move(chosen.on_report)](const shutdown_report& r) mutable {
    print(r);
    manager.status(to_string(r));
  };
  return chosen;
}

task<> serve_until_signal(const serve_options& options) {
  loop& l = co_await this_loop();
  const std::optional<observe::inspector> see = co_await inspect_if_asked(options, "rondo: ");
  std::optional<signal_set> signals;
  take_end_signals(options, signals, l);
  places at(options, l);
  service_manager manager(l);
  graceful_shutdown ending(l, shutdown_told_to(manager, options));
  manager.take_part_in(ending, options.drain_timeout + l.shutdown_limit() * 2);

  co_await measure_this_loop(options);
  const auto serve_and_end = [&](scope& all) -> task<> {
    end_calls calls;
    calls.begin = [&](std::string_view signal) { ending.begin(signal); };
    calls.hurry = [&](std::string_view signal) { ending.hurry(signal); };
    all.spawn("signals", end_on_signals(options, signals, std::move(calls)));
    co_await ending.run(serve_all(options, at, ending, manager));
    all.cancel("nobody waits for a signal any more");
  };
  co_await with_scope(serve_and_end);
}

}  // namespace

loop_options loop_for(const serve_options& options) {
  auto backend = io::make_backend(options.backend);
  if (!backend) throw std::move(backend).error();
  loop_options chosen;
  chosen.backend = std::move(*backend);
  chosen.recorder = options.recorder;
  return chosen;
}

std::vector<tcp_listener> listeners_for(const serve_options& options, loop& l) {
  std::vector<tcp_listener> listeners;
  const auto add = [&](result<tcp_listener> made) {
    if (!made) throw std::move(made).error();
    listeners.push_back(std::move(*made));
  };
  auto passed = os::take_activated_descriptors();
  if (!passed) throw std::move(passed).error();
  for (os::activated_descriptor& each : *passed) {
    add(tcp_listener::adopt(l, std::move(each.descriptor)));
  }
  if (!listeners.empty()) return listeners;
  const auto address = socket_address::from_host(options.host, options.port);
  if (!address) throw error(address.error());
  add(tcp_listener::bind(l, *address));
  return listeners;
}

shutdown_options shutdown_for(const serve_options& options, std::string_view who) {
  shutdown_options chosen;
  chosen.drain_limit = options.drain_timeout;
  chosen.on_report = [name = std::string(who)](const shutdown_report& r) { print_report(name, r); };
  return chosen;
}

loop_server::loop_server(const serve_options& options, loop& l, const std::string& where,
                         graceful_shutdown& ending, std::atomic<std::uint64_t>* ended)
    : pages_(options.folder, l.backend().name(), where),
      log_(l),
      server_(l, pages_, settings(options, ended)) {
  server_.take_part_in(ending);
}

http::server_options loop_server::settings(const serve_options& options,
                                           std::atomic<std::uint64_t>* ended) {
  http::server_options chosen;
  chosen.drain_timeout = duration::max();  // the shutdown's limit is the one that counts
  chosen.ended_connections = ended;
  chosen.layers = options.layers;
  if (options.figures != nullptr) chosen.counters = &options.figures->server("rondo serve");
  if (options.log) {
    chosen.on_no_agreement = [](const socket_address& peer, const error& why) {
      print(peer.to_string(), why.what());
    };
    chosen.on_access = [this](const http::access_record& record) { log_.write(record); };
  }
  return chosen;
}

task<> serve_on_this_loop(const serve_options& options, tcp_listener listener,
                          graceful_shutdown& ending) {
  loop& l = co_await this_loop();
  loop_server here(options, l, listener.local_address()->to_string(), ending);
  co_await here.server().serve(std::move(listener));
}

task<std::optional<observe::inspector>> inspect_if_asked(const serve_options& options,
                                                         std::string who) {
  std::optional<observe::inspector> see;
  if (!options.inspect) co_return see;
  observe::inspect_options how;
  how.page = true;
  how.page_port = static_cast<std::uint16_t>(options.inspect_port);
  how.recorder = options.recorder;
  see.emplace(co_await observe::inspect(std::move(how)));
  std::printf("%slook inside at %s\n", who.c_str(), see->page().c_str());
  std::fflush(stdout);
  co_return see;
}

task<> measure_this_loop(const serve_options& options) {
  if (options.figures != nullptr) co_await options.figures->attach();
}

task<> serve_metrics(const serve_options& options, graceful_shutdown& ending) {
  loop& l = co_await this_loop();
  auto address = socket_address::from_host("127.0.0.1", options.metrics_port);
  if (!address) throw std::move(address).error();
  auto listener = tcp_listener::bind(l, *address);
  if (!listener) throw std::move(listener).error();
  const std::string where = listener->local_address()->to_string();
  print("rondo", "metrics at http://" + where + "/metrics");
  observe::metrics_page page(*options.figures);
  http::server server(l, page);
  server.take_part_in(ending);
  co_await server.serve(std::move(*listener));
}

void take_end_signals(const serve_options& options, std::optional<signal_set>& signals, loop& l) {
  if (options.reload_certificates) {
    signals.emplace(l, std::initializer_list<int>{SIGINT, SIGTERM, SIGHUP});
  } else {
    signals.emplace(l, std::initializer_list<int>{SIGINT, SIGTERM});
  }
}

namespace {

/// On the pool, since it reads files.
task<> reload_certificates(const serve_options& options) {
  const auto read = [&options] { return options.reload_certificates(); };
  offload_options how(work_kind::files, "read certificates");
  const result<void> outcome = co_await offload(std::move(how), read);
  if (outcome) {
    print("rondo", "SIGHUP: who connects from now on gets the certificates that are there now");
  } else {
    print("rondo", std::string("SIGHUP: the old certificates stay. ") + outcome.error().what());
  }
}

task<std::string_view> next_end_signal(const serve_options& options, signal_set& taken) {
  for (;;) {
    const int signal = co_await taken.next();
    if (signal != SIGHUP) co_return signal == SIGINT ? "SIGINT" : "SIGTERM";
    co_await reload_certificates(options);
  }
}

}  // namespace

task<> end_on_signals(const serve_options& options, std::optional<signal_set>& signals,
                      end_calls calls) {
  signal_set& taken = *signals;  // NOLINT(bugprone-unchecked-optional-access): see take_end_signals
  const std::string_view first = co_await next_end_signal(options, taken);
  print("rondo", std::string(first) + ": finishing what is under way");
  calls.begin(first);
  const std::string_view second = co_await next_end_signal(options, taken);
  print("rondo", std::string(second) + " again: closing everything");
  calls.hurry(second);
  signals.reset();
}

int serve(const serve_options& options) {
  try {
    run(serve_until_signal(options), loop_for(options));
    print("rondo", "done");
    return 0;
  } catch (const std::exception& failure) {
    print("rondo", failure.what());
    return 1;
  }
}

}  // namespace rondo::cli
