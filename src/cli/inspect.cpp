// `rondo ps`, `tree`, `why` and `top`: what a running program says of itself.
#include "cli/inspect.hpp"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <optional>

#include <rondo/async/run.hpp>
#include <rondo/async/sleep.hpp>
#include <rondo/os/own_process.hpp>
#include <rondo/pipe/standard_streams.hpp>
#include <rondo/signal/signal_set.hpp>
#include <rondo/task/when_any.hpp>
#include <rondo/tty/terminal.hpp>

#include "cli/inspect_client.hpp"
#include "observe/socket_place.hpp"

namespace rondo::cli {

namespace {

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

/// Those of this user.
task<> list_processes() {
  bool any = false;
  for (const std::string& folder : observe::folders_of(os::user_id())) {
    for (const int pid : observe::processes_in(folder)) {
      if (!os::process_exists(pid)) continue;
      try {
        inspected_process process = co_await inspected_process::connect(pid);
        print(co_await process.ask("hello"));
        any = true;
      } catch (const error&) {  // NOLINT(bugprone-empty-catch)
        // Not one of ours any more.
      }
    }
  }
  if (!any) {
    print(
        "No process of this user can be inspected. A Rondo program can where one of its tasks "
        "says:\n    auto see = co_await rondo::observe::inspect();\n");
  }
}

std::string line_for(const inspect_request& r) {
  std::string line = r.verb;
  if (!r.sort.empty()) line += " sort=" + r.sort;
  if (r.limit > 0) line += " limit=" + std::to_string(r.limit);
  if (!r.about.empty()) line += ' ' + r.about;
  return line;
}

// top -------------------------------------------------------------------------------------------

/// Until q is typed.
task<> wait_for_q() {
  input_stream keys = co_await standard_input();
  for (;;) {
    std::byte key{};
    const std::size_t count = co_await keys.read(std::span(&key, 1));
    if (count == 0 || key == std::byte{'q'} || key == std::byte{'Q'}) co_return;
  }
}

task<> wait_for_signal() {
  loop& here = co_await this_loop();
  signal_set ends(here, {SIGINT, SIGTERM});
  co_await ends.next();
}

/// One line too long would push the first ones off the screen.
std::string cut_to(const std::string& text, const tty::terminal_size& screen) {
  std::string out;
  int rows = 1;  // and the one in which the cursor stays
  for (std::size_t at = 0; at < text.size() && rows < screen.rows; ++rows) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += text.substr(at, std::min(end - at, static_cast<std::size_t>(screen.columns)));
    out += "\x1b[K\n";  // and clear the rest of the line
    at = end + 1;
  }
  return out + "\x1b[J";
}

task<> draw_for_ever(inspected_process& process, const inspect_request& request) {
  const auto pause = duration::microseconds(static_cast<std::int64_t>(request.interval * 1e6));
  for (;;) {
    const auto told = tty::size_of(1);
    tty::terminal_size screen;
    screen.rows = told && told->rows > 0 ? told->rows : 40;  // some don't know
    screen.columns = told && told->columns > 0 ? told->columns : 80;
    const std::string text = co_await process.ask("top rows=" + std::to_string(screen.rows));
    print(told ? "\x1b[H" + cut_to(text, screen) : text + '\n');
    co_await sleep_for(pause);
  }
}

/// On a terminal a screen of its own, so that what was there before comes back.
task<> show_top(inspected_process& process, const inspect_request& request) {
  std::optional<tty::mode_scope> keys;
  const bool draws = tty::is_terminal(1);
  const bool types = draws && tty::is_terminal(0);
  if (types) keys.emplace(tty::terminal_mode::cbreak);
  if (draws) print("\x1b[?1049h\x1b[?25l");
  struct back {
    bool draws;
    ~back() {
      if (draws) print("\x1b[?25h\x1b[?1049l");
    }
  } const at_the_end{draws};
  if (types) {
    co_await when_any(draw_for_ever(process, request), wait_for_signal(), wait_for_q());
  } else {
    co_await when_any(draw_for_ever(process, request), wait_for_signal());
  }
}

task<int> inspect_one(const inspect_request& request) {
  if (request.pid == 0) {
    co_await list_processes();
    co_return 0;
  }
  inspected_process process = co_await inspected_process::connect(request.pid);
  if (request.verb == "top") {
    co_await show_top(process, request);
  } else {
    print(co_await process.ask(line_for(request)));
  }
  co_return 0;
}

}  // namespace

void inspect_request::add_to(CLI::App& program) {
  static constexpr struct {
    const char* name;
    const char* help;
  } verbs[] = {
      {"ps", "Print the tasks of a running program: state, place, how long, for what."},
      {"tree", "Print the tasks of a running program below each other, with their stacks."},
      {"why", "Say why a running program hangs: deadlocks, stuck workers, who waits for whom."},
      {"top", "Show the loops and the busiest tasks of a running program, live."},
  };
  for (const auto& [name, help] : verbs) {
    CLI::App* const sub = program.add_subcommand(name, help);
    sub->add_option("PID", pid, "The process; without it, those that can be asked")
        ->check(CLI::PositiveNumber);
    sub->callback([this, name] { verb = name; });
  }
  CLI::App* const ps = program.get_subcommand("ps");
  ps->add_option("--sort", sort, "What comes first")
      ->check(CLI::IsMember({"id", "busy", "polls", "state", "age", "name"}));
  ps->add_option("--limit", limit, "How many tasks are printed")->check(CLI::PositiveNumber);
  program.get_subcommand("why")->add_option("TASK", about, "One task: its id or its name");
  program.get_subcommand("top")
      ->add_option("--interval", interval, "Seconds between two looks")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str();
}

int inspect_process(const inspect_request& request) {
  try {
    return run(inspect_one(request));
  } catch (const error& wrong) {
    std::fprintf(stderr, "rondo: %s\n", wrong.what());
    return 1;
  }
}

}  // namespace rondo::cli
