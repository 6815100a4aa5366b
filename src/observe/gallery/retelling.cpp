// Reads the story of a run backwards and forwards: see the header for the idea.
#include "observe/gallery/retelling.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace rondo::observe::gallery {

using probe::event;
using probe::event_kind;
using probe::turn_phase;

namespace {

bool begins_call(event_kind kind) {
  return kind == event_kind::call_begins || kind == event_kind::timer_fired ||
         kind == event_kind::io_completed;
}

constexpr const char* main_task = "main task";

}  // namespace

bool retelling::life::runs_at(std::size_t mark) const {
  for (std::size_t i = 0; i + 1 < called.size(); i += 2) {
    if (called[i] < mark && mark < called[i + 1]) return true;
  }
  return false;
}

retelling::retelling(std::vector<event> events, std::vector<mark> marks)
    : marks_(std::move(marks)) {
  place_marks(events);
  read_calls(events);
  read_tasks(events);
  read_callbacks();
  name_calls();
}

/// Takes the marks out of the events, and says of each how many events are before it.
void retelling::place_marks(std::vector<event>& events) {
  std::uint64_t before = 0;
  std::size_t next = 0;
  for (const event& e : events) {
    if (e.kind != event_kind::none) {
      ++before;
    } else if (next < marks_.size()) {
      marks_[next++].events = before;
    }
  }
  std::erase_if(events, [](const event& e) { return e.kind == event_kind::none; });
}

void retelling::read_calls(const std::vector<event>& events) {
  for (std::uint64_t i = 0; i < events.size(); ++i) {
    const event& e = events[i];
    if (begins_call(e.kind)) {
      const bool is_io = e.kind == event_kind::io_completed;
      calls_.push_back(
          {i, UINT64_MAX, is_io ? turn_phase::poll : static_cast<turn_phase>(e.number), {}});
    } else if (e.kind == event_kind::call_ends && !calls_.empty()) {
      calls_.back().end = i;
    }
  }
}

void retelling::read_tasks(const std::vector<event>& events) {
  std::map<std::uint64_t, std::size_t> latest;  // by the line's address
  std::map<std::uint64_t, std::string> names;
  std::map<std::uint32_t, int> nameless;  // by the line of the source where they were begun
  for (std::uint64_t i = 0; i < events.size(); ++i) {
    const event& e = events[i];
    if (e.kind == event_kind::line_begins) {
      // The outermost one is called by `run`, and waits for the main task alone.
      const std::uint32_t line = probe::site_of(e).line();
      names[e.subject] = names.empty() ? main_task
                                       : "task " + std::to_string(++nameless[line]) + " of line " +
                                             std::to_string(line);
    } else if (e.kind == event_kind::line_named) {
      const std::string_view name = probe::text_of(e);
      names[e.subject] = name == "main" ? main_task : std::string(name);
      if (const auto found = latest.find(e.subject); found != latest.end()) {
        stretches_[found->second].name = names[e.subject];
      }
      continue;
    } else if (e.kind != event_kind::line_resumed && e.kind != event_kind::line_suspended &&
               e.kind != event_kind::line_woken && e.kind != event_kind::line_ended) {
      continue;
    }
    if (const auto found = latest.find(e.subject); found != latest.end()) {
      stretches_[found->second].to = i;
    }
    if (e.kind == event_kind::line_ended) {
      latest.erase(e.subject);
      continue;
    }
    stretch next;
    next.from = i;
    next.name = names[e.subject];
    next.runs = e.kind == event_kind::line_resumed;
    if (e.kind == event_kind::line_suspended) next.waits_for = probe::text_of(e);
    latest[e.subject] = stretches_.size();
    stretches_.push_back(std::move(next));
  }
}

void retelling::read_callbacks() {
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    const mark& m = marks_[i];
    if (m.what == mark::kind::said) continue;
    if (lives_.size() <= m.callback) lives_.resize(m.callback + 1);
    life& l = lives_[m.callback];
    if (m.what == mark::kind::made) {
      l.name = m.text;
      l.made = i;
    } else if (m.what == mark::kind::gone) {
      l.gone = i;
    } else {
      l.called.push_back(i);
      l.events.push_back(m.events);
    }
  }
  for (life& l : lives_) {
    const call* const c = l.events.empty() ? nullptr : call_at(l.events.front());
    if (c == nullptr) continue;
    l.has_phase = true;
    l.phase = c->phase;
  }
}

/// By the callback that was called in it, otherwise by the task that went on first.
void retelling::name_calls() {
  for (call& c : calls_) {
    for (const life& l : lives_) {
      for (std::size_t i = 0; i < l.events.size() && c.name.empty(); i += 2) {
        if (c.begin < l.events[i] && l.events[i] <= c.end) c.name = l.name;
      }
    }
    for (const stretch& s : stretches_) {
      if (c.name.empty() && s.runs && c.begin < s.from && s.from < c.end) c.name = s.name;
    }
  }
}

