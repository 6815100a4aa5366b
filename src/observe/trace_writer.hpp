#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include <rondo/base/time.hpp>

namespace rondo::observe {

/// Where something is drawn: a track of a process.
struct place {
  int process = 0;
  std::uint64_t track = 0;
};

/// Where the text of a trace goes.
class trace_sink {
 public:
  virtual void put(std::string_view text) = 0;

 protected:
  ~trace_sink() = default;
};

/// Trace events, one after the other, as text: half a million of them need no tree in between. The
/// only part of JSON that can go wrong here are texts, and these are escaped in one function.
///
/// The document is an array of events, which the format lets end anywhere: what is cut off by a
/// full disk or a second crash can be read up to there. Allocates nothing, takes no lock.
class trace_writer {
 public:
  /// One text, in pieces.
  using pieces = std::initializer_list<std::string_view>;

  trace_writer(trace_sink& to, instant origin) noexcept : to_(&to), origin_(origin) {}
  trace_writer(const trace_writer&) = delete;

  /// What a process, or a track in it, is called, and where it stands among the others.
  void name_process(int process, std::string_view name);
  void name_track(place where, pieces name);

  /// A stretch of time. `detail` goes into its arguments, under `key`.
  void slice(place where, instant from, instant to, pieces name, std::string_view key = {},
             pieces detail = {});
  /// An arrow from one slice to another: those that contain the two times.
  void arrow(place from, instant begin, place to, instant end, std::string_view name);
  /// A line through all tracks.
  void mark(place where, instant at, pieces name);

  /// What is behind the last event. Once.
  void finish();

 private:
  void begin(char phase, place where);
  void time(std::string_view key, duration since);
  void text(std::string_view key, pieces value);
  void number(std::string_view key, std::uint64_t value);
  void quoted(pieces value);
  void raw(std::string_view text);
  void raw(char c);

  trace_sink* to_;
  instant origin_;
  std::uint64_t arrows_ = 0;
  bool has_any_ = false;
  std::size_t used_ = 0;
  char buffer_[16 * 1024];
};

/// A number as text, for as long as this lives.
class decimal {
 public:
  explicit decimal(std::int64_t value) noexcept;
  operator std::string_view() const noexcept {  // NOLINT(google-explicit-constructor)
    return {text_, size_};
  }

 private:
  char text_[24];
  std::size_t size_;
};

}  // namespace rondo::observe
