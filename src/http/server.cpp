// The server around its connections: accepting, timeouts, draining.
#include <algorithm>
#include <optional>
#include <utility>

#include <rondo/async/timeout.hpp>
#include <rondo/http/server.hpp>
#include <rondo/os/clock.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/socket.hpp>
#include <rondo/sync/channel.hpp>
#include <rondo/task/scope.hpp>

#include "http/connection.hpp"

namespace rondo::http {

namespace {

constexpr duration linger_timeout = duration::seconds(2);
constexpr duration longest_sweep = duration::seconds(1);
constexpr duration shortest_sweep = duration::milliseconds(10);

/// Waits until somebody queues the job in `slot`, and takes it out of there.
class [[nodiscard]] until_called : private leaf {
 public:
  until_called(job*& slot, const char* what) noexcept : slot_(&slot), what_(what) {}

  bool await_ready() const noexcept { return false; }
  template <task_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiting) noexcept {
    task_context& line = waiting.promise().context();
    belongs_to(line);
    cancelled_ = line.cancel_pending();
    if (cancelled_) return false;
    *slot_ = this;
    suspend(line, kind, this, waiting);
    return true;
  }
  void await_resume() const {
    context().end_wait();
    if (cancelled_) context().throw_cancelled();
  }

 private:
  static const wait_kind kind;

  void cancel() noexcept {
    if (*slot_ != this) return;
    *slot_ = nullptr;
    cancelled_ = true;
    schedule();
  }

  job** slot_;
  const char* what_;
  bool cancelled_ = false;
};

constexpr wait_kind until_called::kind = {
    .wake = [](void* self,
               const cancel_cause&) noexcept { static_cast<until_called*>(self)->cancel(); },
    .describe =
        [](const void* self) noexcept {
          wait_description d;
          d.what = static_cast<const until_called*>(self)->what_;
          return d;
        },
};

/// The same, whatever is cancelled: for what ends soon, and must have ended.
class [[nodiscard]] until_surely_called : private job {
 public:
  explicit until_surely_called(job*& slot) noexcept
      : job([](job& j) { static_cast<until_surely_called&>(j).waiting_.resume(); }), slot_(&slot) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) noexcept {
    waiting_ = waiting;
    *slot_ = this;
  }
  void await_resume() const noexcept {}

 private:
  job** slot_;
  std::coroutine_handle<> waiting_;
};

}  // namespace

server::server(loop& on, handler& answers, server_options options)
    : state_(new state(on, answers, std::move(options))) {}

server::~server() {
  state_->unlink();
  state_->close_all();
  state_->abandoned = true;
  if (state_->connections == 0) delete state_;
}

std::uint32_t server::connections() const noexcept {
  return state_->connections;
}
std::uint64_t server::requests() const noexcept {
  return state_->requests;
}

task<> server::serve(tcp_listener listener) {
  co_await state_->serve_while(state_->accept_from(std::move(listener)));
}
task<> server::serve(channel<os::fd>& accepted) {
  co_await state_->serve_while(state_->take_from(accepted));
}

task<> server::state::serve_while(task<> arriving) {
  state& s = *this;
  std::exception_ptr failure;
  try {
    co_await s.serve_in_scope(std::move(arriving));
  } catch (...) {
    failure = std::current_exception();
  }
  // However it ends, what is left is closed; and a connection with an operation in flight goes only
  // when the kernel lets go, for which somebody has to turn the loop.
  s.conversations = nullptr;
  s.accepting = nullptr;
  s.close_all();
  if (s.connections > 0) co_await until_surely_called(s.drained);
  if (failure) std::rethrow_exception(failure);
}

task<> server::state::serve_in_scope(task<> arriving) {
  state& s = *this;
  co_await with_scope([&](scope& conversations) -> task<> {
    s.conversations = &conversations;
    co_await std::move(arriving);
    if (s.l.is_active(s.sweeper)) s.watch();  // for shorter times
    bool in_time = true;
    try {
      if (s.connections > 0)
        co_await with_timeout(s.options.drain_timeout,
                              until_called(s.drained, "the end of all connections"));
    } catch (const error&) {
      in_time = false;
    }
    if (!in_time) {
      s.close_all();
      conversations.cancel();
    }
  });
}

