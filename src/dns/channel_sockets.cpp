// Readiness for c-ares. Each side of a socket is one operation that asks for readiness, and is
// asked again after each answer for as long as c-ares wants it.
#include "dns/channel_sockets.hpp"

namespace rondo::dns::detail {

watched_socket::watched_socket(loop& l, int fd, socket_owner& owner) noexcept
    : loop_(&l), fd_(fd), owner_(&owner) {
  for (side* const s : {&reading_, &writing_}) {
    s->socket = this;
    s->fd = fd;
    s->run = &has_ended;
    s->where = std::source_location::current();
  }
  reading_.kind = io::op_kind::readable;
  writing_.kind = io::op_kind::writable;
}

void watched_socket::watch(bool to_read, bool to_write) noexcept {
  reading_.is_wanted = to_read;
  writing_.is_wanted = to_write;
  ask(reading_);
  ask(writing_);
}

void watched_socket::ask(side& s) noexcept {
  if (!s.is_wanted || s.is_pending || owner_ == nullptr) return;
  s.is_pending = true;
  // What is ready already is told like the rest, and never from in here: c-ares is at work just
  // now.
  if (loop_->start(s)) loop_->schedule_after_io(s);
}

void watched_socket::close() noexcept {
  owner_ = nullptr;
  loop_->close(fd_);
  go_if_done();
}

void watched_socket::go_if_done() noexcept {
  if (owner_ != nullptr || reading_.is_pending || writing_.is_pending) return;
  unlink();
  delete this;
}

void watched_socket::has_ended(job& j) {
  side& s = static_cast<side&>(static_cast<io::op&>(j));
  watched_socket& self = *s.socket;
  if (socket_owner* const told = self.owner_) {  // it still counts as pending, so it outlives this
    told->is_ready(self.fd_, &s == &self.reading_, &s == &self.writing_);
  }
  s.is_pending = false;
  self.ask(s);
  self.go_if_done();
}

const char sockets_of_loop::key = 0;

sockets_of_loop::sockets_of_loop(loop& l) noexcept : loop_companion(&key), loop_(&l) {}

sockets_of_loop& sockets_of_loop::of(loop& l) {
  loop_companion* found = l.find_companion(&key);
  if (found == nullptr) {
    found = new sockets_of_loop(l);
    l.add_companion(*found);
  }
  return *static_cast<sockets_of_loop*>(found);
}

watched_socket& sockets_of_loop::add(int fd, socket_owner& owner) {
  auto* const made = new watched_socket(*loop_, fd, owner);
  all_.push_back(*made);
  return *made;
}

/// Those that are closed already still get the end of their operations.
bool sockets_of_loop::discard(job& j) noexcept {
  if (j.run != &watched_socket::has_ended) return false;
  auto& s = static_cast<watched_socket::side&>(static_cast<io::op&>(j));
  s.is_wanted = false;
  s.is_pending = false;
  s.socket->go_if_done();
  return true;
}

void sockets_of_loop::loop_ends() noexcept {
  while (!all_.empty()) {
    job_queue finished;
    if (loop_->backend().wait(duration::milliseconds(100), finished) < 0) break;
    if (finished.empty()) break;  // an operation that the backend will not give back
    while (job* const j = finished.pop()) discard(*j);
  }
  delete this;
}

}  // namespace rondo::dns::detail
