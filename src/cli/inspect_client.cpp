// Finding a running program by its process's number, and asking it.
#include "cli/inspect_client.hpp"

#include <charconv>

#include <rondo/base/error.hpp>
#include <rondo/os/own_process.hpp>

#include "observe/socket_place.hpp"

namespace rondo::cli {

namespace {

error not_inspectable(int pid, std::uint32_t owner) {
  std::string text = "process " + std::to_string(pid);
  if (owner != os::user_id() && os::user_id() != 0) {
    return error(errc::permission_denied, text + " belongs to user " + std::to_string(owner) +
                                              ": only that user, and root, may look at it");
  }
  return error(errc::not_found,
               text +
                   " can't be inspected: it is no Rondo program, or lacks this line in one of its "
                   "tasks:\n    auto see = co_await rondo::observe::inspect();");
}

}  // namespace

task<inspected_process> inspected_process::connect(int pid) {
  std::uint32_t owner = 0;
  if (os::process_owner(pid, owner) < 0) {
    throw error(errc::not_found, "there is no process " + std::to_string(pid));
  }
  for (const std::string& folder : observe::folders_of(owner)) {
    inspected_process found;
    try {
      found.peer_ = co_await unix_stream::connect(observe::socket_in(folder, pid));
    } catch (const error&) {
      continue;
    }
    // In a folder that is open to all, anybody may have waited for us.
    const auto who = found.peer_.peer_credentials();
    if (who && who->process == pid && who->user == owner) co_return found;
  }
  throw not_inspectable(pid, owner);
}

task<std::string> inspected_process::ask(std::string request) {
  request += '\n';
  co_await peer_.write_all(request);
  // "ok 123\n", a byte at a time, so that nothing behind it is taken.
  std::string head;
  while (!head.ends_with('\n')) {
    std::byte next{};
    const std::size_t count = co_await peer_.read(std::span(&next, 1));
    if (count == 0 || head.size() > 40) {
      throw error(errc::end_of_stream, "the program has ended, or does not answer any more");
    }
    head += static_cast<char>(next);
  }
  const std::size_t space = head.find(' ');
  std::size_t size = 0;
  std::from_chars(head.data() + std::min(space + 1, head.size()), head.data() + head.size(), size);
  std::string text(size, '\0');
  co_await peer_.read_exact(std::as_writable_bytes(std::span(text)));
  if (!head.starts_with("ok ")) throw error(errc::invalid_argument, text);
  co_return text;
}

}  // namespace rondo::cli
