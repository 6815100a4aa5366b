// The pages of `rondo serve`.
#include "cli/site.hpp"

#include <rondo/http/method.hpp>
#include <rondo/http/target.hpp>

#include "cli/start_page.hpp"

namespace rondo::cli {

site::site(const std::string& folder, std::string_view backend, std::string_view address)
    : page_(start_page(backend, address)) {
  if (!folder.empty()) files_.emplace(folder);
}

http::handling site::hello::handle(http::exchange& x) {
  static constexpr http::field_literal plain("Content-Type: text/plain; charset=utf-8");
  x.respond(200, plain, "Hello, World!\n");
  return http::at_once;
}

http::handling site::handle(http::exchange& x) {
  const http::method verb = x.request().method();
  const std::string_view path = http::split_target(x.request().path_and_query()).path;
  static constexpr http::field allowed[] = {{"Allow", "GET, HEAD, OPTIONS"}};
  const bool reads = verb == http::method::get || verb == http::method::head;
  if (path == "/hello" && reads) {
    return files_ ? files_->answer(x, hello_) : hello_.handle(x);
  }
  if (verb == http::method::options) {
    x.respond(204, allowed, "");  // for "*", too (RFC 9110, section 9.3.7)
  } else if (files_) {
    return files_->answer(x);
  } else if (path == "/" && reads) {
    x.respond(200, "text/html; charset=utf-8", page_);
  } else if (path == "/" || path == "/hello") {
    http::respond_plain(x, 405, allowed);
  } else {
    http::respond_plain(x, 404);
  }
  return http::at_once;
}

}  // namespace rondo::cli
