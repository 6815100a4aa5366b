// Connecting by name: all addresses of a host are tried, and where none answers the error tells of
// each.
#include <cstdio>
#include <string>

#include <rondo/rondo.hpp>

rondo::task<> amain() {
  auto listener = co_await rondo::tcp_listener::bind("*:0");
  const std::string where = "localhost:" + std::to_string(listener.local_address()->port());
  rondo::tcp_stream near = co_await rondo::tcp_stream::connect(where);
  rondo::tcp_stream far = co_await listener.accept();
  co_await near.write_all("hello");
  near.close();
  const rondo::io_buffer some = co_await far.read_some();
  std::printf("%s\n", std::string(some.text()).c_str());

  listener.close();
  const rondo::connect_options limits(rondo::duration::seconds(2));
  auto refused = co_await rondo::tcp_stream::connect(where, limits).as_result();
  const bool is_refused = refused.error().code() == rondo::errc::connection_refused;
  std::puts(is_refused ? "nobody there any more" : refused.error().what());
}

int main() {
  return rondo::run(amain());
}
