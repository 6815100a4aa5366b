// The program: reads the command line (CLI11) and hands over.
#include <CLI/CLI.hpp>
#include <string>

#include <rondo/base/version.hpp>

#include "cli/gallery.hpp"
#include "cli/inspect.hpp"
#ifdef RONDO_HAS_TLS
#include "cli/secure.hpp"
#endif
#include "cli/serve.hpp"
#include "cli/serve_cluster.hpp"
#include "cli/serve_workers.hpp"
#include "cli/trace.hpp"

namespace {

/// What is to be served, and by whom.
/// `inspect_port`: a number, or "any"; empty where nobody inspects.
void add_options(CLI::App& serve, rondo::cli::serve_options& options, std::string& backend,
                 std::string& inspect_port) {
  serve.add_option("DIR", options.folder, "The folder whose files are served")
      ->check(CLI::ExistingDirectory);
  CLI::Option* const host =
      serve.add_option("--host", options.host, "The numeric address to listen on")
          ->capture_default_str();
  CLI::Option* const port =
      serve.add_option("--port", options.port, "The port; 0 takes a free one and prints it")
          ->capture_default_str();
  serve.add_option("--backend", backend,
                   "How to wait: auto, uring, epoll, poll or select [$RONDO_BACKEND, or auto]");
  CLI::Option* const threads =
      serve
          .add_option("--workers", options.workers,
                      "How many threads serve; 0: as many as there are processors")
          ->check(CLI::Range(0, 1024))
          ->capture_default_str();
  CLI::Option* const unix_path =
      serve
          .add_option("--unix", options.unix_path,
                      "The path of a Unix socket to listen on instead (curl --unix-socket PATH)")
          ->excludes(host)
          ->excludes(port)
          ->excludes(threads);
  serve.add_flag("--log", options.log, "Print a line for each request");
  serve
      .add_option("--cluster", options.cluster,
                  "How many processes serve; SIGHUP replaces them without losing a request")
      ->check(CLI::Range(1, 1024))
      ->excludes(threads)
      ->excludes(unix_path);
  serve
      .add_flag("--inspect{any}", inspect_port,
                "Print the address of a page that shows the loops at work, for this machine only; "
                "--inspect=PORT to choose its port. With --cluster each process has one, on a free "
                "port")
      ->check(CLI::Range(0, 65535) | CLI::IsMember({"any"}));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App program("Rondo: an event loop for C++.", "rondo");
  program.set_version_flag("--version", std::string(rondo::version()));
  program.require_subcommand(1);

  rondo::cli::serve_options options;
  std::string backend;
  std::string inspect_port;
  CLI::App* const serve = program.add_subcommand(
      "serve", "Serve a start page, /hello, and the files of a folder, over HTTP/1.1.");
  add_options(*serve, options, backend, inspect_port);
  double drain_seconds = options.drain_timeout.count_seconds();
  serve
      ->add_option("--drain-timeout", drain_seconds,
                   "How many seconds what is under way may take after SIGINT or SIGTERM")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  rondo::cli::serve_insight insight;
  insight.add_options(*serve);
#ifdef RONDO_HAS_TLS
  rondo::cli::secure_site secure;
  secure.add_options(*serve);
#endif
  CLI::App* const doctor = program.add_subcommand(
      "doctor", "Print what this machine grants: backends and why not, limits.");
  rondo::cli::gallery_options shown;
  const CLI::App* const gallery = shown.add_to(program);
  rondo::cli::inspect_request inspection;
  inspection.add_to(program);
  rondo::cli::trace_options trace;
  const CLI::App* const tracing = trace.add_to(program);
  CLI11_PARSE(program, argc, argv);
  if (doctor->parsed()) return rondo::cli::doctor();
  if (tracing->parsed()) return rondo::cli::trace(trace);
  if (gallery->parsed()) return rondo::cli::gallery(shown);
  if (!inspection.verb.empty()) return rondo::cli::inspect_process(inspection);
  const auto kind = serve->count("--backend") > 0 ? rondo::io::parse_backend(backend)
                                                  : rondo::io::backend_from_environment();
  if (!kind) {
    std::fprintf(stderr, "rondo: %s\n", kind.error().what());
    return 2;
  }
  options.backend = *kind;
  options.inspect = !inspect_port.empty();
  if (options.inspect && inspect_port != "any") options.inspect_port = std::stoi(inspect_port);
  if (options.cluster > 0 && options.inspect_port != 0) {
    std::fprintf(stderr,
                 "rondo: --inspect=%d is one port, and --cluster has a page for each process: "
                 "--inspect alone takes free ports and prints them\n",
                 options.inspect_port);
    return 2;
  }
  options.drain_timeout =
      rondo::duration::microseconds(static_cast<std::int64_t>(drain_seconds * 1e6));
  try {
    insight.take_part_in(options);
#ifdef RONDO_HAS_TLS
    secure.take_part_in(options);
#endif
  } catch (const rondo::error& wrong) {
    std::fprintf(stderr, "rondo: %s\n", wrong.what());
    return 2;
  }
  if (options.cluster > 0) return rondo::cli::serve_cluster(options);
  if (options.workers != 1) return rondo::cli::serve_with_workers(options);
  return rondo::cli::serve(options);
}
