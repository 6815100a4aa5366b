// Which ways of waiting this kernel grants to this process. Each is made and used once, because a
// sandbox (seccomp) may refuse what the kernel's version promises.
#include <rondo/io/candidates.hpp>

#include <cstdlib>

#include <rondo/os/errors.hpp>

#include "io/pollers.hpp"
#include "io/readiness_backend.hpp"
#include "io/uring_backend.hpp"

namespace rondo::io {
namespace {

struct named {
  backend_kind kind;
  std::string_view name;
};

constexpr named names[] = {{backend_kind::automatic, "auto"}, {backend_kind::uring, "uring"},
                           {backend_kind::uring, "io_uring"}, {backend_kind::epoll, "epoll"},
                           {backend_kind::poll, "poll"},      {backend_kind::select, "select"}};

result<owned<poller>> make_poller(backend_kind kind) {
  switch (kind) {
    case backend_kind::epoll:
      return make_epoll_poller();
    case backend_kind::poll:
      return make_poll_poller();
    default:
      return make_select_poller();
  }
}

candidate refused(backend_kind kind, const error& why) {
  candidate c;
  c.kind = kind;
  c.reason = why.what();
  if (why.code() == errc::permission_denied || why.code() == errc::not_supported) {
    c.reason += "; does a sandbox (seccomp) forbid the call?";
  }
  return c;
}

/// Waits with it once, for a wake that has been given already.
candidate try_poller(backend_kind kind, const char* special) {
  const result<owned<poller>> made = make_poller(kind);
  if (!made) return refused(kind, made.error());
  readiness told[1];
  (*made)->wake();
  if (const int waited = (*made)->wait(duration(), told); waited < 0) {
    return refused(kind, os::make_error(waited, (*made)->name(), "wait"));
  }
  candidate c;
  c.kind = kind;
  c.granted = true;
  c.reason = special;
  return c;
}

candidate try_backend(backend_kind kind) {
  switch (kind) {
    case backend_kind::uring:
      return probe_uring();
    case backend_kind::epoll:
      return try_poller(kind, "edge-triggered");
    case backend_kind::poll:
      return try_poller(kind, "slower with each descriptor that is waited for");
    default:
      return try_poller(kind, "no descriptor of 1024 or more");
  }
}

constexpr backend_kind best_first[] = {backend_kind::uring, backend_kind::epoll, backend_kind::poll,
                                       backend_kind::select};

}  // namespace

const char* to_string(backend_kind kind) noexcept {
  for (const named& n : names) {
    if (n.kind == kind) return n.name.data();
  }
  return "unknown";
}

result<backend_kind> parse_backend(std::string_view text) {
  for (const named& n : names) {
    if (n.name == text) return n.kind;
  }
  return std::unexpected(error(errc::invalid_argument, "no backend is called \"" +
                                                           std::string(text) +
                                                           "\"; it is one of auto, uring, epoll, "
                                                           "poll, select"));
}

result<backend_kind> backend_from_environment() {
  const char* const text = std::getenv("RONDO_BACKEND");
  if (text == nullptr || *text == '\0') return backend_kind::automatic;
  result<backend_kind> kind = parse_backend(text);
  if (!kind) {
    return std::unexpected(
        error(kind.error().code(), std::string("RONDO_BACKEND: ") + kind.error().what()));
  }
  return kind;
}

std::vector<candidate> candidates() {
  std::vector<candidate> all;
  for (const backend_kind kind : best_first) all.push_back(try_backend(kind));
  return all;
}

result<owned<backend>> make_backend(backend_kind kind, sharing how) {
  if (kind == backend_kind::automatic) {
    std::string refusals;
    for (const backend_kind next : best_first) {
      const candidate c = try_backend(next);
      if (c.granted) return make_backend(next, how);
      refusals.append("\n  ").append(to_string(next)).append(": ").append(c.reason);
    }
    return std::unexpected(error(errc::not_supported, "no backend is granted:" + refusals));
  }
  if (kind == backend_kind::uring) return make_uring_backend(how);
  result<owned<poller>> made = make_poller(kind);
  if (!made) return std::unexpected(std::move(made.error()));
  return make_owned<readiness_backend>(std::move(*made));
}

}  // namespace rondo::io
