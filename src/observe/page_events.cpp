// The last events of one thread, for the page to step through. Who an event is about is looked up
// here: the recorder knows addresses, and has seen their names only if they are not overwritten.
#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>

#include "observe/page_json.hpp"
#include "observe/page_server.hpp"

namespace rondo::observe {

using namespace page;

namespace {

constexpr std::uint64_t most_events = 2000;

using probe::event;
using probe::event_kind;
using probe::track_record;

/// Titles of lines by their address, which another line may have taken over from one that has
/// ended. So they are learnt and forgotten in the order in which things happened.
class titles {
 public:
  /// Lines that live, and were there before the oldest event.
  explicit titles(const snapshot& all) {
    for (const task_view& task : all.tasks) {
      if (task.line != nullptr) {
        known_[reinterpret_cast<std::uintptr_t>(task.line)] = title_of(task);
      }
    }
  }
  void learn(const event& e) {
    if (e.kind == event_kind::line_begins) known_[e.subject] = place(probe::site_of(e));
    if (e.kind == event_kind::line_named) known_[e.subject] = probe::text_of(e);
  }
  std::string of(std::uint64_t line) const {
    const auto found = known_.find(line);
    return found == known_.end() ? "" : found->second;
  }

 private:
  std::unordered_map<std::uint64_t, std::string> known_;
};

bool is_of_a_line(event_kind kind) {
  return kind >= event_kind::line_begins && kind <= event_kind::line_ended;
}

/// Kinds whose `event::other` is a text.
bool has_text(event_kind kind) {
  switch (kind) {
    case event_kind::io_completed:
    case event_kind::io_submitted:
    case event_kind::io_at_once:
    case event_kind::line_named:
    case event_kind::line_suspended:
    case event_kind::work_begins:
      return true;
    default:
      return false;
  }
}

json event_of(const event& e, instant first, const titles& names) {
  json one = {{"at", (e.time - first).count_ns()},
              {"kind", to_string(e.kind)},
              {"subject", thing(reinterpret_cast<const void*>(e.subject))},
              {"number", e.number}};
  if (is_of_a_line(e.kind)) one["who"] = names.of(e.subject);
  if (has_text(e.kind)) one["text"] = probe::text_of(e);
  if (e.kind == event_kind::line_begins) one["where"] = place(probe::site_of(e));
  return one;
}

/// All threads' events of lines, in the order of time: a line may be named on one thread and run on
/// another.
std::vector<event> line_events(const std::vector<track_record>& tracks) {
  std::vector<event> all;
  for (const track_record& track : tracks) {
    for (const event& e : track.events) {
      if (e.kind == event_kind::line_begins || e.kind == event_kind::line_named) all.push_back(e);
    }
  }
  std::ranges::sort(all, {}, [](const event& e) { return std::pair(e.time, e.kind); });
  return all;
}

json events_of(const std::vector<track_record>& tracks, const track_record& of, const snapshot& all,
               std::size_t limit) {
  titles names(all);
  const std::vector<event> to_learn = line_events(tracks);
  auto next = to_learn.begin();
  const std::size_t begin = of.events.size() - std::min(of.events.size(), limit);
  json list = json::array();
  for (std::size_t i = begin; i < of.events.size(); ++i) {
    const event& e = of.events[i];
    while (next != to_learn.end() && next->time <= e.time) names.learn(*next++);
    list.push_back(event_of(e, of.events[begin].time, names));
  }
  return list;
}

json events(const page_view& view, const snapshot& all, const page_query& query) {
  json answer = {{"recorder", view.recorder() != nullptr},
                 {"tracks", json::array()},
                 {"track", nullptr},
                 {"events", json::array()}};
  if (view.recorder() == nullptr) return answer;
  const std::vector<track_record> tracks = view.recorder()->snapshot();
  const std::uint64_t wanted = query.number("track", 0);
  const std::size_t limit = std::min(query.number("limit", 500), most_events);
  for (const track_record& each : tracks) {
    answer["tracks"].push_back({{"index", each.index},
                                {"name", each.name},
                                {"open", each.open},
                                {"count", each.events.size()},
                                {"lost", each.lost}});
    if (static_cast<std::uint64_t>(each.index) != wanted) continue;
    answer["track"] = wanted;
    answer["events"] = events_of(tracks, each, all, limit);
  }
  return answer;
}

}  // namespace

void add_events(page_routes& routes, page_view& view) {
  routes.add("/api/events", [&view](http::exchange& x, const page_query& query) {
    return respond_json(x, events(view, view.now(), query));
  });
}

}  // namespace rondo::observe
