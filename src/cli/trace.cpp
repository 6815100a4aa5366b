// `rondo trace`: asks a program for what its flight recorder holds, and says in a few lines what is
// in a trace. To look at it there is Perfetto.
#include "cli/trace.hpp"

#include <signal.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>
#include <thread>
#include <vector>

#include <rondo/os/errors.hpp>

#include "cli/serve.hpp"

namespace rondo::cli {

namespace {

namespace files = std::filesystem;
using nlohmann::json;

constexpr auto patience = std::chrono::seconds(10);
constexpr std::string_view thread_name = "rondo-trace-";

int fail(const std::string& why) {
  std::fprintf(stderr, "rondo: %s\n", why.c_str());
  return 1;
}

// A trace ---------------------------------------------------------------------------------------

struct slice {
  double from_us = 0;
  double length_us = 0;
  std::string name;
  std::string track;
  bool open = false;
};

struct summary {
  std::map<std::uint64_t, std::string> threads, tasks;
  std::map<std::uint64_t, std::size_t> events;  // by thread
  std::vector<slice> calls;
  std::size_t count = 0;
  std::size_t arrows = 0;
  double end_us = 0;
  std::string mark;
  bool is_cut = false;

  void add(const json& e);
  void print(const std::string& path);
};

void summary::add(const json& e) {
  const auto kind = e.value("ph", "");
  const int process = e.value("pid", 0);
  const auto track = e.value("tid", std::uint64_t{0});
  if (kind == "M" && e.value("name", "") == "thread_name") {
    (process == 1 ? threads : tasks)[track] = e["args"].value("name", "");
    return;
  }
  if (kind == "M") return;
  ++count;
  if (kind == "f") ++arrows;
  if (kind == "i") mark = e.value("name", "") + ", " + std::to_string(track);
  const double from = e.value("ts", 0.0);
  const double length = e.value("dur", 0.0);
  end_us = std::max(end_us, from + length);
  if (kind != "X" || process != 1) return;
  ++events[track];
  const auto name = e.value("name", "");
  const bool waits = name == "waits";
  static const std::set<std::string> phases = {
      "timers", "pending callbacks", "idle, prepare", "poll",
      "check",  "close callbacks",   "next ticks",    "microtasks"};
  if (waits || phases.contains(name)) return;
  const bool open = e.contains("args") && e["args"].contains("open");
  calls.push_back({from, length, name, std::to_string(track), open});
}

void summary::print(const std::string& path) {
  std::printf("%s: %zu events of %.3f ms, %zu arrows%s\n", path.c_str(), count, end_us / 1000,
              arrows, is_cut ? "; cut off" : "");
  if (!mark.empty()) {
    const auto comma = mark.rfind(", ");
    const auto on = threads.find(std::stoull(mark.substr(comma + 2)));
    std::printf("crashed: %s, on %s\n", mark.substr(0, comma).c_str(),
                on == threads.end() ? "a thread that was not recorded" : on->second.c_str());
  }
  std::printf("\nthreads:\n");
  for (const auto& [number, name] : threads) {
    std::printf("  %-40s %8zu events\n", name.c_str(), events[number]);
  }
  std::printf("tasks: %zu\n", tasks.size());
  std::ranges::sort(calls, std::greater(), &slice::length_us);
  if (calls.size() > 5) calls.resize(5);
  std::printf("\nlongest calls:\n");
  for (const slice& each : calls) {
    const auto on = threads.find(std::stoull(each.track));
    std::printf("  %10.3f ms  %s, on %s, at %.3f ms%s\n", each.length_us / 1000, each.name.c_str(),
                on == threads.end() ? "?" : on->second.c_str(), each.from_us / 1000,
                each.open ? ", has not returned" : "");
  }
  std::printf("\nopen it at https://ui.perfetto.dev\n");
}

/// A line is an event: so half a million of them need no tree, and what is cut off is read up to
/// there.
int tell_of(const std::string& path) {
  std::ifstream in(path);
  if (!in) return fail("can't read " + path);
  summary all;
  std::string line;
  all.is_cut = true;
  while (std::getline(in, line)) {
    if (line.starts_with(']')) all.is_cut = false;
    if (!line.starts_with(R"({"ph":)")) continue;
    if (line.ends_with(',')) line.pop_back();
    const json e = json::parse(line, nullptr, false);
    if (e.is_object()) all.add(e);
  }
  if (all.threads.empty()) return fail(path + " is no trace of Rondo's");
  all.print(path);
  return 0;
}

// A process -------------------------------------------------------------------------------------

/// The signal that the process writes a trace at, by the name of the thread that waits for it; or
/// 0.
int signal_of(const files::path& process) {
  std::error_code ignored;
  for (const auto& thread : files::directory_iterator(process / "task", ignored)) {
    std::ifstream in(thread.path() / "comm");
    std::string name;
    std::getline(in, name);
    if (!name.starts_with(thread_name)) continue;
    int number = 0;
    std::from_chars(name.data() + thread_name.size(), name.data() + name.size(), number);
    return number;
  }
  return 0;
}

/// The folders that it may write to: those that it has open, since it keeps that one so.
std::set<files::path> folders_of(const files::path& process) {
  std::set<files::path> found;
  std::error_code ignored;
  for (const auto& each : files::directory_iterator(process / "fd", ignored)) {
    const files::path target = files::read_symlink(each.path(), ignored);
    if (target.is_absolute() && files::is_directory(target, ignored)) found.insert(target);
  }
  return found;
}

std::set<files::path> traces_in(const std::set<files::path>& folders, int process) {
  const std::string prefix = "rondo-trace-" + std::to_string(process) + "-";
  std::set<files::path> found;
  std::error_code ignored;
  for (const files::path& folder : folders) {
    for (const auto& each : files::directory_iterator(folder, ignored)) {
      const std::string name = each.path().filename();
      if (name.starts_with(prefix) && name.ends_with(".json")) found.insert(each.path());
    }
  }
  return found;
}

int ask(int process, const std::string& folder) {
  const files::path about = "/proc/" + std::to_string(process);
  std::error_code ignored;
  if (!files::exists(about, ignored)) {
    return fail("there is no process " + std::to_string(process));
  }
  const int number = signal_of(about);
  if (number == 0) {
    return fail("process " + std::to_string(process) +
                " writes no traces: it would need a rondo::observe::trace_on_signal (rondo serve: "
                "--trace FOLDER)");
  }
  const std::set<files::path> folders =
      folder.empty() ? folders_of(about) : std::set<files::path>{folder};
  const std::set<files::path> before = traces_in(folders, process);
  if (::kill(process, number) != 0) {
    return fail(
        os::make_error(os::last_error(), "signal", "process " + std::to_string(process)).what());
  }
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    for (const files::path& each : traces_in(folders, process)) {
      if (!before.contains(each)) return tell_of(each);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return fail("process " + std::to_string(process) +
              " has not written a trace within 10 s, or not to where it was looked for (--folder); "
              "its standard error says why");
}

}  // namespace

int trace(const trace_options& options) {
  int process = 0;
  const char* const end = options.what.data() + options.what.size();
  const auto [behind, failed] = std::from_chars(options.what.data(), end, process);
  if (failed == std::errc() && behind == end && process > 0) return ask(process, options.folder);
  return tell_of(options.what);
}

const CLI::App* trace_options::add_to(CLI::App& program) {
  CLI::App* const command = program.add_subcommand(
      "trace", "Ask a running program for its trace, or say what is in one.");
  command->add_option("WHAT", what, "The number of a process, or a file")->required();
  command->add_option("--folder", folder,
                      "Where the process writes it, if that can't be found out");
  return command;
}

void serve_insight::add_options(CLI::App& serve) {
  serve
      .add_option("--trace", folder_,
                  "Record what happens; write it into this folder on a crash, and at SIGUSR2, "
                  "which `rondo trace PID` sends")
      ->check(CLI::ExistingDirectory);
  serve
      .add_option("--metrics", port_,
                  "Measure, and show it to Prometheus at http://127.0.0.1:PORT/metrics; 0 takes a "
                  "free port and prints it")
      ->excludes("--cluster");
}

void serve_insight::take_part_in(serve_options& options) {
  if (port_) {
    options.figures = &figures_.emplace();
    options.metrics_port = *port_;
  }
  if (folder_.empty() && !options.inspect) return;
  options.recorder = &recorder_.emplace();
  if (folder_.empty()) return;
  on_crash_.emplace(*recorder_, folder_);
  on_signal_.emplace(*recorder_, SIGUSR2, folder_);
}

}  // namespace rondo::cli
