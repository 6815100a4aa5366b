// Work for the pool, and its way back to the loop. A thread of the pool must not touch a loop that
// may be gone, nor work whose owner has given it up: see work_port.hpp.
#include <chrono>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/os/errors.hpp>

#include "loop/state.hpp"
#include "loop/work_port.hpp"

namespace rondo {

/// What `queue_work` makes: the callbacks, and the name by which the work can be cancelled.
struct queued_work final : loop_work {
  queued_work(callback&& to_do, unique_function<void(std::exception_ptr)>&& when_done,
              work_options&& options) noexcept
      : work(std::move(to_do)), finished(std::move(when_done)), called(std::move(options.name)) {
    kind = options.kind;
    name = called.c_str();
    unreferenced_ = true;  // the node counts
  }

  void perform() noexcept override {
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  }
  void done(bool performed) override {
    const owned<queued_work> self(this);
    n->owner->release_work(*n);
    if (!performed) {
      failure = std::make_exception_ptr(
          os::make_error(errc::closed, "queue_work", "on a pool that was shut down"));
    }
    finished(std::move(failure));
  }
  void forsaken() noexcept override { delete this; }

  callback work;
  unique_function<void(std::exception_ptr)> finished;
  label called;
  std::exception_ptr failure;
  loop::node* n = nullptr;
};

// The way there ------------------------------------------------------------------------------

loop_work::loop_work() noexcept : job(&loop::state::work_arrived) {}

blocking_pool& loop::pool() {
  if (state_->options.pool == nullptr) {
    pool_options chosen;
    chosen.recorder = state_->options.recorder;
    chosen.shutdown_limit = duration();  // by then the loop has waited for its work
    state_->own_pool = make_owned<blocking_pool>(chosen);
    state_->options.pool = state_->own_pool.get();
  }
  return *state_->options.pool;
}

void loop::submit(loop_work& w) {
  state& s = *state_;
  RONDO_ASSERT(!w.is_outstanding());
  blocking_pool& on = pool();
  if (s.work_port == nullptr) s.work_port = new loop_work::port(*this);
  w.port_ = s.work_port;
  w.submitted_ = s.now;
  w.performed_ = w.delivered_ = w.forsaken_ = w.cancelled_ = false;
  ++w.port_->expected;
  s.works.push_back(w);
  if (!w.unreferenced_) ++s.holding;
  try {
    on.submit(w);
  } catch (...) {
    s.take_back(w);
    throw;
  }
}

handle_id loop::queue_work(callback work, unique_function<void(std::exception_ptr)> done,
                           work_options options, site where) {
  auto w = make_owned<queued_work>(std::move(work), std::move(done), std::move(options));
  callback none;
  node& n = state_->make_node(node_kind::work, none, where);
  n.work = w.get();
  w->n = &n;
  w->where = where;
  try {
    submit(*w);
  } catch (...) {
    state_->release(n);
    throw;
  }
  state_->activate(n);
  static_cast<void>(w.release());
  return id_of(n);
}

// The way back -------------------------------------------------------------------------------

/// On a thread of the pool. Behind the post this object is the loop's, and may be gone. The loop is
/// not, since it can't end before it has had the mutex: see leave_port.
void loop_work::ended(bool performed) noexcept {
  port& p = *port_;
  bool was_last = false;
  {
    const std::lock_guard lock(p.mutex);
    if (!forsaken_) {
      performed_ = performed;
      delivered_ = true;
      ++p.delivered;
      p.home->post_job(*this);
      if (p.closing && p.delivered == p.expected) p.all_delivered.notify_one();
      return;
    }
    was_last = --p.forsaken == 0 && p.deserted;
  }
  if (was_last) delete &p;
  forsaken();
}

void loop::state::work_arrived(job& j) {
  auto& w = static_cast<loop_work&>(j);
  if (w.forsaken_) {
    w.forsaken();
    return;
  }
  w.port_->home->state_->forget(w);
  w.done(w.performed_);
}

/// Nothing of the loop counts `w` any more.
void loop::state::forget(loop_work& w) noexcept {
  w.list_hook<loop_work>::unlink();
  if (!w.unreferenced_) --holding;
}

/// What the pool has given back: nobody will call it.
void loop::state::take_back(loop_work& w) noexcept {
  --w.port_->expected;
  forget(w);
}

void loop::state::release_work(node& n) noexcept {
  deactivate(n);
  release(n);
}

// Giving up ----------------------------------------------------------------------------------

bool loop::cancel(loop_work& w) noexcept {
  state& s = *state_;
  if (s.options.pool->cancel(w)) {
    s.take_back(w);
    return true;
  }
  w.cancelled_ = true;
  return false;
}

bool loop::cancel_work(handle_id h) noexcept {
  node* const n = find(h);
  if (n == nullptr || n->kind != node_kind::work) return false;
  auto* const w = static_cast<queued_work*>(n->work);
  if (!state_->options.pool->cancel(*w)) return false;
  state_->take_back(*w);
  state_->release_work(*n);
  delete w;
  return true;
}

/// Under the mutex of the port, behind which `w` may be gone.
void loop::state::forsake(loop_work& w) noexcept {
  forget(w);
  w.forsaken_ = true;
  --w.port_->expected;
  ++w.port_->forsaken;
}

bool loop::abandon(loop_work& w) noexcept {
  loop_work::port& p = *w.port_;
  const std::lock_guard lock(p.mutex);
  if (w.delivered_) return false;
  state_->forsake(w);
  return true;  // and as soon as the mutex is free, `w` may be gone
}

std::vector<work_report> loop::abandon_cancelled_work() {
  std::vector<work_report> named;
  state_->works.for_each([&](loop_work& w) {
    if (!w.cancelled_ || w.left_behind_) return;
    work_report report = state_->options.pool->describe(w);
    if (abandon(w)) named.push_back(std::move(report));
  });
  return named;
}

duration loop::shutdown_limit() const noexcept {
  return state_->options.shutdown_limit;
}
bool loop::has_work() const noexcept {
  return !state_->works.empty();
}

/// The end of the loop: what is queued goes, what runs is waited for, and what does not end in time
/// is left to itself. True where there was anything.
bool loop::state::end_work() noexcept {
  if (works.empty()) return false;
  for (node* const chunk : node_chunks) {
    for (node* n = chunk; n != chunk + nodes_per_chunk; ++n) {
      if (n->in_use && n->kind == node_kind::work) release_work(*n);  // no id leads to it any more
    }
  }
  intrusive_list<loop_work, loop_work> running;
  intrusive_list<loop_work, loop_work> left_behind;
  while (loop_work* const w = works.pop_front()) {
    if (options.pool->cancel(*w)) {
      take_back(*w);
      w->forsaken();
    } else {
      (w->left_behind_ ? left_behind : running).push_back(*w);
    }
  }
  if (!left_behind.empty()) {
    const std::lock_guard lock(work_port->mutex);
    let_go(left_behind);
  }
  give_up(running);
  return true;
}

/// Of work that ends, or will some day, for nobody. Under the mutex of the port.
void loop::state::let_go(intrusive_list<loop_work, loop_work>& running) noexcept {
  while (loop_work* const w = running.pop_front()) {
    if (w->delivered_) {
      forget(*w);  // it lies in a queue of the loop: see discard
      w->forsaken_ = true;
    } else {
      forsake(*w);
    }
  }
}

void loop::state::give_up(intrusive_list<loop_work, loop_work>& running) noexcept {
  constexpr duration an_hour = duration::seconds(3600);  // at a time, so that nothing overflows
  const instant deadline = real_clock().now() + options.shutdown_limit;
  loop_work::port& p = *work_port;
  std::unique_lock lock(p.mutex);
  p.closing = true;
  while (p.delivered < p.expected) {
    const duration left = deadline - real_clock().now();
    if (left <= duration()) break;
    p.all_delivered.wait_for(lock, std::chrono::nanoseconds(std::min(left, an_hour).count_ns()));
  }
  let_go(running);
  p.closing = false;
}

/// Who has told the loop of the last end may not have left `ended` yet.
void loop::state::leave_port() noexcept {
  if (work_port == nullptr) return;
  {
    const std::lock_guard lock(work_port->mutex);
    work_port->deserted = work_port->forsaken > 0;
    if (work_port->deserted) return;
  }
  delete work_port;
}

}  // namespace rondo