const retelling::call* retelling::call_at(std::uint64_t moment) const {
  for (const call& c : calls_) {
    if (c.begin < moment && moment <= c.end) return &c;
  }
  return nullptr;
}

std::string retelling::runs_at(std::size_t at) const {
  for (const life& l : lives_) {
    if (l.runs_at(at)) return l.name;
  }
  const std::uint64_t moment = marks_[at].events;
  const stretch* latest = nullptr;
  for (const stretch& s : stretches_) {
    if (s.runs && s.from < moment && moment <= s.to) latest = &s;
  }
  return latest == nullptr ? "a hook of the loop" : latest->name;
}

std::vector<std::string> retelling::next_of(turn_phase phase, std::size_t at) const {
  const mark& m = marks_[at];
  const std::uint64_t count = m.queues.waiting[static_cast<int>(phase)];
  std::vector<std::string> next;
  for (const call& c : calls_) {
    if (next.size() == count) break;
    if (c.begin >= m.events && c.phase == phase) next.push_back(c.name.empty() ? "…" : c.name);
  }
  return next;
}

/// When it is called next in the timers phase; what never is comes last.
std::uint64_t retelling::fires_after(const std::string& name, std::uint64_t moment) const {
  for (const call& c : calls_) {
    if (c.begin >= moment && c.phase == turn_phase::timers && c.name == name) return c.begin;
  }
  return UINT64_MAX;
}

std::vector<std::string> retelling::timers_at(std::size_t at) const {
  const std::uint64_t moment = marks_[at].events;
  const std::uint64_t count = marks_[at].queues.waiting[static_cast<int>(turn_phase::timers)];
  std::vector<std::pair<std::uint64_t, std::string>> armed;
  const auto add = [&](const std::string& name) {
    armed.emplace_back(fires_after(name, moment), name);
  };
  for (const life& l : lives_) {
    if (l.has_phase && l.phase == turn_phase::timers && l.waits_at(at)) add(l.name);
  }
  for (const stretch& s : stretches_) {
    if (s.waits_for == "sleep" && s.from < moment && moment <= s.to) add(s.name);
  }
  for (const life& l : lives_) {  // cleared before it was due, so nothing tells what it was
    if (l.called.empty() && l.waits_at(at) && armed.size() < count) add(l.name);
  }
  std::ranges::sort(armed);
  std::vector<std::string> names;
  names.reserve(std::max<std::size_t>(count, armed.size()));
  for (auto& each : armed) names.push_back(std::move(each.second));
  while (names.size() < count) names.emplace_back("a deadline");
  return names;
}

std::vector<std::string> retelling::blocked_at(std::size_t at, const step& so_far) const {
  const std::uint64_t moment = marks_[at].events;
  std::vector<std::string> all;
  for (const stretch& s : stretches_) {
    const bool waits =
        !s.waits_for.empty() && s.waits_for != "sleep" && s.from < moment && moment <= s.to;
    if (!waits || (s.name == main_task && s.waits_for == "its children")) continue;
    all.push_back(s.name + ": " + s.waits_for);
  }
  const auto& polled = so_far.waiting[static_cast<int>(turn_phase::poll)];
  for (const life& l : lives_) {
    const bool is_due = std::ranges::find(polled, l.name) != polled.end();
    if (l.has_phase && l.phase == turn_phase::poll && l.waits_at(at) && !is_due) {
      all.push_back(l.name + ": comes in by the poll phase");
    }
  }
  return all;
}

step retelling::told(std::size_t at) const {
  const mark& m = marks_[at];
  step s;
  s.said = m.text;
  s.line = m.line;
  s.at = m.now - instant();
  if (const call* const c = call_at(m.events)) {
    s.phase = c->phase;
    s.where = to_string(c->phase);
    s.runs = runs_at(at);
  } else {
    s.in_main = true;
    s.where = "main module";
    s.runs = "main module";
  }
  for (int i = 0; i < loop_metrics::phases; ++i) {
    const auto phase = static_cast<turn_phase>(i);
    s.waiting[i] = phase == turn_phase::timers ? timers_at(at) : next_of(phase, at);
  }
  s.blocked = blocked_at(at, s);
  return s;
}

std::vector<step> retelling::steps() const {
  std::vector<step> all;
  for (std::size_t i = 0; i < marks_.size(); ++i) {
    if (marks_[i].what == mark::kind::said) all.push_back(told(i));
  }
  return all;
}

}  // namespace rondo::observe::gallery
