#pragma once
// What a program of the gallery stands on: it says its lines here instead of printing them, and
// gives its callbacks a name.

#include <chrono>
#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <rondo/async/run.hpp>
#include <rondo/loop/loop.hpp>

namespace rondo::observe::gallery {

using namespace std::chrono_literals;

/// Something that the program did, between two events of the flight recorder.
struct mark {
  enum class kind : std::uint8_t { made, called, returned, gone, said };
  kind what = kind::said;
  std::uint64_t events = 0;  ///< how many were recorded before: found out in the end
  std::size_t callback = 0;  ///< whose; 0 of what is said
  std::string text;
  int line = 0;
  instant now;
  loop_queues queues;
};

/// Notes what a program does. Thread: that of the loop. Outlives it: callbacks that were never
/// called die with the loop.
class stage {
 public:
  using site = std::source_location;

  explicit stage(simulated_clock& time) noexcept : time_(&time) {}
  stage(const stage&) = delete;

  /// From here on, until `nullptr`, everything is noted.
  void begin_on(loop* l) noexcept { loop_ = l; }

  /// console.log
  void say(std::string text, site where = site::current());

  /// A callback that says `text`, by which it is known while it waits; and then does more.
  template <class F>
  auto will_say(std::string text, F then, site where = site::current()) {
    return [t = ticket(*this, std::move(text), where),
            then = std::move(then)](const auto&... /*given*/) mutable {
      const call running(t);
      then();
    };
  }
  auto will_say(std::string text, site where = site::current()) {
    return will_say(std::move(text), [] {}, where);
  }

  /// Work that takes so long: the clock of the program stands still otherwise.
  void work_for(duration d) noexcept { time_->jump_to(time_->now() + d); }

  const std::vector<mark>& marks() const noexcept { return marks_; }

 private:
  class call;

  /// A callback's life: where it was made, its calls, and that it is gone.
  class ticket {
   public:
    ticket(stage& on, std::string text, site where);
    ticket(ticket&& other) noexcept
        : on_(std::exchange(other.on_, nullptr)),
          number_(other.number_),
          text_(std::move(other.text_)),
          where_(other.where_) {}
    ticket& operator=(ticket&&) = delete;
    ~ticket();

   private:
    friend class call;

    stage* on_;
    std::size_t number_;
    std::string text_;
    site where_;
  };
  /// One of its calls, however it ends.
  class call {
   public:
    explicit call(ticket& of);
    call(const call&) = delete;
    ~call();

   private:
    ticket* of_;
  };

  void note(mark::kind what, std::size_t callback, std::string text, int line);

  loop* loop_ = nullptr;
  simulated_clock* time_;
  std::vector<mark> marks_;
  std::size_t tickets_ = 0;
};

/// A line that a program is expected to say, and why it is its turn.
struct told_line {
  std::string_view said;
  std::string_view why;
};

/// A program, as its file makes it known.
struct piece {
  std::string_view title;
  std::string_view question;
  std::string_view article;
  void (*callbacks)(loop& l, stage& s) = nullptr;  ///< the main module
  task<> (*tasks)(stage& s) = nullptr;             ///< or the main task
  std::vector<told_line> story = {};
  std::string_view ending = {};  ///< why the loop ends; empty: nothing is left
  drain drain_queues = drain::after_each_callback;
};

}  // namespace rondo::observe::gallery
