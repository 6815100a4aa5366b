// The page that shows a folder without an index.html.
#include <rondo/http/directory_page.hpp>

#include <algorithm>
#include <array>

#include <rondo/http/date.hpp>
#include <rondo/http/target.hpp>

namespace rondo::http {
namespace {

constexpr std::string_view style =
    "body{font:15px/1.6 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td{padding:.1rem .5rem;border-top:1px solid #8884}"
    "td+td{text-align:right;white-space:nowrap;opacity:.7}:root{color-scheme:light dark}";

void append_row(std::string& page, const std::string& link, const std::string& text,
                const std::string& size, const std::string& date) {
  page += "<tr><td><a href=\"" + escape_html(link) + "\">" + escape_html(text) + "</a><td>" + size +
          "<td>" + date + "\n";
}

std::string date_text(std::int64_t second) {
  std::array<char, date_size> text{};
  format_date(second, text);
  return {text.data() + 5, 20};  // 06 Nov 1994 08:49:37
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string directory_page(std::string_view path, std::vector<os::folder_entry> entries) {
  std::ranges::sort(entries, [](const os::folder_entry& left, const os::folder_entry& right) {
    if (left.facts.is_folder != right.facts.is_folder) return left.facts.is_folder;
    return left.name < right.name;
  });
  const std::string title = escape_html(path);
  std::string page = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>" + title +
                     "</title>\n<style>" + std::string(style) + "</style>\n<h1>" + title +
                     "</h1>\n<table>\n";
  if (path != "/") append_row(page, "../", "../", "", "");
  for (const os::folder_entry& entry : entries) {
    const os::file_facts& facts = entry.facts;
    const std::string slash = facts.is_folder ? "/" : "";
    // "./" keeps a name like "a:b" from being read as a scheme.
    append_row(page, "./" + percent_encode_path(entry.name) + slash, entry.name + slash,
               facts.is_folder ? "" : std::to_string(facts.size),
               date_text(facts.modified_ns / 1'000'000'000));
  }
  return page + "</table>\n</html>\n";
}

}  // namespace rondo::http
