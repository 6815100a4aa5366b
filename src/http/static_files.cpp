// Files of a folder: find and send them. What to answer is decided in file_answer.cpp.
//
// Everything is tried at once first, as far as the kernel promises to wait for no disk. What it
// does not promise is done elsewhere while the loop goes on: the same look-up by a thread of the
// pool, the same read on the way that the room `fs` has measured to be best.
#include <algorithm>
#include <utility>
#include <vector>

#include <rondo/async/offload.hpp>
#include <rondo/fs/file_operation.hpp>
#include <rondo/http/directory_page.hpp>
#include <rondo/http/file_answer.hpp>
#include <rondo/http/static_files.hpp>
#include <rondo/http/status.hpp>
#include <rondo/http/target.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/file.hpp>

#include "http/room_for_piece.hpp"

namespace rondo::http {

namespace {

constexpr std::size_t piece_size = 64 * 1024;
/// Beside the statuses of HTTP: nobody knows without waiting.
constexpr int not_known_yet = 0;

/// "/a/b/" as a path relative to the folder: "a/b", or "." for the folder itself.
std::string relative(const std::string& path) {
  const std::size_t end = path.find_last_not_of('/');
  return end == path.npos ? "." : path.substr(1, end);
}

os::file_call reading(const os::fd& file, char* into, std::uint64_t size,
                      std::uint64_t from) noexcept {
  os::file_call read;
  read.kind = os::file_call_kind::read;
  read.fd = file.get();
  read.data = into;
  read.size = size;
  read.offset = from;
  return read;
}

/// What a client is told of a call that has failed. A name that leads nowhere, or outside, is not
/// there; but that we have no descriptor left is our failing, and will pass.
int status_of(int negated_errno) noexcept {
  if (os::is_exhaustion(negated_errno)) return 503;
  switch (os::to_errc(negated_errno)) {
    case errc::permission_denied:
      return 403;
    case errc::io_failed:
      return 500;
    default:
      return 404;
  }
}

/// The next piece, as far as it is in memory. -> count, or `would_block`
int put_at_once(exchange& x, const os::fd& file, std::uint64_t from, std::uint64_t count) {
  const std::size_t most = std::min<std::uint64_t>(piece_size, count);
  room_for_piece room(x, most);
  const int got = os::try_perform(reading(file, room.data(), most, from));
  if (got > 0) room.keep(static_cast<std::size_t>(got));
  return got;
}

/// The next piece from wherever it is.
task<int> put(exchange& x, const os::fd& file, std::uint64_t from, std::uint64_t count) {
  const std::size_t most = std::min<std::uint64_t>(piece_size, count);
  room_for_piece room(x, most);
  const os::file_call read = reading(file, room.data(), most, from);
  const int got = co_await fs::file_operation(read);
  if (got > 0) room.keep(static_cast<std::size_t>(got));
  co_return got;
}

}  // namespace

void respond_plain(exchange& x, int status, std::span<const field> more) {
  const std::string text = std::to_string(status) + " " + std::string(reason_phrase(status)) + "\n";
  std::vector<field> fields(more.begin(), more.end());
  if (!is_bodiless(status)) fields.push_back({"Content-Type", "text/plain; charset=utf-8"});
  x.respond(status, fields, text);
}

static_files::static_files(const std::string& folder) {
  const int opened = os::open_folder(folder);
  if (opened < 0) throw os::make_error(opened, "open the folder", folder);
  folder_.reset(opened);
}

// What the file system says: at once, or on a thread of the pool
// ----------------------------------------------------------------

/// What is under a path, as far as the file system has to be asked.
struct static_files::found {
  os::fd file;
  os::file_facts facts;
  int status = 200;
  bool is_index = false;  ///< the page of the folder that was asked for
  std::string listing;    ///< of a folder without one
};

static_files::found static_files::look_up(const std::string& path, effort allowed) const {
  const bool at_once = allowed == effort::at_once;
  found f;
  const std::string name = relative(path);
  const int opened =
      at_once ? os::try_open_beneath(folder_.get(), name) : os::open_beneath(folder_.get(), name);
  if (opened < 0) {
    f.status = at_once && opened == os::would_block ? not_known_yet : status_of(opened);
    return f;
  }
  f.file = os::fd(opened);
  const int told = at_once ? os::known_facts_of(opened, f.facts) : os::facts_of(opened, f.facts);
  if (told < 0) {
    f.status = status_of(told);
  } else if (!f.facts.is_regular && !f.facts.is_folder) {
    f.status = 403;  // a device or a fifo is nothing to be served
  }
  return f;
}

/// All that the answer to a path depends on, in one go.
static_files::found static_files::find(const std::string& path, effort allowed) const {
  found f = look_up(path, allowed);
  if (f.status != 200 || path.back() != '/') return f;
  if (!f.facts.is_folder) {
    f.status = 404;  // "/file.txt/" names nothing
    return f;
  }
  found index = look_up(path + "index.html", allowed);
  // One that can't be opened was meant to be the page, too, and is no reason for a listing.
  const bool is_page = index.status == 200 && index.facts.is_regular;
  const bool is_none = index.status == 200 || index.status == 404;
  if (is_page || !is_none) {
    index.is_index = true;
    return index;
  }
  if (allowed == effort::at_once) {
    f.status = not_known_yet;
  } else {
    list(f, path);
  }
  return f;
}

/// Many calls, and a page that may be long: never on the loop's thread.
void static_files::list(found& f, const std::string& path) const {
  std::vector<os::folder_entry> entries;
  if (const int listed = os::list_folder(f.file.get(), entries); listed < 0) {
    f.status = status_of(listed);
    return;
  }
  for (os::folder_entry& entry : entries) {
    if (!entry.is_link) continue;
    entry.facts = look_up(path + entry.name, effort::whatever_it_takes).facts;
  }
  // Nobody is shown what nobody is given: links that lead outside, fifos, devices.
  std::erase_if(entries, [](const os::folder_entry& entry) {
    return !entry.facts.is_regular && !entry.facts.is_folder;
  });
  f.listing = directory_page(path, std::move(entries));
}

// What the client gets: on the loop's thread
// ----------------------------------------------------------------

handling static_files::answer_or(exchange& x, handler* otherwise) {
  const method verb = x.request().method();
  if (verb != method::get && verb != method::head) {
    const field allowed[] = {{"Allow", "GET, HEAD"}};
    respond_plain(x, 405, allowed);
    return at_once;
  }
  auto path = normalize_path(split_target(x.request().path_and_query()).path);
  if (!path) {
    respond_plain(x, 400);
    return at_once;
  }
  found f = find(*path, effort::at_once);
  if (f.status == not_known_yet) return answer_later(x, std::move(*path), otherwise);
  return give(x, std::move(f), *path, otherwise);
}

/// A thread that has begun is waited for, whatever becomes of the client: so it may use what lives
/// here, and what it opens is closed here.
task<> static_files::answer_later(exchange& x, std::string path, handler* otherwise) {
  ++waits_;
  found f;
  auto look = [&] { f = find(path, effort::whatever_it_takes); };
  offload_options how(work_kind::files, "look up a file to be served");
  co_await offload(std::move(how), look);
  handling answered = give(x, std::move(f), path, otherwise);
  if (answered.work()) co_await std::move(answered.work());
}

handling static_files::give(exchange& x, found f, const std::string& path, handler* otherwise) {
  if (f.status == 404 && otherwise != nullptr) return otherwise->handle(x);
  if (f.status != 200) {
    respond_plain(x, f.status);
    return at_once;
  }
  if (!f.facts.is_folder) {
    const std::string_view name = f.is_index ? std::string_view("index.html") : path;
    return give_file(x, std::move(f), name);
  }
  if (path.back() == '/') {
    x.respond(200, "text/html; charset=utf-8", f.listing);
    return at_once;
  }
  // Or the links of its page would lead astray.
  std::string location = percent_encode_path(path) + "/";
  const target_parts target = split_target(x.request().path_and_query());
  if (!target.query.empty()) location.append("?").append(target.query);
  const field fields[] = {{"Location", location}};
  x.respond(301, fields, "");
  return at_once;
}

handling static_files::give_file(exchange& x, found f, std::string_view name) {
  const file_answer answer(x.request(), name, f.facts, x.unix_second());
  if (!answer.has_body()) {
    respond_plain(x, answer.status(), answer.fields());
    return at_once;
  }
  x.begin(answer.status(), answer.fields(), answer.size());
  if (x.request().method() == method::head || answer.size() == 0) return at_once;
  // Nearly every file of a site is small, and in memory.
  const int got = put_at_once(x, f.file, answer.first(), answer.size());
  const auto begun = static_cast<std::uint64_t>(std::max(got, 0));
  if (begun == answer.size()) return at_once;
  return send(x, std::move(f.file), answer.first() + begun, answer.size() - begun);
}

/// Sends `count` bytes, or fewer where the file has shrunk meanwhile: then the connection ends,
/// which is the only way to say so.
task<> static_files::send(exchange& x, os::fd file, std::uint64_t from, std::uint64_t count) {
  while (count > 0) {
    co_await x.write({});  // what was read before, where that is enough
    int got = put_at_once(x, file, from, count);
    if (got == os::would_block) {
      ++waits_;
      got = co_await put(x, file, from, count);
    }
    if (got < 0) throw os::make_error(got, "read a file");
    if (got == 0) co_return;
    from += static_cast<std::uint64_t>(got);
    count -= static_cast<std::uint64_t>(got);
  }
}

}  // namespace rondo::http
