#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <rondo/base/time.hpp>

namespace rondo::observe {

/// Where something is drawn: a track of a process.
struct place {
  int process = 0;
  std::uint64_t track = 0;
};

/// Trace events, one after the other, as text: half a million of them need no tree in between. The
/// only part of JSON that can go wrong here are texts, and these are escaped in one function.
class trace_writer {
 public:
  explicit trace_writer(instant origin) noexcept : origin_(origin) {}

  /// What a process, or a track in it, is called, and where it stands among the others.
  void name_process(int process, std::string_view name);
  void name_track(place where, std::string_view name);

  /// A stretch of time. `detail` goes into its arguments, under `key`.
  void slice(place where, instant from, instant to, std::string_view name,
             std::string_view key = {}, std::string_view detail = {});
  /// An arrow from one slice to another: those that contain the two times.
  void arrow(place from, instant begin, place to, instant end, std::string_view name);

  /// The whole document. Once.
  std::string take() &&;

 private:
  void begin(char phase, place where);
  void time(std::string_view key, duration since);
  void text(std::string_view key, std::string_view value);
  void number(std::string_view key, std::uint64_t value);

  instant origin_;
  std::string out_;
  std::uint64_t arrows_ = 0;
};

}  // namespace rondo::observe
