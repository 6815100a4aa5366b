// order_programs NAME runs one of the programs and prints its lines, with --after-each-phase behind
// it in the other mode of draining; --list prints the names, and --backends what RONDO_BACKEND may
// be.
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <map>
#include <utility>

#include <rondo/io/candidates.hpp>

#include "order/program.hpp"

namespace rondo::order {
namespace {

std::map<std::string_view, main_module>& programs() {
  static std::map<std::string_view, main_module> all;
  return all;
}

struct pipe_op : io::op {
  loop* l = nullptr;
  callback f;
};

int run_program(std::string_view name, drain when) {
  const auto found = programs().find(name);
  if (found == programs().end()) {
    std::fprintf(stderr, "order_programs: no program is called '%s'\n", name.data());
    return 2;
  }
  loop_options options;
  options.drain_queues = when;
  loop l(std::move(options));
  found->second(l);
  l.run();
  return 0;
}

}  // namespace

bool add(std::string_view name, main_module program) {
  return programs().emplace(name, program).second;
}

void log(std::string_view line) {
  std::printf("%.*s\n", static_cast<int>(line.size()), line.data());
}

callback logs(std::string line) {
  return [line = std::move(line)] { log(line); };
}

void after_io(loop& l, callback f) {
  int ends[2];
  if (pipe(ends) != 0) std::terminate();
  auto* const op = new pipe_op;
  op->l = &l;
  op->f = std::move(f);
  op->fd = ends[0];
  op->kind = io::op_kind::readable;
  op->run = [](job& j) {
    const owned<pipe_op> done(static_cast<pipe_op*>(&j));
    done->l->close(done->fd);
    done->f();
  };
  if (l.start(*op)) std::terminate();  // nothing has been written yet
  if (write(ends[1], "x", 1) != 1) std::terminate();
  close(ends[1]);
}

void log_uncaught(loop& l, callback f) {
  l.on_uncaught([f = std::move(f)](const std::exception_ptr& thrown) mutable {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      log(std::string("uncaught ") + e.what());
    }
    f();
  });
}

}  // namespace rondo::order

int main(int argc, char** argv) {
  const std::string_view what = argc >= 2 ? argv[1] : "";
  const bool after_each_phase = argc == 3 && argv[2] == std::string_view("--after-each-phase");
  if (what == "--list") {
    for (const auto& [name, program] : rondo::order::programs()) rondo::order::log(name);
    return 0;
  }
  if (what == "--backends") {
    for (const rondo::io::candidate& c : rondo::io::candidates()) {
      if (c.granted) rondo::order::log(to_string(c.kind));
    }
    return 0;
  }
  return rondo::order::run_program(
      what, after_each_phase ? rondo::drain::after_each_phase : rondo::drain::after_each_callback);
}
