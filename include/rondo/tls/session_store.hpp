#pragma once

#include <cstddef>

namespace rondo::tls {

/// What a client remembers of servers, so that the next connection to one of them needs neither
/// certificates nor signatures. Sessions are kept by host name and context: what one context has
/// trusted is never taken for trusted by another, nor by itself after a reload. A TLS 1.3 session
/// is used once.
///
/// Thread: any. Lifetime: outlives the streams that it was given to.
class session_store {
 public:
  /// Keeps at most `most` sessions; the oldest go first.
  explicit session_store(std::size_t most = 1000);
  session_store(const session_store&) = delete;
  session_store& operator=(const session_store&) = delete;
  ~session_store();

  std::size_t size() const noexcept;
  void clear() noexcept;

  struct state;  // src/tls/session_state.hpp
  state& inside() noexcept { return *state_; }

 private:
  state* state_;
};

}  // namespace rondo::tls
