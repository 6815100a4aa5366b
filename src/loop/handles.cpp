// What a `handle_id` names: timers, immediates, hooks, holds (and work: see work.cpp). Nodes are
// recycled through a free list and told apart by their generation, so clearing something twice, or
// long after it ran, is harmless.
#include <utility>

#include <rondo/base/assert.hpp>

#include "loop/state.hpp"

namespace rondo {

namespace {

/// Node's least delay of a timer.
constexpr duration least_delay = duration::milliseconds(1);

bool is_timer(node_kind kind) noexcept {
  return kind == node_kind::timeout || kind == node_kind::interval;
}
bool is_hook(node_kind kind) noexcept {
  return kind == node_kind::idle || kind == node_kind::prepare || kind == node_kind::check;
}

}  // namespace

// Nodes ---------------------------------------------------------------------------------------

loop::node& loop::state::make_node(node_kind kind, callback& f, site where) {
  if (free_nodes == nullptr) {
    if (node_chunks.size() == node_chunks.capacity()) {
      node_chunks.reserve(2 * node_chunks.size() + 1);
    }
    node* const chunk = node_chunks.emplace_back(new node[nodes_per_chunk]);
    for (int i = nodes_per_chunk; i-- > 0;) {
      chunk[i].next_free = free_nodes;
      free_nodes = &chunk[i];
    }
  }
  node& n = *free_nodes;
  free_nodes = n.next_free;
  n.owner = this;
  n.f = std::move(f);
  n.kind = kind;
  n.where = where;
  n.since = now;
  n.in_use = true;
  n.referenced = true;
  n.cleared = false;
  return n;
}

/// The callback dies while no id finds the node any more and before anybody can get it anew: what
/// it captured may call the loop from its destructor.
void loop::state::release(node& n) noexcept {
  n.in_use = false;
  ++n.generation;
  n.f = nullptr;
  n.next_free = free_nodes;
  free_nodes = &n;
}

void loop::state::activate(node& n) noexcept {
  n.active = true;
  if (n.referenced) ++holding;
  if (n.kind == node_kind::idle) ++idle_active;
}

void loop::state::deactivate(node& n) noexcept {
  if (!n.active) return;
  n.active = false;
  if (n.referenced) --holding;
  if (n.kind == node_kind::idle) --idle_active;
}

loop::node* loop::find(handle_id h) const noexcept {
  auto* const n = static_cast<node*>(h.node_);
  const bool is_it = n != nullptr && n->in_use && n->generation == h.generation_ && !n->cleared;
  return is_it ? n : nullptr;
}

handle_id loop::id_of(node& n) const noexcept {
  return {&n, n.generation};
}

// Calling -------------------------------------------------------------------------------------

/// Calls a node's callback where it lies. Meanwhile `clear` leaves it there; what becomes of the
/// node is decided afterwards, also after an exception.
void loop::state::call_node(node& n) {
  class call_scope {
   public:
    explicit call_scope(node& called) noexcept : n_(called) { n_.calling = true; }
    call_scope(const call_scope&) = delete;
    ~call_scope() {
      n_.calling = false;
      n_.owner->settle(n_);
    }

   private:
    node& n_;
  } const scope(n);
  n.f();
}

/// After a call: an interval goes on, what was to be called once goes back.
void loop::state::settle(node& n) noexcept {
  if (n.is_armed() || is_hook(n.kind)) return;  // refreshed; still queued: see run_hooks
  if (n.kind == node_kind::interval && !n.cleared) {
    arm(n, now + n.delay);  // no memory for it here ends the program
    activate(n);
  } else {
    release(n);
  }
}

void loop::state::fire(job& j) {
  auto& n = static_cast<node&>(j);
  n.owner->deactivate(n);
  call_node(n);
}

/// A cleared immediate is still queued, and only goes back here.
void loop::state::run_immediate(job& j) {
  auto& n = static_cast<node&>(j);
  if (n.cleared) {
    n.owner->release(n);
    return;
  }
  n.owner->deactivate(n);
  call_node(n);
}

void loop::state::run_hook(job& j) {
  call_node(static_cast<node&>(j));
}

// Making --------------------------------------------------------------------------------------

handle_id loop::state::make_timer(node_kind kind, instant due, duration delay, callback& f,
                                  site where) {
  node& n = make_node(kind, f, where);
  n.run = &state::fire;
  n.delay = delay;
  try {
    arm(n, due);
  } catch (...) {
    release(n);
    throw;
  }
  activate(n);
  return {&n, n.generation};
}

handle_id loop::set_timeout(duration delay, callback f, site where) {
  const duration d = delay < least_delay ? least_delay : delay;
  return state_->make_timer(node_kind::timeout, state_->now + d, d, f, where);
}

handle_id loop::set_interval(duration delay, callback f, site where) {
  const duration d = delay < least_delay ? least_delay : delay;
  return state_->make_timer(node_kind::interval, state_->now + d, d, f, where);
}

handle_id loop::call_later(duration delay, callback f, site where) {
  const duration d = delay < duration() ? duration() : delay;
  return state_->make_timer(node_kind::timeout, state_->now + d, d, f, where);
}

handle_id loop::call_at(instant due, callback f, site where) {
  return call_later(due - state_->now, std::move(f), where);
}

void loop::refresh(handle_id h) {
  node* const n = find(h);
  if (n == nullptr || !is_timer(n->kind)) return;
  state& s = *state_;
  s.disarm(*n);
  s.deactivate(*n);
  s.arm(*n, s.now + n->delay);
  s.activate(*n);
}

handle_id loop::set_immediate(callback f, site where) {
  node& n = state_->make_node(node_kind::immediate, f, where);
  n.run = &state::run_immediate;
  state_->activate(n);
  state_->immediates.push(n);
  return id_of(n);
}

handle_id loop::state::add_hook(job_queue& hooks, node_kind kind, callback& f, site where) {
  node& n = make_node(kind, f, where);
  n.run = &state::run_hook;
  activate(n);
  hooks.push(n);
  return {&n, n.generation};
}

handle_id loop::add_idle(callback f, site where) {
  return state_->add_hook(state_->idle_hooks, node_kind::idle, f, where);
}
handle_id loop::add_prepare(callback f, site where) {
  return state_->add_hook(state_->prepare_hooks, node_kind::prepare, f, where);
}
handle_id loop::add_check(callback f, site where) {
  return state_->add_hook(state_->check_hooks, node_kind::check, f, where);
}

handle_id loop::hold(site where) {
  callback none;
  node& n = state_->make_node(node_kind::hold, none, where);
  state_->activate(n);
  return id_of(n);
}

// Naming --------------------------------------------------------------------------------------

/// Immediates and hooks are still queued: their nodes go back when their phase meets them. What
/// their callbacks hold is let go at once, as with timers.
void loop::clear(handle_id h) noexcept {
  node* const n = find(h);
  if (n == nullptr) return;
  if (n->kind == node_kind::work) {
    cancel_work(h);
    return;
  }
  state& s = *state_;
  s.deactivate(*n);
  n->cleared = true;
  if (is_timer(n->kind)) s.disarm(*n);
  if (n->calling) return;  // see settle
  if (is_timer(n->kind) || n->kind == node_kind::hold) {
    s.release(*n);
  } else {
    n->f = nullptr;
  }
}

bool loop::is_active(handle_id h) const noexcept {
  const node* const n = find(h);
  return n != nullptr && n->active;
}

void loop::ref(handle_id h) noexcept {
  node* const n = find(h);
  if (n == nullptr || n->referenced) return;
  n->referenced = true;
  if (n->active) ++state_->holding;
}

void loop::unref(handle_id h) noexcept {
  node* const n = find(h);
  if (n == nullptr || !n->referenced) return;
  n->referenced = false;
  if (n->active) --state_->holding;
}

bool loop::has_ref(handle_id h) const noexcept {
  const node* const n = find(h);
  return n != nullptr && n->referenced;
}

}  // namespace rondo
