// What all tests of the room share.
#include "net/net_fixture.hpp"

#include <stdexcept>

namespace rondo::testing {

loop_options net_test::options() {
  auto made = io::make_backend(GetParam());
  if (!made) throw std::runtime_error(made.error().what());
  loop_options chosen;
  chosen.backend = std::move(*made);
  return chosen;
}

task<both_ends> net_test::connected(std::string_view address) {
  auto listener = co_await tcp_listener::bind(address);
  both_ends made;
  made.near = co_await tcp_stream::connect(*listener.local_address());
  made.far = co_await listener.accept();
  co_return made;
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string numbered_text(std::size_t size) {
  std::string text;
  text.reserve(size + 10);
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

task<std::string> read_to_end(stream_socket& from) {
  std::string all;
  for (;;) {
    const io_buffer some = co_await from.read_some();
    if (some.empty()) break;
    all += some.text();
  }
  co_return all;
}

task<std::string> read_string(stream_socket& from, std::size_t size) {
  std::string text(size, '\0');
  co_await from.read_exact(std::as_writable_bytes(std::span(text)));
  co_return text;
}

void reset(tcp_stream& s) {
  EXPECT_TRUE(s.set_option(os::option::linger_seconds, 0));
  s.close();
}

std::vector<io::backend_kind> granted_backends() {
  std::vector<io::backend_kind> granted;
  for (const io::candidate& c : io::candidates()) {
    if (c.granted) granted.push_back(c.kind);
  }
  return granted;
}

std::string backend_name(const ::testing::TestParamInfo<io::backend_kind>& info) {
  return to_string(info.param);
}

}  // namespace rondo::testing
