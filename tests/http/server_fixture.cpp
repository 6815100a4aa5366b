// A client that believes nothing, and a server to be tried by it.
#include "http/server_fixture.hpp"

#include <charconv>

namespace rondo::testing {

namespace {

std::size_t number_at(std::string_view text, int base) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number, base);
  return number;
}

}  // namespace

bool reply::says(std::string_view line) const {
  return head.find("\r\n" + std::string(line) + "\r\n") != head.npos;
}

task<> http_client::connect(socket_address to) {
  stream = co_await tcp_stream::connect(to);
}

/// Reads some; false at the end.
task<bool> http_client::more() {
  auto some = co_await stream.read_some().as_result();
  if (!some || some->empty()) co_return false;
  pending_ += some->text();
  co_return true;
}

task<reply> http_client::receive(bool to_head) {
  reply r;
  std::size_t end = 0;
  while ((end = pending_.find("\r\n\r\n")) == pending_.npos) {
    const bool got = co_await more();
    if (!got) co_return r;
  }
  r.head = pending_.substr(0, end + 4);
  pending_.erase(0, end + 4);
  r.status = static_cast<int>(number_at(std::string_view(r.head).substr(9), 10));
  const std::size_t length = r.head.find("\r\nContent-Length: ");
  const bool bodiless = to_head || r.status < 200 || r.status == 204 || r.status == 304;
  if (bodiless) {
    r.complete = true;
  } else if (r.says("Transfer-Encoding: chunked")) {
    co_await read_chunks(r);
  } else if (length != r.head.npos) {
    const std::size_t size = number_at(std::string_view(r.head).substr(length + 18), 10);
    bool got = true;
    while (pending_.size() < size && got) got = co_await more();
    r.complete = pending_.size() >= size;
    r.body = pending_.substr(0, size);
    pending_.erase(0, size);
  } else {
    bool got = true;
    while (got) got = co_await more();
    r.body = std::exchange(pending_, {});
    r.complete = true;
  }
  co_return r;
}

task<> http_client::read_chunks(reply& r) {
  for (;;) {
    std::size_t line = 0;
    while ((line = pending_.find("\r\n")) == pending_.npos) {
      const bool got = co_await more();
      if (!got) co_return;
    }
    const std::size_t size = number_at(pending_, 16);
    while (pending_.size() < line + 2 + size + 2) {
      const bool got = co_await more();
      if (!got) co_return;
    }
    r.body += pending_.substr(line + 2, size);
    EXPECT_EQ(pending_.substr(line + 2 + size, 2), "\r\n");
    pending_.erase(0, line + 2 + size + 2);
    if (size == 0) break;
  }
  r.complete = true;
}

task<reply> http_client::ask(std::string bytes, bool to_head) {
  co_await send(bytes);
  reply r = co_await receive(to_head);
  co_return r;
}

task<std::string> http_client::rest() {
  bool got = true;
  while (got) got = co_await more();
  co_return std::exchange(pending_, {});
}

task<bool> http_client::ended() {
  const std::string left = co_await rest();
  co_return left.empty();
}

http::handling hello(http::exchange& x) {
  x.respond(200, "text/plain", "hello");
  return http::at_once;
}

std::string get(std::string_view path, std::string_view lines) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(lines) + "\r\n";
}

}  // namespace rondo::testing
