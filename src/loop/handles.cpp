// What a `handle_id` names: timers, immediates, hooks, holds. Nodes are recycled through a free
// list and told apart by their generation, so clearing something twice, or long after it ran, is
// harmless.
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

}  // namespace

// Nodes
// ---------------------------------------------------------------------------------------------

loop::node& loop::state::make_node(node_kind kind, callback f, site where) {
  if (free_nodes == nullptr) {
    node_chunks.reserve(node_chunks.size() + 1);
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
  return n;
}

void loop::state::release(node& n) noexcept {
  n.f = nullptr;
  n.in_use = false;
  ++n.generation;
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
  return n != nullptr && n->in_use && n->generation == h.generation_ ? n : nullptr;
}

handle_id loop::id_of(node& n) const noexcept {
  return {&n, n.generation};
}

// Calling
// -------------------------------------------------------------------------------------------

/// A timer that is due. During the call the callback lives on the stack, so that it may clear or
/// refresh its own timer; what becomes of the node is decided afterwards, also after an exception.
void loop::state::fire(job& j) {
  auto& n = static_cast<node&>(j);
  class call_scope {
   public:
    explicit call_scope(node& called) noexcept : n_(called), f_(std::move(called.f)) {
      n_.owner->deactivate(n_);
      n_.calling = true;
    }
    call_scope(const call_scope&) = delete;
    ~call_scope() {
      n_.calling = false;
      state& s = *n_.owner;
      if (n_.cleared) {
        n_.cleared = false;
        s.release(n_);
      } else if (n_.is_armed()) {  // refreshed
        n_.f = std::move(f_);
      } else if (n_.kind == node_kind::interval) {
        n_.f = std::move(f_);
        s.timers.arm(n_, s.now + n_.delay);  // no memory for it here ends the program
        s.activate(n_);
      } else {
        s.release(n_);
      }
    }
    void operator()() { f_(); }

   private:
    node& n_;
    callback f_;
  };
  call_scope call(n);
  call();
}

/// An immediate, or a hook. A cleared immediate is still queued, and only goes back here.
void loop::state::run_immediate(job& j) {
  auto& n = static_cast<node&>(j);
  if (!n.active) {
    n.owner->release(n);
    return;
  }
  callback f = std::move(n.f);
  n.owner->deactivate(n);
  n.owner->release(n);
  f();
}

void loop::state::run_hook(job& j) {
  auto& n = static_cast<node&>(j);
  callback f = std::move(n.f);
  class give_back {
   public:
    give_back(node& of, callback& f) noexcept : n_(of), f_(f) {}
    give_back(const give_back&) = delete;
    ~give_back() { n_.f = std::move(f_); }

   private:
    node& n_;
    callback& f_;
  } const afterwards(n, f);
  f();
}

// Making
// --------------------------------------------------------------------------------------------

loop::node& loop::state::make_timer(node_kind kind, duration delay, callback f, site where) {
  node& n = make_node(kind, std::move(f), where);
  n.run = &state::fire;
  n.delay = delay;
  try {
    timers.arm(n, now + delay);
  } catch (...) {
    release(n);
    throw;
  }
  activate(n);
  return n;
}

handle_id loop::set_timeout(duration delay, callback f, site where) {
  const duration d = delay < least_delay ? least_delay : delay;
  return id_of(state_->make_timer(node_kind::timeout, d, std::move(f), where));
}

handle_id loop::set_interval(duration delay, callback f, site where) {
  const duration d = delay < least_delay ? least_delay : delay;
  return id_of(state_->make_timer(node_kind::interval, d, std::move(f), where));
}

handle_id loop::call_later(duration delay, callback f, site where) {
  const duration d = delay < duration() ? duration() : delay;
  return id_of(state_->make_timer(node_kind::timeout, d, std::move(f), where));
}

handle_id loop::call_at(instant due, callback f, site where) {
  return call_later(due - state_->now, std::move(f), where);
}

void loop::refresh(handle_id h) {
  node* const n = find(h);
  if (n == nullptr || !is_timer(n->kind) || n->cleared) return;
  state& s = *state_;
  s.timers.disarm(*n);
  s.deactivate(*n);
  s.timers.arm(*n, s.now + n->delay);
  s.activate(*n);
}

handle_id loop::set_immediate(callback f, site where) {
  node& n = state_->make_node(node_kind::immediate, std::move(f), where);
  n.run = &state::run_immediate;
  state_->activate(n);
  state_->immediates.push(n);
  return id_of(n);
}

handle_id loop::state::add_hook(job_queue& hooks, node_kind kind, callback f, site where) {
  node& n = make_node(kind, std::move(f), where);
  n.run = &state::run_hook;
  activate(n);
  hooks.push(n);
  return {&n, n.generation};
}

handle_id loop::add_idle(callback f, site where) {
  return state_->add_hook(state_->idle_hooks, node_kind::idle, std::move(f), where);
}
handle_id loop::add_prepare(callback f, site where) {
  return state_->add_hook(state_->prepare_hooks, node_kind::prepare, std::move(f), where);
}
handle_id loop::add_check(callback f, site where) {
  return state_->add_hook(state_->check_hooks, node_kind::check, std::move(f), where);
}

handle_id loop::hold(site where) {
  node& n = state_->make_node(node_kind::hold, nullptr, where);
  state_->activate(n);
  return id_of(n);
}

// Naming
// --------------------------------------------------------------------------------------------

void loop::clear(handle_id h) noexcept {
  node* const n = find(h);
  if (n == nullptr) return;
  state& s = *state_;
  s.deactivate(*n);
  if (is_timer(n->kind)) {
    s.timers.disarm(*n);
    if (n->calling) {
      n->cleared = true;
    } else {
      s.release(*n);
    }
  } else if (n->kind == node_kind::hold) {
    s.release(*n);
  }
  // Immediates and hooks are still queued: they go back when their phase meets them.
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
