// Files of a folder: find and send them. What to answer is decided in file_answer.cpp.
#include <algorithm>
#include <utility>
#include <vector>

#include <rondo/http/directory_page.hpp>
#include <rondo/http/file_answer.hpp>
#include <rondo/http/static_files.hpp>
#include <rondo/http/status.hpp>
#include <rondo/http/target.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/file.hpp>

namespace rondo::http {

namespace {

constexpr std::size_t piece_size = 64 * 1024;

/// "/a/b/" as a path relative to the folder: "a/b", or "." for the folder itself.
std::string relative(const std::string& path) {
  const std::size_t end = path.find_last_not_of('/');
  return end == path.npos ? "." : path.substr(1, end);
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

struct static_files::found {
  os::fd file;
  os::file_facts facts;
  int status = 200;
};

static_files::found static_files::look_up(const std::string& path) const {
  found f;
  const int opened = os::open_beneath(folder_.get(), relative(path));
  if (opened < 0) {
    const errc why = os::to_errc(opened);
    f.status = why == errc::permission_denied ? 403 : 404;
    return f;
  }
  f.file = os::fd(opened);
  if (os::facts_of(opened, f.facts) < 0) {
    f.status = 404;
  } else if (!f.facts.is_regular && !f.facts.is_folder) {
    f.status = 403;  // a device or a fifo is nothing to be served
  }
  return f;
}

bool static_files::has(const exchange& x) const {
  const auto path = normalize_path(split_target(x.request().path_and_query()).path);
  return path && look_up(*path).status == 200;
}

handling static_files::answer(exchange& x) {
  const method verb = x.request().method();
  if (verb != method::get && verb != method::head) {
    const field allowed[] = {{"Allow", "GET, HEAD"}};
    respond_plain(x, 405, allowed);
    return at_once;
  }
  const target_parts target = split_target(x.request().path_and_query());
  const auto path = normalize_path(target.path);
  if (!path) {
    respond_plain(x, 400);
    return at_once;
  }
  found f = look_up(*path);
  if (f.status != 200) {
    respond_plain(x, f.status);
    return at_once;
  }
  if (!f.facts.is_folder) {
    if (path->back() == '/') {
      respond_plain(x, 404);  // "/file.txt/" names nothing
      return at_once;
    }
    return answer_file(x, std::move(f), *path);
  }
  if (path->back() != '/') {  // or the links of the page would lead astray
    std::string location = percent_encode_path(*path) + "/";
    if (!target.query.empty()) location.append("?").append(target.query);
    const field fields[] = {{"Location", location}};
    x.respond(301, fields, "");
    return at_once;
  }
  found index = look_up(*path + "index.html");
  if (index.status == 200 && index.facts.is_regular) {
    return answer_file(x, std::move(index), "index.html");
  }
  if (index.status == 403) {
    respond_plain(x, 403);  // somebody meant it to be the page, and not a listing
    return at_once;
  }
  answer_folder(x, f, *path);
  return at_once;
}

handling static_files::answer_file(exchange& x, found f, std::string_view name) {
  const file_answer answer(x.request(), name, f.facts, x.unix_second());
  if (!answer.has_body()) {
    respond_plain(x, answer.status(), answer.fields());
    return at_once;
  }
  x.begin(answer.status(), answer.fields(), answer.size());
  if (x.request().method() == method::head || answer.size() == 0) return at_once;
  return send(x, std::move(f.file), answer.first(), answer.size());
}

void static_files::answer_folder(exchange& x, const found& f, const std::string& path) const {
  std::vector<os::folder_entry> entries;
  if (os::list_folder(f.file.get(), entries) < 0) return respond_plain(x, 403);
  for (os::folder_entry& entry : entries) {
    if (entry.is_link) entry.facts = look_up(path + entry.name).facts;
  }
  // Nobody is shown what nobody is given: links that lead outside, fifos, devices.
  std::erase_if(entries, [](const os::folder_entry& entry) {
    return !entry.facts.is_regular && !entry.facts.is_folder;
  });
  x.respond(200, "text/html; charset=utf-8", directory_page(path, std::move(entries)));
}

/// Sends `count` bytes, or fewer where the file has shrunk meanwhile: then the connection ends,
/// which is the only way to say so.
task<> static_files::send(exchange& x, os::fd file, std::uint64_t from, std::uint64_t count) {
  std::vector<char> piece(std::min<std::uint64_t>(piece_size, count));
  while (count > 0) {
    const std::size_t wanted = std::min<std::uint64_t>(piece.size(), count);
    const int got = os::read_at(file.get(), piece.data(), wanted, from);
    if (got < 0) throw os::make_error(got, "read a file");
    if (got == 0) co_return;
    from += static_cast<std::uint64_t>(got);
    count -= static_cast<std::uint64_t>(got);
    co_await x.write(std::string_view(piece.data(), static_cast<std::size_t>(got)));
  }
}

}  // namespace rondo::http
