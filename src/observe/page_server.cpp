// Serves the inspector's page: lets in who knows the token, hands out the files that were built in,
// and leaves the data to the parts (page_live.cpp and so on).
#include "observe/page_server.hpp"

#include <array>

#include <rondo/http/method.hpp>
#include <rondo/http/static_files.hpp>
#include <rondo/http/target.hpp>

#include "observe/page_files.hpp"

namespace rondo::observe {

namespace {

/// A browser holds up to six connections for each tab, and one for its events.
constexpr std::uint32_t most_connections = 64;

/// Nothing from elsewhere, nothing inline, in nobody's frame.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::array<http::field, 6> fields_of(std::string_view media_type) {
  return {{{"Content-Type", media_type},
           {"Content-Security-Policy", policy},
           {"X-Content-Type-Options", "nosniff"},
           {"Cross-Origin-Resource-Policy", "same-origin"},
           {"Referrer-Policy", "no-referrer"},
           {"Cache-Control", "no-store"}}};
}

std::string_view media_type_of(std::string_view name) noexcept {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  return "text/plain; charset=utf-8";
}

void refuse(http::exchange& x, std::string_view why) {
  x.respond(403, fields_of("text/plain; charset=utf-8"), why);
}

tcp_listener listen_on(loop& on, std::string_view host, std::uint16_t port) {
  if (host != "127.0.0.1" && host != "::1") {
    throw error(errc::invalid_argument,
                "inspect: the page is for this machine only, so its host is 127.0.0.1 or ::1 and "
                "not \"" +
                    std::string(host) + "\". From elsewhere: ssh -L 9000:127.0.0.1:PORT");
  }
  if (page_files().empty()) {
    throw error(errc::not_supported,
                "inspect: Rondo was built without the page. Build it where esbuild and Preact can "
                "be had (RONDO_PAGE), or look with `rondo ps`");
  }
  const auto address = socket_address::from_host(host, port);
  auto listener = tcp_listener::bind(on, *address);
  if (!listener) throw std::move(listener).error();
  return std::move(*listener);
}

http::server_options settings() {
  http::server_options chosen;
  chosen.max_connections = most_connections;
  return chosen;
}

}  // namespace

const snapshot& page_view::now() {
  const instant at = loop_->now();
  if (!last_ || at - taken_ >= fresh_for) {
    last_ = source_.look();
    taken_ = at;
  }
  return *last_;
}

page_server::page_server(loop& on, page_source from, std::string_view host, std::uint16_t port)
    : listener_(listen_on(on, host, port)),
      port_(listener_.local_address()->port()),
      guard_(new_token(), host, port_),
      view_(on, std::move(from)),
      server_(on, *this, settings()) {
  add_live(routes_, view_);
  add_tasks(routes_, view_);
  add_graph(routes_, view_);
  add_alive(routes_, view_);
  add_events(routes_, view_);
  add_gallery(routes_);
}

RONDO_COROUTINE_WRAPPER task<> page_server::serve() {
  return server_.serve(std::move(listener_));
}

http::handling page_server::handle(http::exchange& x) {
  const http::request_head& asked = x.request();
  const page_guard::verdict verdict = guard_.judge(asked);
  switch (verdict) {
    case page_guard::verdict::allowed:
    case page_guard::verdict::allowed_by_url:
      break;
    case page_guard::verdict::wrong_host:
      refuse(x, "This page answers to 127.0.0.1, ::1 and localhost only.\n");
      return http::at_once;
    case page_guard::verdict::wrong_origin:
      refuse(x, "Other pages may not ask here.\n");
      return http::at_once;
    case page_guard::verdict::no_token:
      refuse(x, "Open the address that the program has printed: it ends with ?token=...\n");
      return http::at_once;
  }
  if (asked.method() != http::method::get && asked.method() != http::method::head) {
    static constexpr http::field allowed[] = {{"Allow", "GET, HEAD"}};
    http::respond_plain(x, 405, allowed);
    return http::at_once;
  }
  const http::target_parts target = http::split_target(asked.path_and_query());
  if (page_routes::answer* const route = routes_.find(target.path)) {
    return (*route)(x, page_query(target.query));
  }
  const std::string_view name = target.path == "/" ? "index.html" : target.path.substr(1);
  for (const page_file& file : page_files()) {
    if (file.name != name) continue;
    const auto fields = fields_of(media_type_of(name));
    std::vector<http::field> all(fields.begin(), fields.end());
    // With the page itself, and not with a redirection to it: a browser that comes from another
    // site would follow that without the cookie.
    const std::string cookie = guard_.cookie();
    if (verdict == page_guard::verdict::allowed_by_url) all.push_back({"Set-Cookie", cookie});
    x.respond(200, all, file.text());
    return http::at_once;
  }
  http::respond_plain(x, 404);
  return http::at_once;
}

}  // namespace rondo::observe
