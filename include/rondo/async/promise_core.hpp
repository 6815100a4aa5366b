#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

#include <rondo/base/unique_function.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/task/frame_pool.hpp>

namespace rondo {

namespace detail {

class promise_core;
// NOLINTNEXTLINE(cppcoreguidelines-virtual-class-destructor): it is final, and destroys itself
class promise_realm;

/// Who waits for one promise: a promise derived from it, one element of a combinator, a task. A
/// job, so that settling queues what is there already, and nothing is allocated.
class reaction : public job {
 public:
  reaction() noexcept : job(&run_reaction) {}
  reaction(const reaction&) = delete;

  static void run_reaction(job& j) { static_cast<reaction&>(j).react(); }

  /// Its turn has come, in the loop's microtasks. `source` has settled, where there is one; the
  /// reaction has to release it.
  virtual void react() = 0;
  /// Its turn will not come any more. `source` is gone.
  virtual void drop() noexcept = 0;

 protected:
  ~reaction() = default;

 private:
  friend class promise_core;
  friend class promise_realm;

  reaction* newer_ = nullptr;  // in the ring of those that wait for a pending promise
  reaction* older_ = nullptr;

 protected:
  /// Whom it waits for. Owned from the moment when that has settled; before, it is the source that
  /// owns the reaction. (So what is pending is held by who can settle it, and by nobody else.)
  promise_core* source_ = nullptr;
};

/// What the promises of one loop share. Lives as long as the loop or the last of them, whichever is
/// later.
class promise_realm final : public loop_companion {
 public:
  static promise_realm& of(loop& l) {
    loop_companion* const found = l.find_companion(&key_);
    return found != nullptr ? static_cast<promise_realm&>(*found) : make(l);
  }

  /// Behind all microtasks. After the loop's end the reaction is dropped.
  void queue(reaction& r) noexcept {
    if (ready_ != nullptr) [[likely]] {
      ready_->push(r);
    } else {
      drop_queued(r);
    }
  }
  /// Takes it out again. Linear.
  void dequeue(reaction& r) noexcept {
    if (ready_ != nullptr) ready_->remove(r);
  }
  loop* home() const noexcept { return loop_; }

  void promise_made() noexcept { ++promises_; }
  void promise_gone() noexcept {
    if (--promises_ == 0) delete this;
  }
  /// Destroys a promise that nobody holds any more; not recursively, however long a chain it heads.
  void bury(promise_core& dead) noexcept;

  /// What `p` waited for is gone, so it will never settle: lets go of all who wait for it, and of
  /// one ownership. Not recursively, either.
  void forsake(promise_core& p) noexcept;

  /// Node's host hooks: a promise was rejected that nobody reacts to; somebody came after all.
  void rejected_unheard(promise_core& p) noexcept;
  void heard_late(promise_core& p) noexcept;

  using rejection_hook = unique_function<void(promise_core&)>;
  rejection_hook on_unhandled;
  rejection_hook on_late;

  bool discard(job& j) noexcept override;
  void loop_ends() noexcept override;

 private:
  explicit promise_realm(loop& l) noexcept;
  static promise_realm& make(loop& l);
  static void drop_queued(reaction& r) noexcept;
  void judge() noexcept;
  bool tell(promise_core& p, rejection_hook& hook) noexcept;
  void ask_for_judgement() noexcept;

  struct judge_job : job {
    promise_realm* realm = nullptr;
  };

  static const char key_;

  loop* loop_;
  job_queue* ready_;   // the loop's; null after its end
  long promises_ = 1;  // alive, and one for the loop
  promise_core* grave_ = nullptr;
  promise_core* forsaken_ = nullptr;
  bool burying_ = false;
  bool forsaking_ = false;
  bool judging_ = false;
  judge_job judge_;    // queued where there is something to judge
  job_queue unheard_;  // rejected promises, each owned by the list
  job_queue late_;     // heard after they had been reported
};

/// All of a promise that does not depend on its type: state, reactions, owners. Counted owners;
/// every promise is also a reaction, since most wait for another one.
class promise_core : public reaction {
 public:
  enum class status : std::uint8_t { pending, fulfilled, rejected };

