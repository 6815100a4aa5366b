// Paths and queries of the inspector's page.
#include "observe/page_routes.hpp"

#include <charconv>

#include <rondo/http/target.hpp>

namespace rondo::observe {

page_query::page_query(std::string_view query) {
  http::query_reader reader(query);
  while (auto field = reader.next()) {
    fields_.insert_or_assign(std::move(field->name), std::move(field->value));
  }
}

std::string_view page_query::text(std::string_view name) const {
  const auto found = fields_.find(name);
  return found == fields_.end() ? std::string_view() : found->second;
}

std::uint64_t page_query::number(std::string_view name, std::uint64_t otherwise) const {
  const std::string_view given = text(name);
  std::uint64_t value = 0;
  const auto [end, wrong] = std::from_chars(given.data(), given.data() + given.size(), value);
  return wrong == std::errc() && end == given.data() + given.size() ? value : otherwise;
}

page_routes::answer* page_routes::find(std::string_view path) {
  const auto found = routes_.find(path);
  return found == routes_.end() ? nullptr : &found->second;
}

}  // namespace rondo::observe
