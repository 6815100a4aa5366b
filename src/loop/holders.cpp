// "Why am I still alive?": the list of everything that is active and referenced, and the life of
// the loop object itself.
#include <thread>
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/io/candidates.hpp>
#include <rondo/probe/recorder.hpp>

#include "loop/lending.hpp"
#include "loop/meter.hpp"
#include "loop/state.hpp"

namespace rondo {

namespace {

loop_options with_backend(loop_options options) {
  if (options.backend) return options;
  auto kind = io::backend_from_environment();
  if (!kind) throw std::move(kind).error();
  auto made =
      io::make_backend(*kind, options.shared ? io::sharing::shared : io::sharing::one_thread);
  if (!made) throw std::move(made).error();
  options.backend = std::move(*made);
  return options;
}

}  // namespace

const char* name_of(node_kind kind) noexcept {
  switch (kind) {
    case node_kind::timeout:
      return "timeout";
    case node_kind::interval:
      return "interval";
    case node_kind::immediate:
      return "immediate";
    case node_kind::idle:
      return "idle hook";
    case node_kind::prepare:
      return "prepare hook";
    case node_kind::check:
      return "check hook";
    case node_kind::hold:
      return "hold";
    case node_kind::work:
      return "work";
  }
  return "unknown";
}

loop::loop(loop_options options) : state_(new state(with_backend(std::move(options)))) {}

loop::state::state(loop_options given)
    : options(std::move(given)), backend(options.backend.get()), now(options.time->now()) {
  if (options.shared) lending = make_owned<lending_state>();
  if (options.recorder != nullptr) track = options.recorder->open(options.recorded_as);
  watched = track != nullptr;
  if (options.time->jumps()) return;  // there, nobody is held up however long a call takes
  beat.is_of(this, &state::describe_call, options.recorded_as, options.stall_limit);
}

loop::~loop() {
  RONDO_ASSERT(!state_->running);  // destroyed by one of its own callbacks
  report_leaks(*this);
}

/// Callables are ours to destroy; whatever else is queued belongs to a companion or to somebody
/// else. What a callback captured may still call the loop from its destructor, so nodes go last,
/// and the queues are emptied until nothing comes any more.
loop::state::~state() {
  for (node* const chunk : node_chunks) {
    for (node* n = chunk; n != chunk + nodes_per_chunk; ++n) n->f = nullptr;
  }
  discard_queued();
  while (loop_companion* const c = companions) {
    companions = c->next_;
    c->loop_ends();
  }
  discard_queued();
  // A call of a few instructions, by a thread that may have lost its processor.
  while (wakers_gone.load(std::memory_order_acquire) != wakers_expected) std::this_thread::yield();
  for (node* const chunk : node_chunks) delete[] chunk;
  leave_port();
  if (track != nullptr) options.recorder->close(*track);
  delete last_meter.load(std::memory_order_relaxed);
}

void loop::state::discard_queued() noexcept {
  const auto discard_all = [this](job_queue& queue) {
    bool found = false;
    for (; job* const j = queue.pop(); found = true) discard(*j);
    return found;
  };
  bool found = true;
  while (found) {
    found = end_work();
    take_posts();
    for (job_queue* const queue : {&ticks, &microtasks, &pending, &pending_batch, &after_io,
                                   &after_io_batch, &closing, &closing_batch, &arrived}) {
      found = discard_all(*queue) || found;
    }
  }
}

loop_companion* loop::find_companion(const void* key) const noexcept {
  loop_companion* c = state_->companions;
  while (c != nullptr && c->key_ != key) c = c->next_;
  return c;
}

void loop::add_companion(loop_companion& c) noexcept {
  c.next_ = std::exchange(state_->companions, &c);
}

std::vector<holder> loop::holders() const {
  state& s = *state_;
  std::vector<holder> found;
  for (const node* const chunk : s.node_chunks) {
    for (const node* n = chunk; n != chunk + state::nodes_per_chunk; ++n) {
      if (!n->in_use || !n->active || !n->referenced) continue;
      found.push_back({name_of(n->kind), n->where, n->since});
      if (n->kind == node_kind::work) found.back().name = n->work->name;
    }
  }
  s.works.for_each([&](const loop_work& w) {
    if (!w.unreferenced_) {
      found.push_back({"work", w.where, w.submitted_, -1, std::string(w.name)});
    }
  });
  const state::exclusive hold(s);
  s.timers.for_each([&](const timer& t, instant due) {
    if (t.run != &state::fire && !due.is_never()) found.push_back({"timer of a task", {}, {}});
  });
  s.backend->for_each_pending([&](const io::op& o) {
    if (o.counted) found.push_back({io::to_string(o.kind), o.where, o.since, o.fd});
  });
  const auto queued = [&found](const char* kind, bool any) {
    if (any) found.push_back({kind, {}, {}});
  };
  queued("pending callbacks", !s.pending.empty() || !s.pending_batch.empty());
  queued("jobs after I/O", !s.after_io.empty() || !s.after_io_batch.empty());
  queued("close callbacks", !s.closing.empty() || !s.closing_batch.empty());
  queued("next ticks", !s.ticks.empty());
  queued("microtasks", !s.microtasks.empty());
  queued("completions", !s.completed.empty());
  queued("posts", !s.posted.empty() || !s.arrived.empty());
  queued("closing descriptors", s.backend->closing() > 0);
  return found;
}

// Operations, and timers that live elsewhere -------------------------------------------------

bool loop::start(io::op& o) noexcept {
  state& s = *state_;
  if (s.lending) [[unlikely]]
    return s.start_shared(o);
  const io::submission how = s.backend->submit(o);
  if (s.watched) [[unlikely]]
    s.watch_start(o, how);
  if (how == io::submission::done) return true;
  o.since = s.now;
  if (!o.unreferenced) {
    o.counted = true;
    ++s.operations;
  }
  return false;
}

void loop::ref(io::op& o) noexcept {
  o.unreferenced = false;
  if (o.at == io::op::stage::idle || o.counted) return;
  o.counted = true;
  ++state_->operations;
}

void loop::unref(io::op& o) noexcept {
  o.unreferenced = true;
  if (!o.counted) return;
  o.counted = false;
  --state_->operations;
}

void loop::cancel(io::op& o) noexcept {
  const state::exclusive hold(*state_);
  state_->backend->cancel(o);
}
void loop::close(int fd) noexcept {
  const state::exclusive hold(*state_);
  state_->backend->close(fd);
}
void loop::give_back(std::uint16_t buffer) noexcept {
  const state::exclusive hold(*state_);
  state_->backend->give_back(buffer);
}
io::backend& loop::backend() noexcept {
  return *state_->backend;
}

void loop::arm(timer& t, instant due) {
  state& s = *state_;
  if (s.lending) [[unlikely]]
    return s.arm(t, due);
  // Not into the past: there, a timer that is armed again and again would be the earliest for ever,
  // and `pop_due` would never come to those behind it.
  s.timers.arm(t, due < s.now ? s.now : due);
  if (!due.is_never()) ++s.holding;  // who waits for ever waits for somebody else
}

bool loop::disarm(timer& t) noexcept {
  state& s = *state_;
  if (s.lending) [[unlikely]]
    return s.disarm(t);
  if (!t.is_armed()) return false;
  if (!s.timers.due(t).is_never()) --s.holding;
  return s.timers.disarm(t);
}

}  // namespace rondo
