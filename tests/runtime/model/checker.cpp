// The exploration: which thread goes next, what has been tried, and what came of it.
#include "runtime/model/checker.hpp"

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace rondo::model {
namespace {

checker* the_checker = nullptr;  // one at a time

/// Ends a program that fails outside of its threads.
struct failed {};

constexpr std::uint64_t most_steps = 2'000;  // of one execution: more is a loop without an end

std::uint32_t bit(int thread) {
  return 1U << static_cast<unsigned>(thread);
}

}  // namespace

checker& checker::current() {
  return *the_checker;
}

checker::checker(int threads, const std::function<std::unique_ptr<program>()>& make,
                 const options& how)
    : thread_count_(threads), make_(make), options_(how), lots_(how.lots) {
  for (int t = 0; t < threads; ++t) fibers_.push_back(std::make_unique<fiber>());
}

report checker::run() {
  the_checker = this;
  do {
    run_once();
    conclude();
    if (report_.executions + report_.redundant >= options_.most_executions) break;
  } while (report_.failure.empty() && next_choice());
  report_.complete = report_.failure.empty() && choices_.empty() && options_.lots == 0;
  the_checker = nullptr;
  return std::move(report_);
}

void checker::run_once() {
  threads_ = {};
  fenced_ = {};
  sc_stores_ = {};
  running_ = 0;
  depth_ = 0;
  asleep_ = 0;
  ids_ = 1;
  steps_ = 0;
  outcome_ = outcome::none;
  events_.clear();
  threads_[0].now.at[0] = 1;
  program_ = make_();
  for (int t = 1; t <= thread_count_; ++t) {
    threads_[t].now = threads_[0].now;
    threads_[t].now.at[t] = 1;
  }
  // Each runs up to its first step.
  starting_ = true;
  for (int t = 1; t <= thread_count_ && outcome_ == outcome::none; ++t) {
    running_ = t;
    fibers_[t - 1]->restart(&checker::thread_body, this);
    fibers_[t - 1]->resume();
  }
  starting_ = false;
  running_ = 0;
  if (outcome_ == outcome::none) running_ = choose_thread();
  if (running_ != 0) fibers_[running_ - 1]->resume();
}

void checker::thread_body(void* argument) {
  checker& self = *static_cast<checker*>(argument);
  const int me = self.running_;
  self.program_->run(me);
  self.threads_[me].ended = true;
  self.leave_for(self.starting_ ? 0 : self.choose_thread());
}

void checker::conclude() {
  report_.steps += steps_;
  if (outcome_ == outcome::redundant) {
    ++report_.redundant;
  } else if (outcome_ != outcome::failed) {
    ++report_.executions;
    for (int t = 1; t <= thread_count_; ++t) threads_[0].now.join(threads_[t].now);
    if (outcome_ == outcome::at_rest && !program_->may_rest()) {
      report_.failure = story("all who are left wait for ever");
    } else {
      try {
        program_->finish();
      } catch (const failed&) {  // the report has it
      }
    }
  }
  program_.reset();
}

/// Leads to the next execution; false where there is none.
bool checker::next_choice() {
  if (options_.lots != 0) {
    choices_.clear();
    return true;
  }
  while (!choices_.empty()) {
    choice& last = choices_.back();
    if (last.of_thread) {
      last.left &= ~bit(last.chosen);
      if (options_.reduced) last.asleep |= bit(last.chosen);
      if (last.left != 0) {
        last.chosen = std::countr_zero(last.left);
        return true;
      }
    } else if (++last.chosen < last.count) {
      return true;
    }
    choices_.pop_back();
  }
  return false;
}

/// The running thread is about to take a step; returns when it is its turn.
void checker::arrive(step next) {
  if (running_ == 0) return;
  const int me = running_;
  threads_[me].next = next;
  threads_[me].fresh_from = 0;
  if (starting_) {
    fibers_[me - 1]->suspend();
  } else if (const int chosen = choose_thread(); chosen != me) {
    leave_for(chosen);
  }
}

/// The running thread gives way to another, or to `run_once` where that is 0.
void checker::leave_for(int thread) {
  fiber& mine = *fibers_[running_ - 1];
  running_ = thread;
  if (thread == 0) {
    mine.suspend();
  } else {
    mine.hand_over(*fibers_[thread - 1]);
  }
}

bool checker::can_go(int thread) const {
  const thread_state& t = threads_[thread];
  return !t.ended && (t.next.what != act::pass || t.next.way->open_);
}

/// Whether `sleeping`, which has been tried in the place of `taken` and before it, has to be tried
/// after it, too: it could come to something else there.
bool checker::wakes(const step& taken, const step& sleeping) {
  if (taken.what == act::fence || sleeping.what == act::fence) {
    return taken.is_sc && sleeping.is_sc;
  }
  if (taken.where != sleeping.where) return false;
  // What `taken` reads it could have read after `sleeping`, too.
  if (taken.what == act::load) return taken.is_sc && sleeping.what != act::load;
  return true;
}

/// One of `threads`.
int checker::draw(std::uint32_t threads) {
  for (auto n = lots_.below(static_cast<std::uint64_t>(std::popcount(threads))); n > 0; --n) {
    threads &= threads - 1;
  }
  return std::countr_zero(threads);
}

int checker::choose_thread() {
  std::uint32_t able = 0;
  bool all_ended = true;
  for (int t = 1; t <= thread_count_; ++t) {
    if (can_go(t)) able |= bit(t);
    all_ended = all_ended && threads_[t].ended;
  }
  const std::uint32_t useful = able & ~asleep_;
  if (useful == 0) {
    outcome_ = able != 0 ? outcome::redundant : all_ended ? outcome::ended : outcome::at_rest;
    return 0;
  }
  if (++steps_ > most_steps) {
    report_.failure = story("no end in sight");
    outcome_ = outcome::failed;
    return 0;
  }
  int chosen = std::countr_zero(useful);
  if (!std::has_single_bit(useful)) {
    if (depth_ == choices_.size()) {
      // Whoever runs goes on: the fewest switches come first.
      if (running_ != 0 && (useful & bit(running_)) != 0) chosen = running_;
      if (options_.lots != 0) chosen = draw(useful);
      choices_.push_back({true, chosen, 0, useful, asleep_});
    }
    const choice& here = choices_[depth_++];
    chosen = here.chosen;
    for (int t = 1; t <= thread_count_; ++t) {
      const bool falls_asleep = (here.asleep & ~asleep_ & bit(t)) != 0;
      const step& tried = threads_[t].next;
      if (falls_asleep && tried.of != nullptr && !tried.is_sc) {
        threads_[t].fresh_from = static_cast<int>(tried.of->count_);
      }
    }
    asleep_ = here.asleep;
  }
  for (int t = 1; t <= thread_count_; ++t) {
    if (wakes(threads_[chosen].next, threads_[t].next)) asleep_ &= ~bit(t);
  }
  return chosen;
}

/// One of `count` outcomes of the step being taken.
int checker::pick(int count) {
  if (count == 1) return 0;
  if (depth_ == choices_.size()) {
    const int first = options_.lots != 0 ? static_cast<int>(lots_.below(count)) : 0;
    choices_.push_back({false, first, count});
  }
  return choices_[depth_++].chosen;
}

void checker::fail(const char* what) {
  report_.failure = story(what);
  outcome_ = outcome::failed;
  if (running_ == 0) throw failed();
  leave_for(0);
  std::abort();  // never resumed
}

void checker::note(const char* what, int where, std::uint64_t bits, std::source_location at) {
  events_.push_back({running_, what, where, bits, at.line()});
}

std::string checker::story(const std::string& what) const {
  std::string text = what + "\n";
  for (const event& e : events_) {
    if (e.thread == 0) continue;
    char line[128];
    std::snprintf(line, sizeof line, "  thread %d line %3u: %-8s of %2d: %llx\n", e.thread, e.line,
                  e.what, e.where, static_cast<unsigned long long>(e.bits));
    text += line;
  }
  return text;
}

report explore(int threads, const std::function<std::unique_ptr<program>()>& make,
               const options& how) {
  return checker(threads, make, how).run();
}

void require(bool holds, const char* what) {
  if (!holds) checker::current().fail(what);
}

}  // namespace rondo::model
