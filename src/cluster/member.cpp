// One worker process: started with its sockets and its channel, listened to, ended.
#include <csignal>
#include <cstdio>
#include <utility>

#include <rondo/async/timeout.hpp>
#include <rondo/os/message_socket.hpp>

#include "cluster/protocol.hpp"
#include "cluster/supervisor_state.hpp"

namespace rondo::cluster {

namespace {

/// What it has started may hold its end of the channel for longer than it lives.
constexpr duration last_words = duration::seconds(1);

task<> until_set(event& e) {
  co_await e.wait();
}

/// Asks it, and waits. Where it can't be asked it has ended, or hears nothing any more.
task<> end_politely(member& m) {
  ipc_parcel told;
  told.tag = static_cast<std::uint8_t>(order::end);
  static_cast<void>(co_await m.channel.send(told).as_result());
  co_await m.gone.wait();
}

}  // namespace

std::string in_seconds(duration d) {
  char text[32];
  std::snprintf(text, sizeof text, "%g s", d.count_seconds());
  return text;
}

void supervisor::state::report(worker_event_kind what, const worker_info& whom, std::string text) {
  if (options.on_event) options.on_event({what, whom, std::move(text)});
}

/// Throws `error`.
member_pointer supervisor::state::start(place& p) {
  const auto m = std::make_shared<member>();
  m->info.index = p.index;
  m->info.generation = generation;
  os::fd theirs;
  auto ours = ipc_channel::pair(l, theirs);
  if (!ours) throw std::move(ours).error();
  m->channel = std::move(*ours);

  process_options how = program;
  int number = channel_number;
  how.pass(theirs.get(), number);
  for (const port& each : ports) how.pass(each.queue_of(p.index), ++number);
  how.environment(worker_variable, std::to_string(p.index) + " " + std::to_string(generation) +
                                       " " + std::to_string(ports.size()));
  auto child = process::start(l, how);
  if (!child) throw std::move(child).error();
  m->child = std::move(*child);
  m->info.process = m->child.id();
  all->spawn("worker's end", tend(p, m));
  all->spawn("worker's messages", hear(p, m));
  report(worker_event_kind::started, m->info);
  return m;
}

/// Waits for its end. Where this is cancelled the process is killed, and nobody waits for it in
/// vain.
task<> supervisor::state::tend(place& p, member_pointer m) {
  struct ending {
    member& of;
    ~ending() {
      of.child = process();
      of.at = member::stage::gone;
      of.gone.set();
    }
  } const at_the_end{*m};
  try {
    const exit_status status = co_await m->child.wait();
    m->end = status.to_string();
  } catch (const error& e) {
    m->end = e.what();
  }
  co_await within(last_words, until_set(m->silent));
  m->channel.close();
  m->at = member::stage::gone;
  p.news.set();
  report(worker_event_kind::exited, m->info, m->end);
}

task<> supervisor::state::hear(place& p, member_pointer m) {
  for (bool goes_on = true; goes_on;) {
    std::optional<ipc_message> heard;
    std::string lost;
    try {
      heard = co_await m->channel.receive();
      goes_on = heard.has_value();
    } catch (const error& e) {
      goes_on = e.code() == errc::too_many_descriptors;  // otherwise it is closed, or broken
      if (goes_on) lost = e.what();
    }
    if (!lost.empty()) report(worker_event_kind::failed, m->info, std::move(lost));
    if (!heard) continue;
    if (!is_order(heard->tag)) {
      if (options.on_message) options.on_message(m->info, std::move(*heard));
    } else if (m->at == member::stage::starting) {
      m->at = member::stage::serving;
      m->served_since = l.now();
      p.news.set();
    }
  }
  m->silent.set();
}

/// It may have ended by now.
void supervisor::state::insist(member& m, int signal, std::string what) {
  report(worker_event_kind::late, m.info, std::move(what));
  const result<void> sent = m.child.signal(signal);
  if (!sent && sent.error().code() != errc::closed) {
    report(worker_event_kind::failed, m.info, sent.error().what());
  }
}

/// Asks a worker to end, waits until it has, and insists.
task<> supervisor::state::retire(member_pointer m) {
  if (m->at == member::stage::gone) co_return;
  m->at = member::stage::draining;
  report(worker_event_kind::draining, m->info);
  const bool ended = co_await within(options.end_within, end_politely(*m));
  if (ended) co_return;
  insist(*m, SIGTERM, "SIGTERM, after " + in_seconds(options.end_within));
  const bool obeyed = co_await within(options.kill_after, until_set(m->gone));
  if (obeyed) co_return;
  insist(*m, SIGKILL, "SIGKILL, after " + in_seconds(options.kill_after));
  co_await m->gone.wait();
}

}  // namespace rondo::cluster
