// What keeps the loops alive, and what the program has open: as lists, of which the page gets no
// more than people read.
#include <algorithm>

#include "observe/page_json.hpp"
#include "observe/page_server.hpp"

namespace rondo::observe {

using namespace page;

namespace {

constexpr std::size_t most_listed = 300;

/// Timers are listed by when they are due, what else there is by what it is.
bool is_timer(const handle_view& handle) {
  return handle.what == "timeout" || handle.what == "interval" || handle.what == "timer of a task";
}

json handle(const handle_view& of) {
  return {{"worker", of.worker}, {"what", of.what}, {"where", place(of.where)}};
}

json timers_of(const snapshot& all) {
  std::vector<const handle_view*> timers;
  for (const handle_view& each : all.handles) {
    if (is_timer(each)) timers.push_back(&each);
  }
  std::ranges::sort(timers, {}, [](const handle_view* h) { return std::pair(h->due, h); });
  json list = json::array();
  for (const handle_view* const each : timers) {
    if (list.size() == most_listed) break;
    json one = handle(*each);
    one["due"] = each->due.count_ns();
    list.push_back(std::move(one));
  }
  return {{"count", timers.size()}, {"list", std::move(list)}};
}

/// "receive" of "receive on descriptor 12".
std::string_view kind_of(const std::string& what) {
  return std::string_view(what).substr(0, what.find(" on descriptor "));
}

/// Equal ones, of which there may be thousands, as one with their number.
json handles_of(const snapshot& all) {
  std::vector<std::pair<json, std::size_t>> kinds;
  std::size_t count = 0;
  for (const handle_view& each : all.handles) {
    if (is_timer(each)) continue;
    ++count;
    json one = handle(each);
    one["what"] = kind_of(each.what);
    const auto same =
        std::ranges::find_if(kinds, [&](const auto& kind) { return kind.first == one; });
    if (same != kinds.end()) {
      ++same->second;
    } else if (kinds.size() < most_listed) {
      kinds.emplace_back(std::move(one), 1);
    }
  }
  json list = json::array();
  for (auto& [one, times] : kinds) {
    one["count"] = times;
    list.push_back(std::move(one));
  }
  return {{"count", count}, {"list", std::move(list)}};
}

json sockets_of(const snapshot& all) {
  json list = json::array();
  for (const socket_view& each : all.sockets) {
    if (list.size() == most_listed) break;
    list.push_back({{"fd", each.fd},
                    {"kind", each.kind},
                    {"local", each.local},
                    {"peer", each.peer},
                    {"state", each.state},
                    {"unread", each.unread},
                    {"unsent", each.unsent}});
  }
  return {{"count", all.sockets.size()}, {"list", std::move(list)}};
}

json jobs_of(const snapshot& all) {
  json list = json::array();
  for (const job_view& each : all.jobs) {
    if (list.size() == most_listed) break;
    list.push_back({{"name", each.name}, {"runningFor", each.running_for.count_ns()}});
  }
  return {{"count", all.jobs.size()}, {"queued", all.jobs_queued}, {"list", std::move(list)}};
}

json alive(const snapshot& all) {
  std::uint64_t handles = 0;
  for (const worker_view& each : all.workers) handles += each.handles;
  return {{"handles", handles},
          {"timers", timers_of(all)},
          {"others", handles_of(all)},
          {"sockets", sockets_of(all)},
          {"jobs", jobs_of(all)}};
}

}  // namespace

void add_alive(page_routes& routes, page_view& view) {
  routes.add("/api/alive", [&view](http::exchange& x, const page_query&) {
    return respond_json(x, alive(view.now()));
  });
}

}  // namespace rondo::observe
