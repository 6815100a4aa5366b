// The end of a server: what it takes to begin it, to cut it short, and to say what it waits for.
#include <algorithm>
#include <utility>

#include <rondo/http/method.hpp>
#include <rondo/http/server.hpp>
#include <rondo/task/scope.hpp>

#include "http/connection.hpp"

namespace rondo::http {

void server::stop() noexcept {
  state_->stop();
}

void server::take_part_in(graceful_shutdown& ending) noexcept {
  ending.add(*state_);
}

void server::state::stop() noexcept {
  if (stopping) return;
  stopping = true;
  // From now on those who wait for a request have the grace, and not what the idle timeout left.
  lists[static_cast<int>(waiting::idle)].for_each(
      [now = l.now()](connection& c) { c.wait_anew(now); });
  if (accepting != nullptr) accepting->cancel("the server stops");
}

void server::state::end_shutdown() noexcept {
  close_all();
  if (conversations != nullptr) conversations->cancel("the server ends");
}

void server::state::close_all() noexcept {
  for (waiting_list& list : lists) {
    list.for_each([](connection& c) { c.close(); });
  }
}

void server::state::describe_to(std::vector<shutdown_holder>& list) const {
  std::uint32_t quiet = 0;
  instant since = instant::never();
  for (const waiting_list& each : lists) {
    const_cast<waiting_list&>(each).for_each([&](const connection& c) {
      if (!c.is_idle()) return list.push_back(c.describe());
      ++quiet;
      since = std::min(since, c.waits_since());
    });
  }
  if (handshakes > 0) {
    list.push_back(
        {.kind = "http connections", .what = std::to_string(handshakes) + " in their handshake"});
  }
  if (quiet == 0) return;
  list.push_back({.kind = "http connections",
                  .what = std::to_string(quiet) + " without a request",
                  .since = since});
}

shutdown_holder connection::describe() const {
  constexpr std::size_t most = 120;
  shutdown_holder h;
  h.kind = "http connection";
  h.since = waits_since_;
  h.what = stream_.remote_address().value_or(socket_address()).to_string();
  if (conversing_) {  // otherwise the bytes of the head may be gone
    h.since = work_->began;
    const request_head& head = work_->head;
    h.what.append(" ").append(name_of(head.method())).append(" ");
    h.what.append(head.target().substr(0, most));  // visible ASCII, or it had been refused
  }
  switch (waits_for_) {
    case waiting::idle:
      break;
    case waiting::head:
      h.what += ": a request that has not arrived completely";
      break;
    case waiting::transfer:
      h.what += ": bytes that the client does not take, or send";
      break;
    case waiting::linger:
      h.what += ": answered, and not closed by the client";
      break;
    case waiting::handler:
      h.what += ": in its handler";
      break;
  }
  return h;
}

}  // namespace rondo::http
