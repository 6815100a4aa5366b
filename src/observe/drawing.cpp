// From the rings to a trace. Each thread's events are drawn by themselves first (thread_drawing);
// what leads from one to another (a wake, a post, an operation, a job) is collected on the way and
// paired in the end, by time: an address means somebody else once its owner has ended.
//
// It may be done when the process has crashed, within malloc maybe: so all memory comes from the
// resource that is handed in, texts are views of what the recorder keeps, and nothing takes a lock.
#include "observe/drawing.hpp"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "observe/line_table.hpp"
#include "observe/trace_writer.hpp"

namespace rondo::observe {

namespace {

using probe::event;
using probe::event_kind;
using probe::track_view;
using probe::turn_phase;

constexpr int threads = 1;
constexpr int tasks = 2;

/// What is handed on, so that equal addresses of different things are not taken for one.
enum class handed : std::uint8_t { line, operation, job, work };

/// One end of an arrow: where and when something was queued, or went on.
struct arrow_end {
  instant at;
  place where;
  handed what = handed::line;
  std::uint64_t subject = 0;
  const char* name = nullptr;  // null: it arrives
};

/// A finished call, which waits for the phase around it to be drawn first.
struct call {
  instant from, to;
  std::string_view name;
  bool open = false;
};

std::string_view file_of(const std::source_location& where) {
  const std::string_view path = where.file_name();
  return path.substr(path.rfind('/') + 1);
}

/// What one thread's track shows: a phase, in it a call, and the wait or the job.
struct thread_state {
  explicit thread_state(const track_view& of, std::pmr::memory_resource& memory)
      : record(&of), calls(&memory) {
    if (!of.events.empty()) first = of.events.front().time;
  }

  const track_view* record;
  instant first;
  bool has_phase = false;
  turn_phase phase = turn_phase::poll;
  instant phase_from, phase_to;
  bool in_call = false;
  instant call_from;
  std::string_view call_name;
  std::pmr::vector<call> calls;  // of the phase
  bool seen_poll = false;
  bool in_poll = false;
  instant poll_from;
  bool in_work = false;
  instant work_from;
  std::string_view work;
  std::uint64_t line = 0;  // that runs here; 0: none
};

class drawing {
 public:
  drawing(std::span<const track_view> tracks, trace_sink& to, std::pmr::memory_resource& memory)
      : out_(to, oldest_of(tracks)), states_(&memory), lines_(memory), arrows_(&memory) {
    struct seen {
      const event* e;
      std::size_t track;
    };
    std::pmr::vector<seen> all(&memory);
    std::size_t count = 0;
    for (const track_view& each : tracks) count += each.events.size();
    all.reserve(count);
    states_.reserve(tracks.size());
    for (std::size_t i = 0; i < tracks.size(); ++i) {
      for (const event& e : tracks[i].events) all.push_back({&e, i});
      states_.emplace_back(tracks[i], memory);
    }
    std::ranges::sort(all, [](const seen& a, const seen& b) {
      if (a.e->time != b.e->time) return a.e->time < b.e->time;
      return a.track != b.track ? a.track < b.track : a.e < b.e;
    });
    for (const seen& each : all) {
      newest_ = each.e->time;
      draw(*each.e, states_[each.track]);
    }
  }

  void finish(const crash_mark* mark) {
    if (mark != nullptr) newest_ = std::max(newest_, mark->at);
    for (thread_state& t : states_) end(t);
    lines_.for_each([&](line_table::life& line) { stop(line, newest_, true); });
    name_everything();
    pair_arrows();
    if (mark != nullptr) {
      const place where{threads, static_cast<std::uint64_t>(std::max(mark->track, 0)) + 1};
      out_.mark(where, newest_, {mark->what});
    }
    out_.finish();
  }

 private:
  static instant oldest_of(std::span<const track_view> tracks) {
    instant oldest = instant::never();
    for (const track_view& each : tracks) {
      if (!each.events.empty()) oldest = std::min(oldest, each.events.front().time);
    }
    return oldest;
  }
  static place track_of(const thread_state& t) {
    return {threads, static_cast<std::uint64_t>(t.record->index) + 1};
  }
  static place track_of(const line_table::life& line) { return {tasks, line.track}; }

