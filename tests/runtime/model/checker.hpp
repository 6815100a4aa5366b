#pragma once
// A model checker for small programs over atomics: it runs them again and again, until it has seen
// every order of their steps that makes a difference, and every value that each load may read.
//
// What it knows of the C++20 memory model: happens-before by release, acquire, release sequences
// and fences; stale values, as long as coherence allows them (so also what a store buffer does);
// the one order of all seq_cst operations and fences; data races. What it doesn't: a load that
// reads a store which comes later in every order of steps (load buffering), a modification order
// that differs from the order of the steps, and failures of compare_exchange_weak without a reason.
//
// How: depth-first over the choices of an execution, each of which is replayed from the start (as
// in Relacy, CDSChecker and loom). Two orders that differ only in steps which don't touch each
// other are tried once: a thread whose step was tried in the place of others sleeps until one of
// theirs touches the same (sleep sets: Godefroid, 1996). A load that may read what is old commutes
// even with a store to the same atomic, as long as it does read what is old; so a load that was
// tried before a store is tried after it with the new value only, and a store that was tried before
// a load is not tried behind it.
//
// Source sets (Abdulla and others, 2014) on top of that spared one execution in a hundred, and in
// one drawn program of three hundred they left out an outcome, because loads that may read what is
// old are not the steps that their proof is about. So they went.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/base/random.hpp>

#include "runtime/model/clock.hpp"
#include "runtime/model/fiber.hpp"

namespace rondo::model {

/// What is checked. Made anew for each execution; keeps nothing outside of itself, and allocates
/// nothing while its threads run (an execution may be dropped in the middle).
class program {
 public:
  virtual ~program() = default;
  /// One of the threads, from 1 to their number.
  virtual void run(int thread) = 0;
  /// Whether it is right that all who haven't ended wait for ever.
  virtual bool may_rest() { return false; }
  /// When all have ended, or rest.
  virtual void finish() {}
};

/// An operation in the source that names a memory order.
struct site {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  bool on_failure = false;  ///< the second order of a compare-and-swap
  std::memory_order order = std::memory_order_relaxed;
  std::string_view file;
  bool operator==(const site&) const = default;
};

/// A weaker order in the place of one that the source names: is there a program that breaks?
struct mutation {
  site where;
  std::memory_order instead = std::memory_order_relaxed;
};

struct options {
  mutation mutated{};
  /// False: tries each order of the steps, even where none of it can matter.
  bool reduced = true;
  /// Not 0: draws every choice by lot, from this seed on, `most_executions` times.
  std::uint64_t lots = 0;
  /// Gives up beyond, and says so in the report.
  std::uint64_t most_executions = 20'000'000;
};

struct report {
  std::uint64_t executions = 0;  ///< to their end, each different from all others
  std::uint64_t redundant = 0;   ///< dropped: they would have been like another
  std::uint64_t steps = 0;
  bool complete = false;    ///< every execution was tried
  std::string failure;      ///< what went wrong, and how it came to that; empty where nothing did
  std::vector<site> sites;  ///< the orders that the program has named
};

/// Runs what `make` makes, with `threads` threads, in every way.
report explore(int threads, const std::function<std::unique_ptr<program>()>& make,
               const options& how = {});

template <class Program>
report explore(const options& how = {}) {
  return explore(Program::threads, [] { return std::make_unique<Program>(); }, how);
}

/// Called by a program: what must hold in every execution.
void require(bool holds, const char* what);

/// One store to an atomic.
struct store_record {
  std::uint64_t bits;
  int thread;
  std::uint32_t time;  // of that thread
  bool is_sc;
  vector_clock released;  // what an acquire load of it learns
  // When each thread first read it, in its own time; 0: not yet.
  std::array<std::uint32_t, most_threads> seen;
};

/// The history of an atomic: its stores, in their order.
class location {
 public:
  explicit location(std::uint64_t initial);

 private:
  friend class checker;
  static constexpr std::size_t longest = 40;
  const store_record& newest() const { return stores_[count_ - 1]; }

  std::array<store_record, longest> stores_;
  std::size_t count_ = 0;
  int id_;
};

/// What threads wait for: a lock, or a wake that stays until somebody waits.
class gate {
 public:
  explicit gate(bool open);

 private:
  friend class checker;
  bool open_;
  int id_;
  vector_clock released_;
};

/// The accesses to a plain variable, as far as they can race with one to come.
class access_log {
 public:
  void read() const;
  void write();

