// What all tests of the room share.
#include "dns/dns_fixture.hpp"

#include <stdexcept>

namespace rondo::testing {

loop_options dns_test::options() {
  auto made = io::make_backend(GetParam());
  if (!made) throw std::runtime_error(made.error().what());
  loop_options chosen;
  chosen.backend = std::move(*made);
  return chosen;
}

std::string joined(const std::vector<socket_address>& addresses) {
  std::string text;
  for (const socket_address& each : addresses) {
    if (!text.empty()) text += ' ';
    text += each.to_string();
  }
  return text;
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
