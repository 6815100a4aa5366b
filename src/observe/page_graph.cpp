// Who waits for whom. A snapshot says of each task what it waits for; here that becomes edges, and
// of many the few that are worth a look.
#include <algorithm>
#include <deque>
#include <map>
#include <set>

#include "observe/page_json.hpp"
#include "observe/page_server.hpp"
#include "observe/words.hpp"

namespace rondo::observe {

using namespace page;

namespace {

constexpr const char* time_key = "z";

std::string key_of(std::uint64_t task) {
  return "t" + std::to_string(task);
}

std::string key_of(const void* on) {
  return "r" + thing(on).get<std::string>();
}

/// "mutex" of "lock of a mutex".
std::string what_is_waited_for(const std::string& wait) {
  const auto of = wait.rfind(" of a");
  if (of == wait.npos) return wait;
  const auto space = wait.find(' ', of + 4);
  return space == wait.npos ? wait : wait.substr(space + 1);
}

std::string title_of_socket(const snapshot& in, int fd) {
  for (const socket_view& each : in.sockets) {
    if (each.fd == fd) return each.peer.empty() ? each.local : each.peer;
  }
  return "descriptor " + std::to_string(fd);
}

/// Who waits for whom, as a graph: from each waiting task to what it waits for, and from that to
/// who has it. Of many tasks only the neighbourhood that matters is drawn. Refers to the snapshot.
class page_graph {
 public:
  struct limits {
    std::size_t nodes = 60;
    std::size_t neighbours = 6;  ///< of one node; the others are a node "97 more"
    std::size_t lonely = 12;     ///< things for which only one task waits
  };

  page_graph(const snapshot& all, limits most);

  /// What is near the task `around`; 0: deadlocks first, then what is suspicious, then what most
  /// wait for.
  json draw(std::uint64_t around);

 private:
  /// Who it is by a text: "t12" a task, "r0x7f.." a lock or a channel, "f7" a descriptor, "z" time.
  using key = std::string;
  struct edge {
    key from;
    key to;
    const char* says;
  };

  void add_wait(const task_view& task);
  void add_edge(key from, key to, const char* says);
  void take(const key& first);
  void take_some(const std::vector<std::size_t>& near, key edge::* end,
                 std::deque<key>& next) const;
  void take_most_waited_for();
  bool is_in_cycle(const key& from, const key& to) const;
  json node_of(const key& which) const;
  json task_node(std::uint64_t id) const;

