#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <rondo/base/unique_function.hpp>
#include <rondo/http/server.hpp>
#include <rondo/net/tcp_listener.hpp>
#include <rondo/observe/snapshot.hpp>
#include <rondo/probe/recorder.hpp>

#include "observe/page_guard.hpp"
#include "observe/page_routes.hpp"

namespace rondo::observe {

/// Where the page gets what it shows.
struct page_source {
  /// Everything, now. Called on the server's loop, at most every `page_view::fresh_for`.
  unique_function<snapshot()> look;
  /// The flight recorder, or null. Outlives the server.
  const probe::recorder* recorder = nullptr;
};

/// What the parts of the page look at: one snapshot for all who ask at nearly the same time.
class page_view {
 public:
  page_view(loop& on, page_source from) noexcept : loop_(&on), source_(std::move(from)) {}

  /// Good until the caller suspends.
  const snapshot& now();
  const probe::recorder* recorder() const noexcept { return source_.recorder; }

  static constexpr duration fresh_for = duration::milliseconds(100);

 private:
  loop* loop_;
  page_source source_;
  std::optional<snapshot> last_;
  instant taken_;
};

/// Serves the inspector's page on a loopback address, to whoever knows the token. Thread: the
/// loop's, which is not one of those that are looked at: it has to answer when they don't.
class page_server final : public http::handler {
 public:
  /// `host`: "127.0.0.1" or "::1"; `port` 0: a free one. Throws `error`: `errc::invalid_argument`
  /// for another host, `errc::not_supported` where Rondo was built without the page.
  page_server(loop& on, page_source from, std::string_view host, std::uint16_t port);

  /// What to click on, with the token.
  std::string url() const { return guard_.url(); }
  std::uint16_t port() const noexcept { return port_; }
  /// Browsers' connections.
  std::uint32_t connections() const noexcept { return server_.connections(); }

  /// Answers until it is cancelled.
  task<> serve();

  http::handling handle(http::exchange& x) override;

 private:
  tcp_listener listener_;
  std::uint16_t port_;
  page_guard guard_;
  page_view view_;
  page_routes routes_;
  http::server server_;
};

// The parts, a file each: what their tabs ask for. `view` outlives `routes`.
void add_live(page_routes& routes, page_view& view);    ///< the wheel: page_live.cpp
void add_tasks(page_routes& routes, page_view& view);   ///< page_tasks.cpp
void add_graph(page_routes& routes, page_view& view);   ///< who waits for whom: page_graph.cpp
void add_alive(page_routes& routes, page_view& view);   ///< page_alive.cpp
void add_events(page_routes& routes, page_view& view);  ///< single steps: page_events.cpp
void add_gallery(page_routes& routes);                  ///< page_gallery.cpp

}  // namespace rondo::observe