  static void* operator new(std::size_t size) { return frame_pool::allocate(size); }
  static void operator delete(void* block, std::size_t size) noexcept {
    frame_pool::deallocate(block, size);
  }

  /// `owners`: whoever makes it, and what it waits for.
  promise_core(promise_realm& realm, std::uint32_t owners) noexcept
      : realm_(&realm), owners_(owners) {
    realm.promise_made();
  }
  virtual ~promise_core();

  promise_realm& realm() const noexcept { return *realm_; }
  status state() const noexcept { return status_; }
  bool is_pending() const noexcept { return status_ == status::pending; }
  const std::exception_ptr& reason() const noexcept { return reason_; }

  void hold() noexcept { ++owners_; }
  void release() noexcept {
    if (--owners_ == 0) realm_->bury(*this);
  }
  /// Whether nobody but the caller, who is one, can ever see the value again: it may be moved out.
  bool is_only_owner() const noexcept { return owners_ == 1; }

  /// ECMAScript's PerformPromiseThen: `r` reacts in a microtask, after this has settled.
  void subscribe(reaction& r) noexcept;
  /// A reaction leaves before that.
  void unsubscribe(reaction& r) noexcept;

  void reject(std::exception_ptr why) noexcept;
  /// The same, but where nobody listens that is all right.
  void reject_quietly(std::exception_ptr why) noexcept {
    heard_ = true;
    reject(std::move(why));
  }
  /// Becomes what `other` becomes; takes over the caller's ownership of it. Rejects where that
  /// waits for this.
  void follow(promise_core& other) noexcept;

  /// Whether this, directly or along a chain of promises, is what `other` waits for.
  bool would_wait_for_itself(const promise_core& other) const noexcept {
    return &other == this || ((followed_ || oldest_ != nullptr) && other.waits_for(*this));
  }

  /// For resolvers: the first resolution counts, the others are ignored.
  bool lock_in() noexcept {
    const bool first = !locked_in_;
    locked_in_ = true;
    return first;
  }
  bool is_locked_in() const noexcept { return locked_in_; }
  /// The last resolver of a pending promise is gone; it has given up its ownership.
  void abandoned() noexcept;

  /// A turn on the way of `follow`. Those that derive do what is theirs where there is none.
  void react() override { follow_step(); }
  void drop() noexcept override { realm_->forsake(*this); }

 protected:
  /// Waits for more than its source: see `add_inputs`.
  void set_combined() noexcept { combined_ = true; }
  virtual void add_inputs(std::vector<const promise_core*>& /*to*/) const {}

  bool is_following() const noexcept { return step_ != step::none; }
  void follow_step() noexcept;
  /// Takes over the value of a promise of the same type.
  virtual void take_value(promise_core& from) noexcept = 0;

  /// The value is there: queues the reactions.
  void fulfilled() noexcept { settle(status::fulfilled); }

 private:
  friend class promise_realm;

  enum class step : std::uint8_t { none, begins_to_follow, follows };

  void settle(status how) noexcept;
  void pass_on(reaction& r) noexcept;
  reaction& take(reaction& r) noexcept;
  void drop_reactions() noexcept;
  bool waits_for(const promise_core& other) const noexcept;
  bool waits_in_some_way_for(const promise_core& other) const;

  promise_realm* realm_;
  reaction* oldest_ = nullptr;  // the ring of reactions while pending
  std::exception_ptr reason_;
  std::uint32_t owners_;
  status status_ = status::pending;
  step step_ = step::none;
  bool heard_ : 1 = false;     // somebody reacts: Node's [[PromiseIsHandled]]
  bool reported_ : 1 = false;  // as unhandled
  bool broken_ : 1 = false;    // rejected because nobody was left to settle it
  bool combined_ : 1 = false;
  bool followed_ : 1 = false;   // by somebody who is perhaps not in the ring yet
  bool locked_in_ : 1 = false;  // its resolver has been used
};

}  // namespace detail
}  // namespace rondo