  const snapshot* all_;
  limits most_;
  std::vector<edge> edges_;
  std::map<key, std::vector<std::size_t>> out_;  // of each node, by index in edges_
  std::map<key, std::vector<std::size_t>> into_;
  std::map<key, std::string> titles_;  // of what is no task
  std::set<key> deadlocked_;
  std::set<key> taken_;
};

page_graph::page_graph(const snapshot& all, limits most) : all_(&all), most_(most) {
  for (const lock_view& each : all.locks) {
    const key lock = key_of(each.on);
    titles_[lock] = each.what;
    if (each.holder != 0) add_edge(lock, key_of(each.holder), "is held by");
  }
  std::map<std::uint64_t, std::vector<std::uint64_t>> children;
  for (const task_view& each : all.tasks) {
    if (each.parent != 0) children[each.parent].push_back(each.id);
  }
  for (const task_view& each : all.tasks) {
    if (each.state != task_state::waiting) continue;
    add_wait(each);
    const bool is_for_children =
        each.on == nullptr && each.joins == 0 && each.fd < 0 && each.waits_for != "sleep";
    if (!is_for_children) continue;
    for (const std::uint64_t child : children[each.id]) {
      add_edge(key_of(each.id), key_of(child), "waits for its child");
    }
  }
  for (const deadlock& each : all.deadlocks) {
    for (const std::uint64_t task : each.tasks) {
      deadlocked_.insert(key_of(task));
      const task_view* const view = find_task(all, task);
      if (view != nullptr && view->on != nullptr) deadlocked_.insert(key_of(view->on));
    }
  }
}

void page_graph::add_wait(const task_view& task) {
  const key from = key_of(task.id);
  if (task.joins != 0) return add_edge(from, key_of(task.joins), "waits for the end of");
  if (task.on != nullptr) {
    const key to = key_of(task.on);
    titles_.try_emplace(to, what_is_waited_for(task.waits_for));
    return add_edge(from, to, "waits for");
  }
  if (task.fd >= 0) {
    const key to = "f" + std::to_string(task.fd);
    if (!titles_.contains(to)) titles_[to] = title_of_socket(*all_, task.fd);
    return add_edge(from, to, "waits for");
  }
  if (task.waits_for == "sleep") {
    titles_[time_key] = "time";
    add_edge(from, time_key, "sleeps");
  }
}

void page_graph::add_edge(key from, key to, const char* says) {
  out_[from].push_back(edges_.size());
  into_[to].push_back(edges_.size());
  edges_.push_back({std::move(from), std::move(to), says});
}

/// A node and what is near it, as far as there is room.
void page_graph::take(const key& first) {
  if (taken_.contains(first) || (!out_.contains(first) && !into_.contains(first))) return;
  std::deque<key> next = {first};
  while (!next.empty() && taken_.size() < most_.nodes) {
    const key one = std::move(next.front());
    next.pop_front();
    if (!taken_.insert(one).second) continue;
    take_some(out_[one], &edge::to, next);
    take_some(into_[one], &edge::from, next);
  }
}

/// Of many neighbours a few, but all that are deadlocked.
void page_graph::take_some(const std::vector<std::size_t>& near, key edge::* end,
                           std::deque<key>& next) const {
  std::size_t room = most_.neighbours;
  for (const std::size_t e : near) {
    const key& other = edges_[e].*end;
    if (taken_.contains(other)) continue;
    if (deadlocked_.contains(other)) {
      next.push_front(other);
    } else if (room > 0) {
      --room;
      next.push_back(other);
    }
  }
}

/// A task that waits for its own socket is worth less than what several have to do with: there are
/// few of those, however many tasks there are.
void page_graph::take_most_waited_for() {
  std::vector<const key*> popular;
  popular.reserve(into_.size());
  for (const auto& [node, waiters] : into_) popular.push_back(&node);
  std::ranges::sort(popular, std::greater<>(),
                    [&](const key* k) { return std::pair(into_.at(*k).size(), *k); });
  std::size_t lonely = most_.lonely;
  for (const key* const each : popular) {
    if (into_.at(*each).size() > 1) {
      take(*each);
    } else if (lonely > 0 && !taken_.contains(*each)) {
      --lonely;
      take(*each);
    }
  }
}

bool page_graph::is_in_cycle(const key& from, const key& to) const {
  return deadlocked_.contains(from) && deadlocked_.contains(to);
}

json page_graph::task_node(std::uint64_t id) const {
  const task_view* const task = find_task(*all_, id);
  if (task == nullptr) return {{"kind", "task"}, {"title", "task " + std::to_string(id)}};
  return {{"kind", "task"},
          {"task", id},
          {"title", title_of(*task)},
          {"sub", place(task->spawned_at)},
          {"state", words::to_string(task->state)},
          {"suspicions", suspicions_of(*task)},
          {"inState", task->in_state.count_ns()},
          {"waitsFor", task->waits_for},
          {"waitsAt", place(task->waits_at)}};
}

json page_graph::node_of(const key& which) const {
  json node;
  if (which[0] == 't') {
    node = task_node(std::stoull(which.substr(1)));
  } else {
    const char* const kind = which[0] == 'f' ? "socket" : which == time_key ? "time" : "thing";
    node = {{"kind", kind}, {"title", titles_.at(which)}, {"sub", which.substr(1)}};
  }
  node["id"] = which;
  node["deadlocked"] = deadlocked_.contains(which);
  return node;
}

json page_graph::draw(std::uint64_t around) {
  if (around != 0) {
    take(key_of(around));
  } else {
    for (const key& each : deadlocked_) take(each);
    for (const task_view& each : all_->tasks) {
      if (each.suspicions != 0) take(key_of(each.id));
    }
    take_most_waited_for();
  }

  json nodes = json::array();
  std::size_t tasks = 0;
  for (const key& each : taken_) {
    nodes.push_back(node_of(each));
    tasks += each[0] == 't' ? 1 : 0;
  }
  json edges = json::array();
  std::map<key, std::size_t> more_into;  // neighbours that are not drawn
  std::map<key, std::size_t> more_out;
  for (const edge& each : edges_) {
    const bool starts = taken_.contains(each.from);
    const bool ends = taken_.contains(each.to);
    if (starts && ends) {
      edges.push_back({{"from", each.from},
                       {"to", each.to},
                       {"says", each.says},
                       {"cycle", is_in_cycle(each.from, each.to)}});
    } else if (ends) {
      ++more_into[each.to];
    } else if (starts) {
      ++more_out[each.from];
    }
  }
  for (const auto& [to, count] : more_into) {
    const key id = "i" + to;
    nodes.push_back({{"id", id}, {"kind", "more"}, {"count", count}, {"sub", "wait for it, too"}});
    edges.push_back({{"from", id}, {"to", to}, {"says", "wait for"}, {"cycle", false}});
  }
  for (const auto& [from, count] : more_out) {
    const key id = "o" + from;
    nodes.push_back({{"id", id}, {"kind", "more"}, {"count", count}, {"sub", "it waits for, too"}});
    edges.push_back({{"from", from}, {"to", id}, {"says", "waits for"}, {"cycle", false}});
  }
  json deadlocks = json::array();
  for (const deadlock& each : all_->deadlocks) {
    deadlocks.push_back({{"tasks", each.tasks}, {"words", each.in_words}});
  }
  return {{"nodes", std::move(nodes)},
          {"edges", std::move(edges)},
          {"drawn", tasks},
          {"tasks", all_->tasks.size()},
          {"deadlocks", std::move(deadlocks)}};
}

}  // namespace

void add_graph(page_routes& routes, page_view& view) {
  routes.add("/api/graph", [&view](http::exchange& x, const page_query& query) {
    page_graph graph(view.now(), {});
    return respond_json(x, graph.draw(query.number("around", 0)));
  });
}

}  // namespace rondo::observe
