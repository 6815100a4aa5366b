// The observer's thread, from its first line to its last.
#include "observe/observer.hpp"

#include <utility>

#include <rondo/async/run.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/task/scope.hpp>

namespace rondo::observe {

observer::observer(std::vector<owned<observer_service>> services) : services_(std::move(services)) {
  const int failed = thread_.start(
      [](void* self) noexcept -> void* {
        static_cast<observer*>(self)->run();
        return nullptr;
      },
      this, os::thread_options("rondo-observer"));
  if (failed != 0) throw os::make_error(failed, "start a thread for", "the inspector");
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_open_; });
  }
  if (!failure_) return;
  thread_.join();
  std::rethrow_exception(failure_);
}

observer::~observer() {
  ending_.set();
  thread_.join();
}

void observer::run() noexcept {
  owned<loop> own;
  handle_id lives;
  std::exception_ptr failure;
  try {
    loop_options options;
    options.stall_limit = {};  // it waits for loops that are stuck
    own = make_owned<loop>(std::move(options));
    lives = own->hold();  // for the end, which comes from another thread
    for (const owned<observer_service>& each : services_) each->open(*own);
  } catch (...) {
    failure = std::current_exception();
  }
  {
    const std::lock_guard hold(mutex_);
    failure_ = failure;
    is_open_ = true;
  }
  changed_.notify_one();
  if (!failure) {
    try {
      rondo::run(*own, serve_all());
    } catch (...) {  // NOLINT(bugprone-empty-catch)
      // Who can't answer any more does not: the program goes on.
    }
  }
  services_.clear();
  if (own) own->clear(lives);
}

task<> observer::serve_all() {
  auto one = [](observer_service& service) -> task<> {
    try {
      co_await service.serve();
    } catch (const error&) {  // NOLINT(bugprone-empty-catch)
      // The others go on.
    }
  };
  auto body = [&](scope& all) -> task<> {
    for (const owned<observer_service>& each : services_) all.spawn(one(*each));
    co_await ending_.wait();
    all.cancel();
  };
  co_await with_scope(std::move(body));
}

}  // namespace rondo::observe
