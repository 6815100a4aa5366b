#pragma once

#include <coroutine>
#include <source_location>
#include <string>
#include <utility>

#include <rondo/sync/wait_list.hpp>
#include <rondo/task/task.hpp>

#include "dns/reply.hpp"

namespace rondo::dns::detail {

class core;
class flight;

/// Awaits the answer to a question: from the cache, from somebody else's flight, or from one that
/// it starts. What has been answered is kept in the awaiter, so behind the wait nothing of the
/// resolver is touched, wherever the task goes on then.
class [[nodiscard]] reply_awaiter : public waiter {
 public:
  reply_awaiter(core& of, question what, std::string name, std::source_location where)
      : waiter("a name"), core_(&of), name_(std::move(name)), where_(where), what_(what) {}

  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) {
    return begin(waiting.promise().context(), waiting);
  }
  reply_ptr await_resume() {
    end_wait();
    return std::move(answer_);
  }

 private:
  friend class flight;
  static const wait_kind kind;

  bool begin(task_context& line, std::coroutine_handle<> waiting);
  static void wake(void* self, const cancel_cause& cause) noexcept;

  core* core_;
  std::string name_;
  std::source_location where_;
  question what_;
  flight* flight_ = nullptr;
  reply_ptr answer_;
};

/// One question under way, and all who wait for its answer. In the core's table until the answer
/// is there: also where nobody waits any more, so that who comes next need not ask again.
class flight : private wait_list {
 public:
  flight(core& of, std::string key) noexcept : core_(&of), key_(std::move(key)) {}
  virtual ~flight() = default;

  const std::string& key() const noexcept { return key_; }
  bool is_wanted() const noexcept { return waiting_ > 0; }
  /// Its answer is not to be kept: it is older than a `clear_cache`.
  void is_outdated() noexcept { outdated_ = true; }
  bool may_be_kept() const noexcept { return !outdated_; }

  /// Asks. May end the flight before it returns.
  virtual void launch() noexcept = 0;
  /// The first has come, or come back.
  virtual void somebody_waits() noexcept {}
  /// The last who waited has left. May end the flight, and destroy it thereby.
  virtual void nobody_waits() noexcept {}

  /// Gets in line.
  void join(reply_awaiter& w, task_context& line, std::coroutine_handle<> waiting) noexcept;
  /// Hands the answer to all.
  void land(const reply_ptr& answer) noexcept;

 protected:
  core& owner() const noexcept { return *core_; }

 private:
  friend class reply_awaiter;
  void one_has_left() noexcept;

  core* core_;
  std::string key_;
  int waiting_ = 0;
  bool outdated_ = false;
};

}  // namespace rondo::dns::detail
