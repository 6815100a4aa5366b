#pragma once

#include <rondo/async/loop_executor.hpp>
#include <rondo/loop/companion.hpp>

namespace rondo {

class runtime;

/// Loops that belong together, each on a thread of its own: the workers of a runtime, or the shards
/// of one `run`. For who looks at all of them. Lifetime: as long as any of them turns.
class loop_group {
 public:
  /// What a loop knows of the group that it belongs to.
  class member final : public loop_companion {
   public:
    /// Of the loop that this is added to as a companion, and outlives.
    member(loop_group& of, int index) noexcept : loop_companion(&key), group(&of), index(index) {}

    loop_group* const group;
    const int index;

   private:
    friend class loop_group;
    static constexpr char key = 0;
    bool discard(job&) noexcept override { return false; }
    void loop_ends() noexcept override {}
  };

  /// Null where the loop is by itself. On its thread.
  static const member* member_at(const loop& l) noexcept {
    return static_cast<const member*>(l.find_companion(&member::key));
  }

  virtual ~loop_group() = default;

  /// How many there are. Any thread.
  virtual int loops() const noexcept = 0;
  /// To post to. From a task of the group: as long as it has not ended, no loop of the group has.
  virtual loop& loop_at(int index) noexcept = 0;

  // On the thread of that loop --------------------------------------------------------------------
  /// What runs its tasks; null where nothing does.
  virtual loop_executor* executor_here(int index) noexcept = 0;
  /// `f(with, line)` for each line of execution that is on it just now, apart from what such a
  /// line's own groups hold (see `wait_description::region`), which `f` does not end.
  virtual void for_each_line_here(int index, void (*f)(void* with, const task_context& line),
                                  void* with) = 0;

  /// The runtime whose workers they are; null where they share no tasks.
  virtual runtime* scheduler() noexcept { return nullptr; }
};

}  // namespace rondo
