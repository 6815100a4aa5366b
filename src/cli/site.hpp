#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <rondo/http/exchange.hpp>
#include <rondo/http/static_files.hpp>

namespace rondo::cli {

/// What `rondo serve` answers: the start page, /hello, and the files of a folder where one was
/// given. One for each loop.
class site final : public http::handler {
 public:
  /// `folder` may be empty; the others are shown on the start page.
  site(const std::string& folder, std::string_view backend, std::string_view address);

  http::handling handle(http::exchange& x) override;

 private:
  /// What every benchmark asks for.
  class hello final : public http::handler {
   public:
    http::handling handle(http::exchange& x) override;
  };

  hello hello_;
  std::string page_;
  std::optional<http::static_files> files_;
};

}  // namespace rondo::cli
