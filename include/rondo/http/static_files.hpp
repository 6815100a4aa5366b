#pragma once

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
/// Files are read with plain calls on the loop's thread, 64 KiB at a time with the client's reading
/// in between: a slow disk is felt by everybody. Thread: the loop's.
class static_files {
 public:
  /// Throws `error` where `folder` can't be opened.
  explicit static_files(const std::string& folder);

  /// Answers `x`: 200, 206, 301, 304, 400, 403, 404, 405, 412 or 416.
  handling answer(exchange& x);

  /// Whether there is something to read under the path of `x`.
  bool has(const exchange& x) const;

 private:
  struct found;

  found look_up(const std::string& path) const;
  static handling answer_file(exchange& x, found f, std::string_view name);
  void answer_folder(exchange& x, const found& f, const std::string& path) const;
  static task<> send(exchange& x, os::fd file, std::uint64_t from, std::uint64_t count);

  os::fd folder_;
};

/// A short answer in plain text, "404 Not Found\n", under `more` header lines.
void respond_plain(exchange& x, int status, std::span<const field> more = {});

}  // namespace rondo::http
