#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <rondo/http/exchange.hpp>
#include <rondo/os/fd.hpp>

namespace rondo::http {

/// Answers GET and HEAD with the files of a folder: media types, ETag and Last-Modified,
/// conditions, ranges, `index.html` or a listing for a folder. No request reaches anything outside,
/// neither by "..", however it is encoded, nor by a symbolic link.
///
/// No disk holds up the loop. What the kernel has in memory is looked up and read at once; for all
/// else, listings too, only this exchange waits: for a thread of the loop's pool
/// (`work_kind::files`), or as `fs::file_operation` reads. Files are read 64 KiB at a time with the
/// client's reading in between; one that shrinks meanwhile ends the connection.
///
/// Thread: the loop's. Lifetime: until no exchange that it answers is left.
class static_files {
 public:
  /// Throws `error` where `folder` can't be opened.
  explicit static_files(const std::string& folder);

  /// Answers `x`: 200, 206, 301, 304, 400, 403, 404, 405, 412 or 416; 503 where there are no
  /// descriptors left, 500 where the disk fails.
  handling answer(exchange& x) { return answer_or(x, nullptr); }
  /// The same, but where there is nothing under the path of `x`, `otherwise` answers, and not a
  /// 404. It outlives the exchange.
  handling answer(exchange& x, handler& otherwise) { return answer_or(x, &otherwise); }

  /// How many look-ups, listings and reads were not made at once.
  std::uint64_t waits() const noexcept { return waits_; }

 private:
  struct found;
  enum class effort : std::uint8_t { at_once, whatever_it_takes };

  handling answer_or(exchange& x, handler* otherwise);
  task<> answer_later(exchange& x, std::string path, handler* otherwise);
  handling give(exchange& x, found f, const std::string& path, handler* otherwise);
  handling give_file(exchange& x, found f, std::string_view name);
  task<> send(exchange& x, os::fd file, std::uint64_t from, std::uint64_t count);
  found find(const std::string& path, effort allowed) const;
  found look_up(const std::string& path, effort allowed) const;
  void list(found& f, const std::string& path) const;

  os::fd folder_;
  std::uint64_t waits_ = 0;
};

/// A short answer in plain text, "404 Not Found\n", under `more` header lines.
void respond_plain(exchange& x, int status, std::span<const field> more = {});

}  // namespace rondo::http
