// A thread with a loop of its own, since nobody knows what the others are at.
#include <rondo/observe/trace_file.hpp>

#include <cstdio>
#include <optional>
#include <string>

#include <rondo/io/candidates.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/observe/trace.hpp>
#include <rondo/os/crash.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/file.hpp>
#include <rondo/os/signals.hpp>
#include <rondo/os/thread.hpp>
#include <rondo/signal/signal_handler.hpp>

#include "observe/trace_name.hpp"

namespace rondo::observe {

struct trace_on_signal::state {
  state(const probe::recorder& what, int number, std::string where)
      : of(&what), folder(std::move(where)), waits(options_of_loop()) {
    open_folder.reset(os::open_folder(folder));
    heard.emplace(waits, std::initializer_list<int>{number}, [this](int came) { write(came); });
    heard->ref();
  }

  static loop_options options_of_loop() {
    auto backend = io::make_backend(io::backend_kind::poll);  // the one that is always granted
    if (!backend) throw std::move(backend).error();
    loop_options options;
    options.backend = std::move(*backend);
    return options;
  }

  void write(int number) noexcept {
    const std::string name = os::signal_name(number);
    try {
      trace_name path(folder, "trace");
      const result<void> outcome = write_trace(*of, path.text());
      if (outcome) {
        std::fprintf(stderr, "rondo: %s: the flight recorder is in %s\n", name.c_str(),
                     path.text());
      } else {
        std::fprintf(stderr, "rondo: %s: %s\n", name.c_str(), outcome.error().what());
      }
    } catch (const std::bad_alloc&) {
      std::fprintf(stderr, "rondo: %s: no memory for a trace\n", name.c_str());
    }
  }

  static void* run(void* self) noexcept {
    auto& s = *static_cast<state*>(self);
    // Where all other threads have it blocked, it comes here.
    os::restore_signals(os::block_signals(0) & ~s.taken);
    s.waits.run();
    return nullptr;
  }

  const probe::recorder* of;
  std::string folder;
  os::fd open_folder;  // so that `rondo trace` sees among our descriptors where to look
  os::signal_mask taken = 0;
  loop waits;
  std::optional<signal_handler> heard;
  os::thread thread;
};

trace_on_signal::trace_on_signal(const probe::recorder& of, int signal, std::string_view folder)
    : state_(new state(of, signal, whole_folder(folder))) {
  state_->taken = os::signal_mask{1} << (signal - 1);
  // The number is what `rondo trace` sends.
  const std::string name = "rondo-trace-" + std::to_string(signal);
  const int failed =
      state_->thread.start(&state::run, state_.get(), os::thread_options(name.c_str()));
  if (failed != 0) throw os::make_error(failed, "start a thread for traces");
}

trace_on_signal::~trace_on_signal() {
  state& s = *state_;
  s.waits.post([&s] {
    s.heard->unref();
    s.waits.stop();
  });
  s.thread.join();
}

}  // namespace rondo::observe
