// Which media type has a file of this extension?
//
// Sources: the Media Types registry of IANA for the names and most extensions; RFC 9239 for
// JavaScript, RFC 6713 for gzip, RFC 8081 for fonts, the WHATWG MIME Sniffing and HTML standards
// for what browsers want of the rest (ico, wasm, webmanifest, vtt).
#include <rondo/http/media_type.hpp>

#include <algorithm>
#include <array>

#include "text.hpp"

namespace rondo::http {
namespace {

struct row {
  std::string_view extension;
  std::string_view type;
};

// clang-format off
constexpr auto rows = std::to_array<row>({
    {"7z", "application/x-7z-compressed"},
    {"aac", "audio/aac"},
    {"apng", "image/apng"},
    {"avif", "image/avif"},
    {"bmp", "image/bmp"},
    {"br", "application/octet-stream"},
    {"bz2", "application/x-bzip2"},
    {"c", "text/plain; charset=utf-8"},
    {"conf", "text/plain; charset=utf-8"},
    {"cpp", "text/plain; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"eot", "application/vnd.ms-fontobject"},
    {"epub", "application/epub+zip"},
    {"flac", "audio/flac"},
    {"gif", "image/gif"},
    {"gz", "application/gzip"},
    {"h", "text/plain; charset=utf-8"},
    {"hpp", "text/plain; charset=utf-8"},
    {"htm", "text/html; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ico", "image/vnd.microsoft.icon"},
    {"ics", "text/calendar; charset=utf-8"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"jsonld", "application/ld+json"},
    {"log", "text/plain; charset=utf-8"},
    {"m4a", "audio/mp4"},
    {"map", "application/json"},
    {"md", "text/markdown; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"mpeg", "video/mpeg"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"ogv", "video/ogg"},
    {"opus", "audio/ogg"},
    {"otf", "font/otf"},
    {"pdf", "application/pdf"},
    {"png", "image/png"},
    {"rss", "application/rss+xml"},
    {"rtf", "application/rtf"},
    {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"toml", "application/toml"},
    {"ttf", "font/ttf"},
    {"txt", "text/plain; charset=utf-8"},
    {"vtt", "text/vtt; charset=utf-8"},
    {"wasm", "application/wasm"},
    {"wav", "audio/wav"},
    {"weba", "audio/webm"},
    {"webm", "video/webm"},
    {"webmanifest", "application/manifest+json"},
    {"webp", "image/webp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xhtml", "application/xhtml+xml"},
    {"xml", "application/xml"},
    {"xz", "application/x-xz"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"zip", "application/zip"},
    {"zst", "application/zstd"},
});
// clang-format on
static_assert(std::ranges::is_sorted(rows, {}, &row::extension), "searched by halves");

constexpr std::size_t longest = std::ranges::max_element(rows, {}, [](const row& one) {
                                  return one.extension.size();
                                })->extension.size();

}  // namespace

std::string_view media_type_of(std::string_view file_name) noexcept {
  static constexpr std::string_view unknown = "application/octet-stream";
  const std::size_t dot = file_name.find_last_of("./");
  if (dot == std::string_view::npos || file_name[dot] == '/') return unknown;
  const std::string_view extension = file_name.substr(dot + 1);
  if (extension.size() > longest) return unknown;
  std::array<char, longest> lower{};
  std::ranges::transform(extension, lower.begin(), to_lower);
  const std::string_view wanted(lower.data(), extension.size());
  const auto* const found = std::ranges::lower_bound(rows, wanted, {}, &row::extension);
  return found != rows.end() && found->extension == wanted ? found->type : unknown;
}

}  // namespace rondo::http
