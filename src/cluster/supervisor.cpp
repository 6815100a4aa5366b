// The supervisor as its owner sees it: ports, the run, reloads, the stop.
#include <utility>

#include <rondo/base/assert.hpp>
#include <rondo/os/errors.hpp>

#include "cluster/protocol.hpp"
#include "cluster/supervisor_state.hpp"

namespace rondo::cluster {

const char* to_string(worker_event_kind kind) noexcept {
  switch (kind) {
    case worker_event_kind::started:
      return "started";
    case worker_event_kind::ready:
      return "ready";
    case worker_event_kind::draining:
      return "draining";
    case worker_event_kind::exited:
      return "exited";
    case worker_event_kind::failed:
      return "failed";
    case worker_event_kind::pausing:
      return "pausing";
    case worker_event_kind::late:
      return "late";
  }
  return "";
}

supervisor::supervisor(loop& l, process_options program, supervisor_options options)
    : state_(make_owned<state>(l, std::move(program), std::move(options))) {
  RONDO_ASSERT(state_->options.workers >= 1, state_->options.workers);
  for (int i = 0; i < state_->options.workers; ++i) {
    state_->places.push_back(std::make_unique<place>());
    state_->places.back()->index = i;
  }
}

supervisor::~supervisor() {
  RONDO_ASSERT(state_->all == nullptr);  // `run` still runs
}

// Ports
// -------------------------------------------------------------------------------------------

result<socket_address> supervisor::listen(const socket_address& address, sharing how,
                                          listen_options options) {
  const bool one = how == sharing::one_queue;
  if (!one) options.reuse_port = true;
  port opened;
  socket_address where = address;
  do {
    auto bound = tcp_listener::bind(state_->l, where, options);
    if (!bound) return std::unexpected(std::move(bound).error());
    auto got = bound->local_address();
    if (!got) return std::unexpected(std::move(got).error());
    where = *got;  // the next one joins the port that the first has got
    opened.queues.push_back(std::move(*bound));
  } while (!one && opened.queues.size() < state_->places.size());
  state_->ports.push_back(std::move(opened));
  return where;
}

result<socket_address> supervisor::listen(os::fd listening) {
  auto adopted = tcp_listener::adopt(state_->l, std::move(listening));
  if (!adopted) return std::unexpected(std::move(adopted).error());
  auto where = adopted->local_address();
  if (!where) return where;
  port given;
  given.queues.push_back(std::move(*adopted));
  state_->ports.push_back(std::move(given));
  return where;
}

// Running
// -----------------------------------------------------------------------------------------

task<> supervisor::run() {
  state& s = *state_;
  RONDO_ASSERT(s.all == nullptr);
  struct ending {
    state& of;
    ~ending() {
      of.all = nullptr;
      for (const auto& each : of.places) of.fulfil(*each, "the supervisor has ended");
    }
  } const at_the_end{s};
  co_await with_scope([&s](scope& all) -> task<> {
    s.all = &all;
    for (const auto& each : s.places) all.spawn("place of a worker", s.keep(*each));
    co_return;
  });
  if (s.failure) throw error(*s.failure);
}

void supervisor::stop() noexcept {
  state_->stop();
}

void supervisor::state::stop() noexcept {
  stopping = true;
  for (const auto& each : places) each->news.set();
}

task<> supervisor::reload() {
  state& s = *state_;
  const mutex::guard turn = co_await s.reloading.lock();
  ++s.generation;
  for (const auto& each : s.places) co_await s.reload_place(*each);
}

task<> supervisor::state::reload_place(place& p) {
  if (all == nullptr || stopping) throw os::make_error(errc::closed, "reload the workers");
  const auto wish = std::make_shared<replacement>();
  p.wish = wish;
  p.news.set();
  co_await wish->done.wait();
  if (!wish->failure.empty()) {
    throw error(errc::other, "reload the workers: no successor for worker " +
                                 std::to_string(p.index) + ": " + wish->failure);
  }
  if (wish->replaced != nullptr) co_await wish->replaced->gone.wait();
}

// Asking
// ------------------------------------------------------------------------------------------

task<> supervisor::send(int index, ipc_parcel what) {
  RONDO_ASSERT(index >= 0 && index < state_->options.workers, index);
  RONDO_ASSERT(!is_order(what.tag), what.tag);  // tags from 240 on are the cluster's own
  const member_pointer to = state_->places[static_cast<std::size_t>(index)]->current;
  if (to == nullptr) throw os::make_error(errc::closed, "send to worker", std::to_string(index));
  co_await to->channel.send(what);
}

std::vector<worker_info> supervisor::workers() const {
  std::vector<worker_info> serving;
  for (const auto& each : state_->places) {
    const member_pointer& m = each->current;
    if (m != nullptr && m->at == member::stage::serving) serving.push_back(m->info);
  }
  return serving;
}

bool supervisor::is_ready() const noexcept {
  for (const auto& each : state_->places) {
    if (each->current == nullptr || each->current->at != member::stage::serving) return false;
  }
  return true;
}

}  // namespace rondo::cluster
