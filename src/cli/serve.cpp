// `rondo serve`: an HTTP server on one loop, ended politely by a signal.
#include "cli/serve.hpp"

#include <csignal>
#include <cstdio>
#include <optional>

#include <rondo/async/run.hpp>
#include <rondo/http/server.hpp>
#include <rondo/http/static_files.hpp>
#include <rondo/http/target.hpp>
#include <rondo/signal/signal_set.hpp>
#include <rondo/task/scope.hpp>

#include "cli/access_log.hpp"
#include "cli/start_page.hpp"

namespace rondo::cli {

namespace {

/// The start page, /hello, and the files of a folder where one was given.
class site final : public http::handler {
 public:
  site(const serve_options& options, std::string_view backend, std::string_view address)
      : page_(start_page(backend, address)) {
    if (!options.folder.empty()) files_.emplace(options.folder);
  }

  http::handling handle(http::exchange& x) override {
    const http::method verb = x.request().method();
    const std::string_view path = http::split_target(x.request().path_and_query()).path;
    static constexpr http::field allowed[] = {{"Allow", "GET, HEAD, OPTIONS"}};
    const bool reads = verb == http::method::get || verb == http::method::head;
    if (path == "/hello" && reads && !(files_ && files_->has(x))) {
      static constexpr http::field_literal plain("Content-Type: text/plain; charset=utf-8");
      x.respond(200, plain, "Hello, World!\n");
    } else if (verb == http::method::options) {
      x.respond(204, allowed, "");  // for "*", too (RFC 9110, section 9.3.7)
    } else if (files_) {
      return files_->answer(x);
    } else if (path == "/" && reads) {
      x.respond(200, "text/html; charset=utf-8", page_);
    } else if (path == "/" || path == "/hello") {
      http::respond_plain(x, 405, allowed);
    } else {
      http::respond_plain(x, 404);
    }
    return http::at_once;
  }

 private:
  std::string page_;
  std::optional<http::static_files> files_;
};

task<> stop_on_signal(http::server& server, signal_set& signals) {
  const int first = co_await signals.next();
  std::fprintf(stderr, "rondo: %s: finishing what is under way\n",
               first == SIGINT ? "SIGINT" : "SIGTERM");
  server.stop();
  co_await signals.next();  // the second one does not wait
  std::fprintf(stderr, "rondo: again: closing everything\n");
  throw cancelled();
}

task<> serve_until_signal(const serve_options& options) {
  loop& l = co_await this_loop();
  signal_set signals(l, {SIGINT, SIGTERM});
  auto address = socket_address::from_host(options.host, options.port);
  if (!address) throw std::move(address).error();
  auto listener = co_await tcp_listener::bind(*address);

  const std::string where = listener.local_address()->to_string();
  site pages(options, l.backend().name(), where);
  access_log log(l);
  http::server_options settings;
  if (options.log) {
    settings.on_access = [&log](const http::access_record& record) { log.write(record); };
  }
  http::server server(l, pages, std::move(settings));
  std::printf("rondo: serving http://%s (%s)\n", where.c_str(), l.backend().name());
  std::fflush(stdout);

  co_await with_scope([&](scope& all) -> task<> {
    all.spawn([](http::server& s, signal_set& from, scope& whole) -> task<> {
      try {
        co_await stop_on_signal(s, from);
      } catch (const cancelled&) {
        whole.cancel();
        throw;
      }
    }(server, signals, all));
    co_await server.serve(std::move(listener));
    all.cancel();  // nobody waits for a signal any more
  });
}

}  // namespace

int serve(const serve_options& options) {
  try {
    auto backend = io::make_backend(options.backend);
    if (!backend) throw std::move(backend).error();
    loop_options settings;
    settings.backend = std::move(*backend);
    run(serve_until_signal(options), std::move(settings));
    std::fprintf(stderr, "rondo: done\n");
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "rondo: %s\n", failure.what());
    return 1;
  }
}

}  // namespace rondo::cli
