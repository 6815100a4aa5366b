#pragma once

#include <utility>

#include <rondo/async/graceful_shutdown.hpp>
#include <rondo/base/intrusive_list.hpp>
#include <rondo/http/date.hpp>
#include <rondo/http/server.hpp>
#include <rondo/task/scope.hpp>

#include "http/workspace.hpp"

namespace rondo::http {

/// What a connection is waiting for; each has a timeout of its own, but for the handler.
enum class waiting : std::uint8_t { idle, head, transfer, linger, handler };
inline constexpr int waiting_kinds = 5;

struct waiting_list_tag;

/// The connections that wait for the same thing, those that wait longest first. As the timeout of a
/// list is constant, whoever expires stands at its front: one timer looks after all of them.
using waiting_list = intrusive_list<connection, waiting_list_tag>;

/// What the connections of a server share. Lives until the server and the last of them are gone.
struct server::state final : shutdown_part {
  using scope = rondo::scope;

  state(loop& on, handler& answers, server_options given)
      : l(on), answers(answers), options(std::move(given)) {}
  ~state() override;

  // server_end.cpp: the part in a shutdown, and what is left of it
  void stop() noexcept;
  void close_all() noexcept;
  void begin_shutdown() noexcept override { stop(); }
  void end_shutdown() noexcept override;
  void describe_to(std::vector<shutdown_holder>& list) const override;

  // server.cpp
  task<> serve_while(task<> arriving);
  task<> serve_in_scope(task<> arriving);
  task<> accept_from(tcp_listener listener);
  task<> take_from(channel<os::fd>& accepted);
  task<> accept_all(tcp_listener& listener);
  task<> accept_rest(tcp_listener& listener);
  void welcome(tcp_stream accepted);
  task<> welcome_with_layer(tcp_stream accepted);  // layered_connection.cpp
  void sweep();
  void watch();
  void connection_comes() noexcept;
  void connection_gone() noexcept;
  bool accepts_more() const noexcept {
    if (options.layers != nullptr && handshakes >= options.max_handshakes) return false;
    return options.max_connections == 0 || connections < options.max_connections;
  }
  duration timeout_of(waiting what) const noexcept;
  workspace& take_workspace() {
    if (free_workspaces == nullptr) return *new workspace;
    return *std::exchange(free_workspaces, free_workspaces->next_free);
  }
  void give_back(workspace& w) noexcept {
    w.reset();
    w.next_free = free_workspaces;
    free_workspaces = &w;
  }
  const date_line& today() noexcept;

  loop& l;
  handler& answers;
  server_options options;
  waiting_list lists[waiting_kinds];  // by `waiting`
  scope* conversations = nullptr;     // where tasks of connections are spawned, while `serve` runs
  scope* accepting = nullptr;
  job* drained = nullptr;  // who waits for the last connection to go
  job* room = nullptr;     // who waits for the number of connections to fall
  handle_id sweeper;
  workspace* free_workspaces = nullptr;
  std::uint32_t connections = 0;  // those that are still in a handshake, too
  std::uint32_t handshakes = 0;
  std::uint64_t requests = 0;
  bool stopping = false;
  bool abandoned = false;  // the server is gone

  date_line date;
  instant date_good_until;
};

}  // namespace rondo::http
