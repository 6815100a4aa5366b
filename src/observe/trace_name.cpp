// What the file of a trace is called.
#include "observe/trace_name.hpp"

#include <rondo/os/crash.hpp>
#include <rondo/os/errors.hpp>
#include <rondo/os/file_system.hpp>

#include "observe/trace_writer.hpp"

namespace rondo::observe {

std::string whole_folder(std::string_view folder) {
  const std::string given(folder);
  std::string whole;
  if (const int failed = os::real_path(given, whole); failed != 0) {
    throw os::make_error(failed, "find the folder for traces", given);
  }
  os::file_info found;
  if (const int failed = os::status_at(os::working_folder, whole, os::links::follow, found);
      failed != 0) {
    throw os::make_error(failed, "find the folder for traces", given);
  }
  if (!found.is_folder()) {
    throw os::make_error(errc::not_a_directory, "use for traces", given);
  }
  return whole;
}

trace_name::trace_name(std::string_view folder, std::string_view kind) noexcept {
  const std::int64_t now_ms = os::unix_now_ms();
  const auto rest = static_cast<int>(now_ms % 1000);
  const char thousandths[] = {static_cast<char>('0' + rest / 100),
                              static_cast<char>('0' + rest / 10 % 10),
                              static_cast<char>('0' + rest % 10)};
  add(folder);
  add("/rondo-");
  add(kind);
  add("-");
  add(decimal(os::process_id()));
  add("-");
  add(decimal(now_ms / 1000));
  add(".");
  add({thousandths, sizeof thousandths});
  add(".json");
  text_[size_] = '\0';
}

void trace_name::add(std::string_view piece) noexcept {
  size_ += piece.copy(text_ + size_, sizeof text_ - 1 - size_);
}

}  // namespace rondo::observe
