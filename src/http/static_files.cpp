// Files of a folder: find, compare with what the client has, send what it asked for.
#include <algorithm>
#include <array>
#include <vector>

#include <rondo/http/conditional.hpp>
#include <rondo/http/date.hpp>
#include <rondo/http/entity_tag.hpp>
#include <rondo/http/media_type.hpp>
#include <rondo/http/range.hpp>
#include <rondo/http/static_files.hpp>
#include <rondo/http/status.hpp>
#include <rondo/http/target.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/file.hpp>

#include "http/folder_page.hpp"

namespace rondo::http {

namespace {

constexpr std::size_t piece_size = 64 * 1024;

std::string date_text(std::int64_t unix_second) {
  std::array<char, date_size> text;
  format_date(unix_second, text);
  return std::string(text.data(), text.size());
}

/// "/a/b/" as a path relative to the folder: "a/b", or "." for the folder itself.
std::string relative(const std::string& path) {
  const std::size_t end = path.find_last_not_of('/');
  return end == path.npos ? "." : path.substr(1, end);
}

}  // namespace

void respond_plain(exchange& x, int status) {
  const std::string text = std::to_string(status) + " " + std::string(reason_phrase(status)) + "\n";
  x.respond(status, "text/plain; charset=utf-8", text);
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
    const field fields[] = {{"Allow", "GET, HEAD"}, {"Content-Type", "text/plain; charset=utf-8"}};
    x.respond(405, fields, "405 Method Not Allowed\n");
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
    return answer_file(x, std::move(f.file), *path, f.facts.size, f.facts.modified_ns);
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
    return answer_file(x, std::move(index.file), "index.html", index.facts.size,
                       index.facts.modified_ns);
  }
  std::vector<os::folder_entry> entries;
  if (os::list_folder(f.file.get(), entries) < 0) {
    respond_plain(x, 403);
    return at_once;
  }
  x.respond(200, "text/html; charset=utf-8", folder_page(*path, entries));
  return at_once;
}

handling static_files::answer_file(exchange& x, os::fd file, std::string_view name,
                                   std::uint64_t size, std::int64_t modified_ns) {
  const std::int64_t modified = modified_ns / 1'000'000'000;
  const std::string tag = file_entity_tag(modified_ns, size);
  const std::string last_modified = date_text(modified);
  const validators current{tag, modified};
  const std::int64_t now = x.unix_second();

  std::vector<field> fields = {{"ETag", tag}, {"Last-Modified", last_modified}};
  switch (evaluate_preconditions(x.request(), current, now)) {
    case precondition::not_modified:
      x.respond(304, fields, "");
      return at_once;
    case precondition::failed:
      respond_plain(x, 412);
      return at_once;
    case precondition::proceed:
      break;
  }
  selected_range part{range_kind::whole, 0, size};
  const auto asked = x.request().find("Range");
  if (asked && x.request().method() == method::get && if_range_holds(x.request(), current, now)) {
    part = select_range(*asked, size);
  }
  std::string span;
  fields.push_back({"Content-Type", media_type_of(name)});
  fields.push_back({"Accept-Ranges", "bytes"});
  if (part.kind != range_kind::whole) {
    span = content_range(part, size);
    fields.push_back({"Content-Range", span});
  }
  if (part.kind == range_kind::unsatisfiable) {
    fields[2].value = "text/plain; charset=utf-8";
    x.respond(416, fields, "416 Range Not Satisfiable\n");
    return at_once;
  }
  if (part.kind == range_kind::whole) part = {range_kind::whole, 0, size};
  x.begin(part.kind == range_kind::part ? 206 : 200, fields, part.size);
  if (x.request().method() == method::head || part.size == 0) return at_once;
  return send(x, std::move(file), part.first, part.size);
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
