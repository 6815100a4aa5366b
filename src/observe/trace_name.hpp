#pragma once

#include <string>
#include <string_view>

namespace rondo::observe {

/// The absolute path of a folder that exists: programs change where they are. Throws `error`.
std::string whole_folder(std::string_view folder);

/// "FOLDER/rondo-KIND-PID-SECONDS.MMM.json", of now. Allocates nothing.
class trace_name {
 public:
  trace_name(std::string_view folder, std::string_view kind) noexcept;

  const char* text() const noexcept { return text_; }

 private:
  void add(std::string_view piece) noexcept;

  std::size_t size_ = 0;
  char text_[4096];  // PATH_MAX: what is longer is cut, and then can't be opened
};

}  // namespace rondo::observe
