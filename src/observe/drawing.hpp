#pragma once

#include <memory_resource>
#include <span>
#include <string_view>

#include <rondo/base/time.hpp>
#include <rondo/probe/recorder.hpp>

namespace rondo::observe {

class trace_sink;

/// That the process has crashed: when, how, and on which track.
struct crash_mark {
  instant at;
  std::string_view what;  ///< "SIGSEGV"
  int track = -1;         ///< -1: on a thread that was not recorded
};

/// The trace of what the tracks hold, as an array of trace events. Takes memory from `memory` only,
/// which may throw std::bad_alloc.
void draw_trace(std::span<const probe::track_view> tracks, trace_sink& to,
                std::pmr::memory_resource& memory, const crash_mark* mark = nullptr);

}  // namespace rondo::observe