  void draw(const event& e, thread_state& t) {
    switch (e.kind) {
      case event_kind::poll_begins:
      case event_kind::poll_ends:
        return draw_poll(e, t);
      case event_kind::call_begins:
      case event_kind::timer_fired:
      case event_kind::io_completed:
        return begin_call(e, t);
      case event_kind::call_ends:
        return end_call(e.time, t, false);
      case event_kind::io_submitted:
        return leaves(e, t, handed::operation, "operation");
      case event_kind::posted:
        return leaves(e, t, handed::job, "post");
      case event_kind::work_queued:
        return leaves(e, t, handed::work, "job");
      case event_kind::work_begins:
      case event_kind::work_ends:
        return draw_work(e, t);
      case event_kind::stole:
        return out_.slice(track_of(t), e.time, e.time, {"steals ", decimal(e.number)});
      case event_kind::parked:
        return out_.slice(track_of(t), e.time, e.time, {"parks"});
      case event_kind::unparked:
        return out_.slice(track_of(t), e.time, e.time, {"looks for work"});
      case event_kind::io_at_once:
        return out_.slice(track_of(t), e.time, e.time, {probe::text_of(e)}, "result",
                          {decimal(e.number)});
      case event_kind::none:
        return;
      default:
        return draw_line(e, t);
    }
  }

  // A thread ------------------------------------------------------------------------------------

  void draw_poll(const event& e, thread_state& t) {
    if (e.kind == event_kind::poll_begins) {
      end_phase(t);
      t.in_poll = true;
      t.poll_from = e.time;
    } else {
      if (t.in_poll || !t.seen_poll) {
        out_.slice(track_of(t), t.in_poll ? t.poll_from : t.first, e.time, {"waits"});
      }
      t.in_poll = false;
    }
    t.seen_poll = true;
  }

  void begin_call(const event& e, thread_state& t) {
    const bool is_io = e.kind == event_kind::io_completed;
    const auto phase = is_io ? turn_phase::poll : static_cast<turn_phase>(e.number);
    if (t.has_phase && t.phase != phase) end_phase(t);
    if (!t.has_phase) {
      t.has_phase = true;
      t.phase = phase;
      t.phase_from = e.time;
    }
    t.in_call = true;
    t.call_from = e.time;
    t.call_name = is_io                               ? probe::text_of(e)
                  : e.kind == event_kind::timer_fired ? "timer"
                                                      : "callback";
    arrives(e, t, is_io ? handed::operation : handed::job);
  }

  void end_call(instant at, thread_state& t, bool open) {
    if (!t.in_call) return;  // its beginning is lost
    t.in_call = false;
    t.phase_to = at;
    t.calls.push_back({t.call_from, at, t.call_name, open});
  }

  /// The phase before the calls in it: viewers nest slices by their order where they begin
  /// together.
  void end_phase(thread_state& t) {
    if (t.has_phase) out_.slice(track_of(t), t.phase_from, t.phase_to, {to_string(t.phase)});
    t.has_phase = false;
    for (const call& each : t.calls) {
      out_.slice(track_of(t), each.from, each.to, {each.name}, each.open ? "open" : "",
                 {each.open ? "has not returned" : ""});
    }
    t.calls.clear();
  }

  void draw_work(const event& e, thread_state& t) {
    if (e.kind == event_kind::work_begins) {
      t.in_work = true;
      t.work_from = e.time;
      t.work = probe::text_of(e);
      arrives(e, t, handed::work);
    } else if (t.in_work) {
      t.in_work = false;
      out_.slice(track_of(t), t.work_from, e.time, {t.work});
    }
  }

  void end(thread_state& t) {
    if (t.in_poll)
      out_.slice(track_of(t), t.poll_from, newest_, {"waits"}, "open", {"still waits"});
    if (t.in_work) {
      out_.slice(track_of(t), t.work_from, newest_, {t.work}, "open", {"has not returned"});
    }
    end_call(newest_, t, true);
    end_phase(t);
  }

  // A task --------------------------------------------------------------------------------------

