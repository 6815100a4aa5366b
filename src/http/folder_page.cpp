// A folder as a page of links.
#include "http/folder_page.hpp"

#include <rondo/http/target.hpp>

namespace rondo::http {

namespace {

void append_escaped(std::string& page, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        page += "&amp;";
        break;
      case '<':
        page += "&lt;";
        break;
      case '>':
        page += "&gt;";
        break;
      case '"':
        page += "&quot;";
        break;
      default:
        page += c;
    }
  }
}

void append_link(std::string& page, std::string_view name, bool is_folder) {
  const std::string_view end = is_folder ? "/" : "";
  page += "<li><a href=\"./";  // "./", or a name such as "a:b" would be taken for a scheme
  append_escaped(page, percent_encode_path(name));
  page.append(end).append("\">");
  append_escaped(page, name);
  page.append(end).append("</a></li>\n");
}

}  // namespace

std::string folder_page(std::string_view path, const std::vector<os::folder_entry>& entries) {
  std::string page = "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>";
  append_escaped(page, path);
  page += "</title></head>\n<body>\n<h1>";
  append_escaped(page, path);
  page += "</h1>\n<ul>\n";
  if (path != "/") page += "<li><a href=\"../\">../</a></li>\n";
  for (const bool folders : {true, false}) {
    for (const os::folder_entry& entry : entries) {
      if (entry.is_folder == folders) append_link(page, entry.name, entry.is_folder);
    }
  }
  page += "</ul>\n</body>\n</html>\n";
  return page;
}

}  // namespace rondo::http
