// `rondo gallery`: the programs that explain the loop, in a terminal.
#include "cli/gallery.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>

#include <rondo/base/error.hpp>
#include <rondo/observe/gallery.hpp>

namespace rondo::cli {

using namespace rondo::observe;

CLI::App* gallery_options::add_to(CLI::App& program) {
  CLI::App* const command = program.add_subcommand(
      "gallery", "Show small programs step by step: who is called when by a loop, and why.");
  command->add_option("NAME", name, "Which one; without it, a list");
  command->add_flag("--json", json, "For programs instead of people");
  return command;
}

int gallery(const gallery_options& options) {
  if (options.name.empty()) {
    std::puts((options.json ? gallery::list_as_json() : gallery::list_as_text()).c_str());
    return 0;
  }
  const gallery::entry* const found = gallery::find(options.name);
  if (found == nullptr) {
    std::fprintf(stderr, "rondo: no program of the gallery is called '%s' (see: rondo gallery)\n",
                 options.name.c_str());
    return 2;
  }
  try {
    const auto kind = io::backend_from_environment();
    if (!kind) throw error(kind.error());
    const gallery::performance seen = gallery::run(*found, *kind);
    std::puts((options.json ? as_json(*found, seen) : as_text(*found, seen)).c_str());
  } catch (const error& e) {
    std::fprintf(stderr, "rondo: %s\n", e.what());
    return 1;
  }
  return 0;
}

}  // namespace rondo::cli