  void draw_line(const event& e, thread_state& t) {
    line_table::life& line = e.kind == event_kind::line_begins ? lines_.begin(e) : lines_.of(e);
    switch (e.kind) {
      case event_kind::line_begins:
        line.site = probe::site_of(e);
        become(line, line_table::doing::is_ready, e.time);
        return woken(e, t, "spawn");
      case event_kind::line_named:
        line.name = probe::text_of(e);
        return;
      case event_kind::line_resumed:
        stop(line, e.time, false);
        become(line, line_table::doing::runs, e.time);
        line.thread = t.record->name;
        t.line = e.subject;
        arrows_.push_back({e.time, track_of(line), handed::line, e.subject});
        return;
      case event_kind::line_suspended:
        stop(line, e.time, false);
        t.line = 0;
        line.waits_for = probe::text_of(e);
        return become(line, line_table::doing::waits, e.time);
      case event_kind::line_woken:
        stop(line, e.time, false);
        become(line, line_table::doing::is_ready, e.time);
        return woken(e, t, "wake");
      default:  // ended
        t.line = 0;
        return stop(line, e.time, false);
    }
  }

  static void become(line_table::life& line, line_table::doing what, instant since) {
    line.since = since;
    line.does = what;
  }

  /// Draws what the line has done up to now.
  void stop(line_table::life& line, instant now, bool open) {
    const place on = track_of(line);
    switch (std::exchange(line.does, line_table::doing::unknown)) {
      case line_table::doing::unknown:
        return;
      case line_table::doing::runs:
        return out_.slice(on, line.since, now, {"runs"}, open ? "open" : "on",
                          {open ? "still runs on " : "", line.thread});
      case line_table::doing::is_ready:
        return out_.slice(on, line.since, now, {"ready"}, open ? "open" : "", {"still"});
      case line_table::doing::waits:
        return out_.slice(on, line.since, now, {"waits: ", line.waits_for}, open ? "open" : "",
                          {"still"});
    }
  }

  /// From the task that runs on this thread, or else from the thread.
  void woken(const event& e, const thread_state& t, const char* name) {
    place from = track_of(t);
    if (t.line != 0) {
      event waker = e;
      waker.subject = t.line;
      from = track_of(lines_.of(waker));
    } else {
      stand(e, t, name);
    }
    arrows_.push_back({e.time, from, handed::line, e.subject, name});
  }

  // From one to another ---------------------------------------------------------------------------

  /// An arrow begins in a slice: where nothing is drawn at that time, in one without length.
  void stand(const event& e, const thread_state& t, const char* name) {
    if (!t.in_call && !t.in_work) out_.slice(track_of(t), e.time, e.time, {name});
  }
  void leaves(const event& e, const thread_state& t, handed what, const char* name) {
    stand(e, t, name);
    arrows_.push_back({e.time, track_of(t), what, e.subject, name});
  }
  void arrives(const event& e, const thread_state& t, handed what) {
    arrows_.push_back({e.time, track_of(t), what, e.subject});
  }

  /// By address and in the order of time: each beginning goes to the next end, and what was lost,
  /// or is still to come, has no arrow.
  void pair_arrows() {
    std::pmr::map<std::pair<handed, std::uint64_t>, arrow_end> begun(
        arrows_.get_allocator().resource());
    for (const arrow_end& each : arrows_) {
      const std::pair whom(each.what, each.subject);
      if (each.name != nullptr) {
        begun.insert_or_assign(whom, each);
        continue;
      }
      const auto from = begun.find(whom);
      if (from == begun.end()) continue;
      out_.arrow(from->second.where, from->second.at, each.where, each.at, from->second.name);
      begun.erase(from);
    }
  }

  void name_everything() {
    out_.name_process(threads, "threads");
    for (const thread_state& t : states_) {
      if (t.record->lost == 0) {
        out_.name_track(track_of(t), {t.record->name});
      } else {
        const decimal lost(static_cast<std::int64_t>(t.record->lost));
        out_.name_track(track_of(t), {t.record->name, " (", lost, " events lost)"});
      }
    }
    out_.name_process(tasks, "tasks");
    lines_.for_each([&](const line_table::life& line) {
      const std::string_view name = line.name.empty() ? "task" : line.name;
      if (line.site.line() == 0) {
        out_.name_track(track_of(line), {name});
      } else {
        out_.name_track(track_of(line),
                        {name, " (", file_of(line.site), ":", decimal(line.site.line()), ")"});
      }
    });
  }

  trace_writer out_;
  std::pmr::vector<thread_state> states_;
  line_table lines_;
  std::pmr::vector<arrow_end> arrows_;
  instant newest_;
};

}  // namespace

void draw_trace(std::span<const track_view> tracks, trace_sink& to,
                std::pmr::memory_resource& memory, const crash_mark* mark) {
  drawing(tracks, to, memory).finish(mark);
}

}  // namespace rondo::observe
