// Signals for callbacks: one operation that waits until the listener may have something, again and
// again. It lives on the heap, since the backend may hold it for a while after the handler has
// gone; a companion of the loop sees to it that not even the end of the loop comes before that.
#include <utility>

#include <rondo/base/intrusive_list.hpp>
#include <rondo/base/owned.hpp>
#include <rondo/loop/loop.hpp>
#include <rondo/signal/signal_handler.hpp>

#include "signal/listen.hpp"

namespace rondo {

struct signal_handler::state : io::op, list_hook<> {
  state(loop& on, unique_function<void(int)> called) noexcept;
  ~state() { unlink(); }

  void wait() noexcept {
    waits = true;
    if (l.start(*this)) l.schedule_after_io(*this);
  }
  /// The end of the handler: with the operation, where one is under way.
  void end() noexcept {
    ended = true;
    l.close(listener.close().release());
    if (!waits && !calls) delete this;
  }
  /// Calls the function for what came.
  void call();
  static void step(job& j) {
    state& s = static_cast<state&>(static_cast<io::op&>(j));
    s.waits = false;
    if (s.ended) {
      delete &s;
    } else {
      s.call();
    }
  }

  loop& l;
  os::signal_listener listener;
  unique_function<void(int)> f;
  bool waits = false;  // the operation is with the loop
  bool calls = false;
  bool ended = false;
};

namespace {

/// Those of a loop. Its end is the last moment in which their operations can be waited for.
template <class State>
class handlers_of_loop final : public loop_companion {
 public:
  static void add(loop& l, State& s) {
    auto* all = static_cast<handlers_of_loop*>(l.find_companion(&key));
    if (all == nullptr) {
      all = new handlers_of_loop(l);
      l.add_companion(*all);
    }
    all->states_.push_back(s);
  }

  bool discard(job& j) noexcept override {
    if (j.run != &State::step) return false;
    delete &static_cast<State&>(static_cast<io::op&>(j));
    return true;
  }
  void loop_ends() noexcept override {
    while (!states_.empty()) {
      RONDO_ASSERT(states_.front().ended);  // a handler outlives its loop
      job_queue finished;
      if (l_->backend().wait(duration::max(), finished) < 0) break;
      while (job* const j = finished.pop()) discard(*j);
    }
    delete this;
  }

 private:
  explicit handlers_of_loop(loop& l) noexcept : loop_companion(&key), l_(&l) {}

  static constexpr char key = 0;
  loop* l_;
  intrusive_list<State> states_;
};

}  // namespace

signal_handler::state::state(loop& on, unique_function<void(int)> called) noexcept
    : l(on), f(std::move(called)) {
  kind = io::op_kind::readable;
  unreferenced = true;
  run = &step;
}

void signal_handler::state::call() {
  calls = true;
  struct at_the_end {
    state& s;
    ~at_the_end() {
      s.calls = false;
      if (s.ended) {
        delete &s;
      } else {
        s.wait();  // also after an exception, which the loop takes
      }
    }
  } const goes_on{*this};
  for (int number = 0; !ended && (number = listener.take()) > 0;) f(number);
}

signal_handler::signal_handler(loop& l, std::initializer_list<int> which,
                               unique_function<void(int)> f) {
  owned<state> made(new state(l, std::move(f)));
  listen(made->listener, which, true);
  made->fd = made->listener.descriptor();
  handlers_of_loop<state>::add(l, *made);
  state_ = made.release();
  state_->wait();
}

signal_handler::~signal_handler() {
  state_->end();
}

void signal_handler::ref() noexcept {
  state_->l.ref(*state_);
}

void signal_handler::unref() noexcept {
  state_->l.unref(*state_);
}

}  // namespace rondo
