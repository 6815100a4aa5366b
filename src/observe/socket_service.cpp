// The socket: opened where nobody else can put himself in its place, and answered so that no guest,
// however slow or confused, costs more than a little memory of the observer's.
#include "observe/socket_service.hpp"

#include <optional>
#include <utility>

#include <rondo/async/lines.hpp>
#include <rondo/async/timeout.hpp>
#include <rondo/os/crash.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/own_process.hpp>
#include <rondo/os/unix_socket.hpp>

#include "observe/requests.hpp"
#include "observe/socket_place.hpp"

namespace rondo::observe {

namespace {

constexpr int most_guests = 16;
constexpr std::size_t longest_request = 1024;
/// How long a guest may say nothing, and how long it may take to read an answer.
constexpr duration patience = duration::seconds(60);

/// What programs that have ended without cleaning up have left behind.
void remove_what_is_stale(const std::string& folder) {
  for (const int pid : processes_in(folder)) {
    if (os::process_exists(pid)) continue;
    const auto address = unix_address::parse(socket_in(folder, pid));
    if (address) static_cast<void>(os::remove_stale(os::unix_kind::stream, *address));
  }
}

}  // namespace

socket_service::socket_service(std::string folder, unique_function<snapshot()> look)
    : folder_(folder.empty() ? socket_folder() : std::move(folder)), look_(std::move(look)) {}

void socket_service::open(loop& on) {
  const int made = os::make_private_folder(folder_);
  if (made < 0) {
    throw os::make_error(made, "make", folder_ + " for the inspector's socket",
                         "It has to be a folder of this user's that nobody else may enter "
                         "(mode 0700); inspect_options::folder names another.");
  }
  remove_what_is_stale(folder_);
  unix_bind_options how;
  how.mode = 0600;
  how.backlog = most_guests;
  auto bound = unix_listener::bind(on, socket_in(folder_, os::process_id()), how);
  if (!bound) throw std::move(bound).error();
  listener_ = std::move(*bound);
}

task<> socket_service::serve() {
  auto body = [&](scope& guests) -> task<> {
    for (;;) {
      unix_stream guest = co_await listener_.accept();
      if (guests_ >= most_guests || !is_welcome(guest)) continue;
      ++guests_;
      guests.spawn(talk_to(std::move(guest)));
    }
  };
  co_await with_scope(std::move(body));
}

/// The file's mode says the same; but a folder may have been opened to others, or moved.
bool socket_service::is_welcome(const unix_stream& guest) const {
  const auto who = guest.peer_credentials();
  return who && (who->user == os::user_id() || who->user == 0);
}

task<> socket_service::talk_to(unix_stream guest) {
  try {
    co_await talk_until_it_leaves(guest);
  } catch (const error&) {  // NOLINT(bugprone-empty-catch)
    // It has gone, or is too slow, or does not speak in lines.
  }
  --guests_;
}

task<> socket_service::talk_until_it_leaves(unix_stream& guest) {
  line_reader<unix_stream> requests(guest, line_options(longest_request));
  conversation talk;
  for (;;) {
    const std::optional<std::string_view> line = co_await with_timeout(patience, requests.next());
    if (!line) co_return;
    const std::string answer = talk.answer(*line, look_());
    auto send = [&]() -> task<> { co_await guest.write_all(answer); };
    co_await with_timeout(patience, send());
  }
}

}  // namespace rondo::observe
