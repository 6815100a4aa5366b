#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <rondo/base/unique_function.hpp>
#include <rondo/http/exchange.hpp>

namespace rondo::observe {

/// The query of a request, by name.
class page_query {
 public:
  explicit page_query(std::string_view query);

  /// "" where there is none.
  std::string_view text(std::string_view name) const;
  /// `otherwise` where there is none, or no number.
  std::uint64_t number(std::string_view name, std::uint64_t otherwise) const;

 private:
  std::map<std::string, std::string, std::less<>> fields_;
};

/// What the page can ask for: a path, and who answers. Each part of the page adds its own.
class page_routes {
 public:
  using answer = unique_function<http::handling(http::exchange& x, const page_query& query)>;

  /// GET (and HEAD) of exactly this path, "/api/tasks". Who is asked has been let in already.
  void add(std::string path, answer how) {
    routes_.insert_or_assign(std::move(path), std::move(how));
  }
  /// Null where nobody answers.
  answer* find(std::string_view path);

 private:
  std::map<std::string, answer, std::less<>> routes_;
};

}  // namespace rondo::observe
