#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <string>

#include <rondo/tls/session_store.hpp>

#include "tls/openssl.hpp"

namespace rondo::tls {

struct session_store::state {
  explicit state(std::size_t limit) noexcept : most(limit) {}

  /// The newest for `key`, or null. One of TLS 1.3 is taken out: whoever sees a ticket twice can
  /// tell that both connections are of one client (RFC 8446, appendix C.4).
  session_ptr take(const std::string& key);
  void put(const std::string& key, session_ptr session);

  struct entry {
    std::string key;
    session_ptr session;
  };
  using entries = std::list<entry>;

  const std::size_t most;
  mutable std::mutex lock;
  entries all;  // the newest first; guarded by `lock`, as the next
  std::multimap<std::string, entries::iterator> by_key;  // of one key: the oldest first

 private:
  void forget(std::multimap<std::string, entries::iterator>::iterator which);
};

/// Told by OpenSSL of each session that a client may come back with. 1: it is ours to free.
int keep_session(SSL* of, SSL_SESSION* session);

}  // namespace rondo::tls
