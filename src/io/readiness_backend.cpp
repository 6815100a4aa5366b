// Readiness bent into completions. See the header for the idea; the delicate parts are which calls
// may be skipped (attempt) and what an edge-triggered poller must be told, and when (update_watch).
#include "io/readiness_backend.hpp"

#include <errno.h>

#include <algorithm>
#include <new>
#include <utility>

#include <rondo/os/errors.hpp>
#include <rondo/os/fd.hpp>
#include <rondo/os/messages.hpp>
#include <rondo/os/socket.hpp>

namespace rondo::io {
namespace {

/// What a poll of the one descriptor says, as the result of an op.
int look(int fd, bool read, bool write) noexcept {
  const int ready = os::poll_one(fd, read, write, duration());
  if (ready < 0) return ready;
  return (ready & ((read ? 1 : 0) | (write ? 2 : 0))) != 0 ? 0 : -EAGAIN;
}

}  // namespace

readiness_backend::readiness_backend(owned<poller> p, std::uint32_t buffers)
    : poller_(std::move(p)), edge_triggered_(poller_->edge_triggered()), pool_(buffers) {}

readiness_backend::~readiness_backend() = default;

inline submission readiness_backend::done(op& o, int result) noexcept {
  o.at = op::stage::idle;
  o.result = result;
  return submission::done;
}

/// Remembers what a call has taught about the next one: whether it would block.
inline void readiness_backend::note(slot& s, int result, int asked, interest side) noexcept {
  if (result >= asked) return;
  const bool drained = result >= 0 && !any(s.may & interest::ended);
  if (drained || result == -EAGAIN) s.may = s.may & ~side;
}

/// An op that was not tried since it began to wait still has the buffer of the time before.
inline void readiness_backend::finish_unserved(op& o, int result) noexcept {
  o.buffer = op::no_buffer;
  finish(o, result);
}

inline void readiness_backend::finish(op& o, int result) noexcept {
  o.result = result;
  o.at = op::stage::finished;
  finished_.push(o);
}

submission readiness_backend::submit(op& o) noexcept {
  if (o.kind == op_kind::file) [[unlikely]]
    return done(o, os::not_supported);  // a file is always ready, and then the read waits
  if (static_cast<std::uint32_t>(o.fd) >= slot_count_) [[unlikely]]
    return submit_first(o);
  slot& s = slots_[o.fd];
  const side at = side_of(o.kind);
  if (s.waiting[at].empty() && any(s.may & interest_of(at))) return try_at_once(o, s);
  return enqueue(o, s);
}

/// The first op on a descriptor of so high a number.
[[gnu::noinline]] submission readiness_backend::submit_first(op& o) noexcept {
  if (const int result = make_room(o.fd); result < 0) return done(o, result);
  return submit(o);
}

// Apart from submit, so that an op that only has to wait costs no saving of registers.
[[gnu::noinline]] submission readiness_backend::try_at_once(op& o, slot& s) noexcept {
  const int result = o.kind == op_kind::send ? send(o, s) : attempt(o, s);
  if (result == -EAGAIN) return enqueue(o, s);
  return done(o, result);
}

inline submission readiness_backend::enqueue(op& o, slot& s) noexcept {
  const side at = side_of(o.kind);
  o.at = op::stage::waiting;
  s.waiting[at].push(o);
  if (any(s.watched & interest_of(at))) [[likely]]
    return submission::pending;
  return watch_for(o, s);
}

[[gnu::noinline]] submission readiness_backend::watch_for(op& o, slot& s) noexcept {
  const int result = update_watch(o.fd, s);
  if (result == 0) return submission::pending;
  s.waiting[side_of(o.kind)].remove(o);
  o.buffer = op::no_buffer;
  return done(o, result);
}

void readiness_backend::cancel(op& o) noexcept {
  if (o.at != op::stage::waiting) return;
  slot& s = slots_[o.fd];
  op_ring& waiting = s.waiting[side_of(o.kind)];
  if (o.kind == op_kind::connect && &waiting.front() == &o) s.connecting = false;
  waiting.remove(o);
  finish_unserved(o, os::cancelled);
  serve(o.fd, s);  // the next in line may be able to do what this one waited for
  // A level-triggered poller does not watch for nobody, so the next one must try for himself: else
  // awaits that are cancelled sooner than a wait comes round would never see what has arrived.
  if (!edge_triggered_ && waiting.empty()) {
    s.may = s.may | (is_reading(o.kind) ? interest::read : interest::write);
  }
}

void readiness_backend::close(int fd) noexcept {
  if (static_cast<std::uint32_t>(fd) < slot_count_) {
    slot& s = slots_[fd];
    finish_all(s, os::cancelled);
    if (any(s.watched)) poller_->forget(fd);
    // A link in the list of the starved stays, and is skipped when its turn comes.
    slot fresh;
    fresh.starved = s.starved;
    fresh.next_starved = s.next_starved;
    s = fresh;
  }
  os::fd(fd).reset();
}

inline void readiness_backend::serve_side(slot& s, side at) noexcept {
  op_ring& waiting = s.waiting[at];
  while (!waiting.empty() && any(s.may & interest_of(at))) {
    op& o = waiting.front();
    const int result = attempt(o, s);
    if (result == -EAGAIN) return;
    waiting.pop();
    finish(o, result);
  }
}

/// Serves the ops that wait on a descriptor, as far as it goes; nothing is read ahead for others.
[[gnu::always_inline]] inline void readiness_backend::serve(int fd, slot& s) noexcept {
  serve_side(s, reading);
  serve_side(s, writing);
  if (edge_triggered_) [[likely]]
    return;
  if (const int result = update_watch(fd, s); result < 0) finish_all(s, result);
}

int readiness_backend::wait(duration timeout, job_queue& completed) noexcept {
  if (first_starved_ >= 0) feed_starved();
  if (!finished_.empty()) timeout = duration();
  const int told = poller_->wait(timeout, ready_);
  for (int i = 0; i < told; ++i) {
    const readiness r = ready_[i];
    slot& s = slots_[r.fd];
    if (!any(s.watched)) [[unlikely]]
      continue;
    s.may = s.may | r.what;
    serve(r.fd, s);
  }
  completed.append(finished_);
  return told < 0 ? told : 0;
}

void readiness_backend::for_each_pending(unique_function<void(const op&)> f) const {
  for (const slot& s : storage_) {
    for (const op_ring& waiting : s.waiting) waiting.for_each(f);
  }
}

int readiness_backend::make_room(int fd) noexcept {
  if (fd < 0) return os::bad_descriptor;
  const auto needed = static_cast<std::size_t>(fd) + 1;
  try {
    storage_.resize(std::max({std::size_t{64}, 2 * storage_.size(), needed}));
  } catch (const std::bad_alloc&) {
    return -ENOMEM;
  }
  slots_ = storage_.data();
  slot_count_ = static_cast<std::uint32_t>(storage_.size());
  return 0;
}

/// receive_some: a buffer is taken only for the moment of the call, and kept where bytes came.
[[gnu::always_inline]] inline int readiness_backend::lend(op& o, slot& s) noexcept {
  o.buffer = op::no_buffer;
  // Who has starved for longer comes first.
  const bool must_queue = first_starved_ >= 0 && !feeding_;
  const buffer_pool::buffer lent = must_queue ? buffer_pool::buffer() : pool_.take();
  if (lent.data == nullptr) [[unlikely]] {
    if (pool_.lent() == 0 && !must_queue) return os::no_buffer_space;  // nobody will give one back
    starve(o.fd, s);
    return -EAGAIN;  // though the descriptor would not: `may` stays as it is
  }
  const int result = os::receive(o.fd, lent.data, buffer_pool::buffer_size);
  if (result > 0) [[likely]] {
    o.buffer = lent.id;
    o.data = lent.data;
  } else {
    pool_.give_back(lent.id);
    if (result == 0) return 0;
  }
  note(s, result, buffer_pool::buffer_size, interest::read);
  return result;
}

inline int readiness_backend::send(op& o, slot& s) noexcept {
  const int result = os::send(o.fd, o.data, o.size);
  note(s, result, static_cast<int>(o.size), interest::write);
  return result;
}

/// Tries the call of an op that is the first of its side, and notes where the next would block.
int readiness_backend::attempt(op& o, slot& s) noexcept {
  int result = 0;
  switch (o.kind) {
    case op_kind::receive_some:
      return lend(o, s);
    case op_kind::send:
      return send(o, s);
    case op_kind::receive:
      result = os::receive(o.fd, o.data, o.size);
      if (result == 0) return 0;  // the end, which can be read again and again
      note(s, result, static_cast<int>(o.size), interest::read);
      return result;
    default:
      return attempt_seldom(o, s);
  }
}

int readiness_backend::attempt_seldom(op& o, slot& s) noexcept {
  int result = 0;
  switch (o.kind) {
    case op_kind::send_vector:
      result = os::send_vector(o.fd, static_cast<const const_buffer*>(o.data), o.size);
      break;
    case op_kind::receive_messages:
      result = os::receive_messages(o.fd, static_cast<os::message_slot*>(o.data), o.size);
      break;
    case op_kind::send_messages:
      result = os::send_messages(o.fd, static_cast<os::message_slot*>(o.data), o.size);
      break;
    case op_kind::accept:
      result = os::accept(o.fd, true);
      break;
    case op_kind::connect:
      result = connect(o, s);
      break;
    default:
      result = look(o.fd, o.kind == op_kind::readable, o.kind == op_kind::writable);
      break;
  }
  note(s, result, 0, interest_of(side_of(o.kind)));
  return result;
}

/// Begins to connect, or looks what became of it.
int readiness_backend::connect(op& o, slot& s) noexcept {
  if (s.connecting) {
    // The event may be older than the connect, and SO_ERROR is 0 while it is under way.
    if (const int result = look(o.fd, false, true); result != 0) return result;
    s.connecting = false;
    return os::pending_error(o.fd);
  }
  const int result = os::connect(o.fd, o.data, o.size);
  if (result != os::in_progress) return result;
  s.connecting = true;
  return -EAGAIN;
}

/// Edge-triggered: both sides, once, when the first op has to wait; the kernel answers with the
/// present state, so nothing that came before is missed. Level-triggered: what somebody waits for,
/// and no reading while there is no buffer to read into.
int readiness_backend::update_watch(int fd, slot& s) noexcept {
  const op_ring& readers = s.waiting[reading];
  const op_ring& writers = s.waiting[writing];
  if (edge_triggered_) {
    if (any(s.watched) || (readers.empty() && writers.empty())) return 0;
    const int result = poller_->watch(fd, interest::none, interest::both);
    if (result == 0) s.watched = interest::both;
    return result;
  }
  const bool starves = s.starved && any(s.may & interest::read) && !readers.empty() &&
                       readers.front().kind == op_kind::receive_some;
  const bool to_read = !readers.empty() && !starves;
  const interest want = (to_read ? interest::read : interest::none) |
                        (writers.empty() ? interest::none : interest::write);
  if (want == s.watched) return 0;
  if (!any(want)) {
    poller_->forget(fd);
  } else if (const int result = poller_->watch(fd, s.watched, want); result < 0) {
    return result;
  }
  s.watched = want;
  return 0;
}

void readiness_backend::finish_all(slot& s, int result) noexcept {
  for (op_ring& waiting : s.waiting) {
    while (!waiting.empty()) finish_unserved(waiting.pop(), result);
  }
  s.connecting = false;
}

/// Appends to those that have bytes to read and no buffer to read them into.
void readiness_backend::starve(int fd, slot& s) noexcept {
  if (s.starved) return;
  s.starved = true;
  s.next_starved = -1;
  if (first_starved_ < 0) {
    first_starved_ = fd;
  } else {
    slots_[last_starved_].next_starved = fd;
  }
  last_starved_ = fd;
}

/// Gives those that starve the buffers that have come back, the longest waiting first.
void readiness_backend::feed_starved() noexcept {
  feeding_ = true;
  const std::int32_t last = last_starved_;  // each has one turn, though it may starve again
  while (first_starved_ >= 0 && !pool_.exhausted()) {
    const std::int32_t fd = first_starved_;
    slot& s = slots_[fd];
    first_starved_ = std::exchange(s.next_starved, -1);
    s.starved = false;
    serve(fd, s);
    if (fd == last) break;
  }
  feeding_ = false;
}

}  // namespace rondo::io