task<> server::state::accept_from(tcp_listener listener) {
  co_await with_scope([&](scope& stoppable) -> task<> {
    accepting = &stoppable;
    if (stopping) stoppable.cancel();
    co_await accept_all(listener);
  });
  accepting = nullptr;
  co_await accept_rest(listener);
  listener.close();
}

task<> server::state::take_from(channel<os::fd>& accepted) {
  for (;;) {
    while (!accepts_more()) co_await until_called(room, "room for one more connection");
    std::optional<os::fd> next = co_await accepted.receive();
    if (!next) co_return;
    const int outcome = os::set_nonblocking(next->get(), l.backend().wants_nonblocking());
    if (outcome < 0) throw os::make_error(outcome, "take over a connection");
    welcome(tcp_stream(l, next->release()));
  }
}

task<> server::state::accept_all(tcp_listener& listener) {
  for (;;) {
    while (!accepts_more()) co_await until_called(room, "room for one more connection");
    tcp_stream accepted = co_await listener.accept();
    welcome(std::move(accepted));
  }
}

/// To their clients, those in the backlog are connected, and may have sent their requests.
task<> server::state::accept_rest(tcp_listener& listener) {
  while (accepts_more()) {
    std::optional<tcp_stream> accepted = co_await within(duration(), listener.accept());
    if (!accepted) break;
    welcome(std::move(*accepted));
  }
}

void server::state::welcome(tcp_stream accepted) {
  if (options.counters != nullptr) {
    options.counters->accepted.fetch_add(1, std::memory_order_relaxed);
  }
  if (options.layers != nullptr) {
    conversations->spawn("http handshake", welcome_with_layer(std::move(accepted)));
    return;
  }
  auto* const c = new connection(*this, std::move(accepted));
  if (!l.is_active(sweeper)) watch();
  c->read();
}

// Connections
// ---------------------------------------------------------------------------------------

void server::state::connection_comes() noexcept {
  ++connections;
  if (options.counters != nullptr) options.counters->open.fetch_add(1, std::memory_order_relaxed);
}

void server::state::connection_gone() noexcept {
  --connections;
  if (options.counters != nullptr) options.counters->open.fetch_sub(1, std::memory_order_relaxed);
  if (options.ended_connections != nullptr) {
    options.ended_connections->fetch_add(1, std::memory_order_relaxed);  // tells of nothing else
  }
  if (job* const j = accepts_more() ? std::exchange(room, nullptr) : nullptr) l.schedule(*j);
  if (connections > 0) return;
  l.clear(sweeper);
  if (job* const j = std::exchange(drained, nullptr)) l.schedule(*j);
  if (abandoned) delete this;
}

duration server::state::timeout_of(waiting what) const noexcept {
  switch (what) {
    case waiting::idle:
      return stopping ? std::min(options.idle_timeout, options.idle_grace) : options.idle_timeout;
    case waiting::head:
      return options.head_timeout;
    case waiting::transfer:
      return options.transfer_timeout;
    case waiting::linger:
      return linger_timeout;
    case waiting::handler:
      return duration::max();
  }
  return duration::max();
}

/// Looks after timeouts from now on; ends with the last connection.
void server::state::watch() {
  const duration least =
      std::min({timeout_of(waiting::idle), options.head_timeout, options.transfer_timeout});
  const duration every = std::clamp(least / 4, shortest_sweep, longest_sweep);
  l.clear(sweeper);
  sweeper = l.set_interval(every, [this] { sweep(); });
  l.unref(sweeper);
}

void server::state::sweep() {
  const instant now = l.now();
  for (int i = 0; i < waiting_kinds; ++i) {
    const duration limit = timeout_of(static_cast<waiting>(i));
    while (!lists[i].empty() && lists[i].front().has_expired(now, limit)) lists[i].front().expire();
  }
}

// What they share
// -----------------------------------------------------------------------------------

server::state::~state() {
  while (free_workspaces != nullptr) {
    delete std::exchange(free_workspaces, free_workspaces->next_free);
  }
}

const date_line& server::state::today() noexcept {
  constexpr duration good_for = duration::milliseconds(100);
  if (l.now() >= date_good_until) {
    date.update(l.time().unix_second());
    date_good_until = l.now() + good_for;
  }
  return date;
}

}  // namespace rondo::http