 private:
  int writer_ = 0;
  std::uint32_t written_ = 0;
  mutable std::array<std::uint32_t, most_threads> read_{};
};

enum class act : std::uint8_t { load, store, modify, fence, pass, open };

/// The step that a thread is about to take.
struct step {
  act what = act::load;
  bool is_sc = false;
  int where = 0;  // the id of a location or gate
  const location* of = nullptr;
  const gate* way = nullptr;  // act::pass: can be taken only while it is open
};

class checker {
 public:
  checker(int threads, const std::function<std::unique_ptr<program>()>& make, const options& how);
  report run();

  static checker& current();

  // The instrumented operations (memory.hpp).
  std::uint64_t load(location& from, std::memory_order order, std::source_location at);
  void store(location& to, std::uint64_t bits, std::memory_order order, std::source_location at);
  /// The newest value, which `end_modify` replaces. `order` becomes the one to use.
  std::uint64_t begin_modify(location& where, std::memory_order& order, std::source_location at);
  void end_modify(location& where, std::uint64_t bits, std::memory_order order,
                  std::source_location at);
  struct orders {
    std::memory_order success;
    std::memory_order failure;
  };
  bool compare_exchange(location& where, std::uint64_t& expected, std::uint64_t desired, orders how,
                        std::source_location at);
  void fence(std::memory_order order, std::source_location at);
  void pass(gate& through);  // waits until it is open, and shuts it
  void open(gate& which);
  /// The same for a lock, whose holder alone may open it. Not a step: whatever others do between
  /// the last step under the lock and this they could do after it as well.
  void unlock(gate& which);

  [[noreturn]] void fail(const char* what);
  int new_id() { return ids_++; }

 private:
  friend class access_log;
  friend class location;

  struct thread_state {
    vector_clock now;
    vector_clock read_relaxed;   // what an acquire fence would learn
    vector_clock release_fence;  // what a relaxed store gives away since a release fence
    vector_clock fence_floor;    // stores before some sc fence that precedes this thread's last one
    vector_clock sc_floor;       // the same of sc stores
    step next;
    // The values of `next.of` before this one have been tried as outcomes of `next` in another
    // execution, which differs from this one in nothing else.
    int fresh_from = 0;
    bool ended = false;
  };
  /// A choice of the current execution, and what of it is left to try.
  struct choice {
    bool of_thread;
    int chosen;
    int count;                 // of a value: how many there are
    std::uint32_t left = 0;    // of a thread: those to be tried, `chosen` among them
    std::uint32_t asleep = 0;  // of a thread: those that need not be tried, or have been
  };
  enum class outcome : std::uint8_t { none, ended, at_rest, redundant, failed };

  void run_once();
  void conclude();
  bool next_choice();
  static void thread_body(void* self);
  void arrive(step next);
  void leave_for(int thread);
  int choose_thread();
  int draw(std::uint32_t threads);
  int pick(int count);
  static bool wakes(const step& taken, const step& sleeping);
  bool can_go(int thread) const;

  std::memory_order effective(std::memory_order order, std::source_location at,
                              bool on_failure = false);
  bool must_be_seen(const store_record& by, bool is_sc_load) const;
  int oldest_visible(const location& of, bool is_sc_load) const;
  void read_record(location& of, int index, std::memory_order order);
  void append(location& to, std::uint64_t bits, std::memory_order order, vector_clock released);
  void note(const char* what, int where, std::uint64_t bits, std::source_location at);
  std::string story(const std::string& what) const;
  thread_state& self() { return threads_[running_]; }

  const int thread_count_;
  const std::function<std::unique_ptr<program>()> make_;
  const options options_;
  std::vector<std::unique_ptr<fiber>> fibers_;
  std::vector<choice> choices_;
  random_source lots_;
  report report_;

  // The execution under way.
  std::unique_ptr<program> program_;
  std::array<thread_state, most_threads> threads_;
  vector_clock fenced_;     // what happened before some sc fence
  vector_clock sc_stores_;  // the last sc store of each thread
  int running_ = 0;         // 0: none of the program's threads
  bool starting_ = false;
  std::size_t depth_ = 0;  // choices taken
  std::uint32_t asleep_ = 0;
  int ids_ = 0;
  std::uint64_t steps_ = 0;
  outcome outcome_ = outcome::none;
  struct event {
    int thread;
    const char* what;
    int where;
    std::uint64_t bits;
    std::uint32_t line;
  };
  std::vector<event> events_;
};

}  // namespace rondo::model
