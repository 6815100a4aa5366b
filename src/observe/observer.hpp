#pragma once

#include <condition_variable>
#include <exception>
#include <mutex>
#include <vector>

#include <rondo/base/owned.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/os/thread.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/task/task.hpp>

namespace rondo::observe {

/// A way in which somebody outside may look: the socket, the page. All of it on the observer's
/// thread.
class observer_service {
 public:
  virtual ~observer_service() = default;
  /// What may fail: throws `error`.
  virtual void open(loop& on) = 0;
  /// Answers until it is cancelled.
  virtual task<> serve() = 0;
};

/// A thread with a loop of its own, which nobody looks at: it answers also where all that is looked
/// at hangs.
class observer {
 public:
  /// Returns when all services are open; throws what kept one from that, or that there is no
  /// thread. Blocks meanwhile.
  explicit observer(std::vector<owned<observer_service>> services);
  observer(const observer&) = delete;
  /// Cancels and awaits them all.
  ~observer();

 private:
  void run() noexcept;
  task<> serve_all();

  std::vector<owned<observer_service>> services_;
  event ending_;
  os::thread thread_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::exception_ptr failure_;
  bool is_open_ = false;  // or never will be
};

}  // namespace rondo::observe
