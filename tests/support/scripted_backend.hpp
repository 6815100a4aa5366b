#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <vector>

#include <rondo/io/backend.hpp>
#include <rondo/os/clock.hpp>

namespace rondo::testing {

/// Time that moves only when a test, or the wait of a `scripted_backend`, moves it.
class manual_clock final : public clock {
 public:
  instant now() noexcept override {
    ++reads;
    return now_;
  }
  std::int64_t unix_second() noexcept override { return now_.count_ns() / 1'000'000'000; }
  void advance(duration d) noexcept { now_ = now_ + d; }

  int reads = 0;

 private:
  instant now_ = instant::from_ns(1'000'000'000);
};

/// A backend on which a test decides what happens while the loop waits, so that every order can be
/// asserted exactly and no test waits for real.
class scripted_backend final : public io::backend {
 public:
  explicit scripted_backend(manual_clock* time = nullptr) noexcept : time_(time) {}

  /// What happens in the next waits, one each; without an entry a wait only lets its time pass.
  std::vector<std::function<void()>> script;
  /// The timeouts of all waits so far.
  std::vector<duration> waits;
  /// What `wait` answers.
  int answer = 0;
  /// What `closing` answers.
  int still_closing = 0;
  std::atomic<int> wakes{0};

  /// Lets `o`, which pends, end in the present or the next wait.
  void complete(io::op& o, int result) {
    std::erase(pending_, &o);
    o.result = result;
    o.at = io::op::stage::finished;
    finished_.push(o);
  }

  io::submission submit(io::op& o) noexcept override {
    o.at = io::op::stage::waiting;
    pending_.push_back(&o);
    return io::submission::pending;
  }
  void cancel(io::op& o) noexcept override { complete(o, -ECANCELED); }
  void close(int) noexcept override {}
  int closing() const noexcept override { return still_closing; }

  int wait(duration timeout, job_queue& completed) noexcept override {
    const std::size_t turn = waits.size();
    waits.push_back(timeout);
    const bool will_be_woken = turn < script.size() && script[turn] != nullptr;
    if (will_be_woken) script[turn]();
    if (!will_be_woken && finished_.empty() && timeout > duration()) {
      if (timeout == duration::max()) {
        ADD_FAILURE() << "wait " << turn << " would never end";
        return -EDEADLK;
      }
      if (time_ != nullptr) time_->advance(timeout);
    }
    completed.append(finished_);
    return answer;
  }
  void wake() noexcept override { ++wakes; }
  void give_back(std::uint16_t) noexcept override {}
  bool wants_nonblocking() const noexcept override { return true; }
  void for_each_pending(unique_function<void(const io::op&)> f) const override {
    for (const io::op* const o : pending_) f(*o);
  }
  const char* name() const noexcept override { return "scripted"; }

 private:
  manual_clock* time_;
  std::vector<io::op*> pending_;
  job_queue finished_;
};

}  // namespace rondo::testing
