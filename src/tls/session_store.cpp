// Sessions that a client may resume, by whom they are with.
#include <utility>

#include "tls/engine_state.hpp"
#include "tls/session_state.hpp"

namespace rondo::tls {

namespace {

/// A server gives several for several connections at once; more are no use.
constexpr std::size_t most_of_one = 8;

}  // namespace

session_store::session_store(std::size_t most) : state_(new state(most)) {}

session_store::~session_store() {
  delete state_;
}

std::size_t session_store::size() const noexcept {
  const std::lock_guard hold(state_->lock);
  return state_->all.size();
}

void session_store::clear() noexcept {
  const std::lock_guard hold(state_->lock);
  state_->by_key.clear();
  state_->all.clear();
}

session_ptr session_store::state::take(const std::string& key) {
  const std::lock_guard hold(lock);
  const auto [first, behind] = by_key.equal_range(key);
  if (first == behind) return nullptr;
  const auto newest = std::prev(behind);
  SSL_SESSION* const session = newest->second->session.get();
  SSL_SESSION_up_ref(session);
  session_ptr taken(session);
  if (SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION) forget(newest);
  return taken;
}

void session_store::state::put(const std::string& key, session_ptr session) {
  const std::lock_guard hold(lock);
  if (most == 0) return;
  if (by_key.count(key) >= most_of_one) forget(by_key.lower_bound(key));
  all.push_front({key, std::move(session)});
  by_key.emplace(key, all.begin());
  if (all.size() <= most) return;
  auto [oldest, behind] = by_key.equal_range(all.back().key);
  forget(oldest);
}

void session_store::state::forget(std::multimap<std::string, entries::iterator>::iterator which) {
  all.erase(which->second);
  by_key.erase(which);
}

int keep_session(SSL* of, SSL_SESSION* session) {
  engine::state& s = engine::state::of(*of);
  if (s.sessions == nullptr || s.has_failed()) return 0;
  session_ptr ours(session);
  try {
    s.sessions->inside().put(s.session_key, std::move(ours));
  } catch (...) {
    return 1;  // no memory for it: it is not resumed, and has been freed
  }
  return 1;
}

}  // namespace rondo::tls
