// The table of tasks, sorted, filtered and cut into pages here, so that 10,000 of them cost the
// browser no more than the hundred that are seen; and all that is known of one.
#include <algorithm>
#include <cctype>
#include <map>

#include "observe/page_json.hpp"
#include "observe/page_server.hpp"
#include "observe/words.hpp"

namespace rondo::observe {

using namespace page;

namespace {

constexpr std::uint64_t most_rows = 200;
constexpr std::size_t most_children = 50;
constexpr std::size_t most_sites = 4;
constexpr std::size_t few = 10;  // of one site, which are not worth a word

using order = bool (*)(const task_view& a, const task_view& b);

template <auto Member>
constexpr order by = [](const task_view& a, const task_view& b) { return a.*Member < b.*Member; };

bool by_place(const task_view& a, const task_view& b) {
  const int files = std::string_view(a.spawned_at.file_name()).compare(b.spawned_at.file_name());
  return files != 0 ? files < 0 : a.spawned_at.line() < b.spawned_at.line();
}

bool by_idle(const task_view& a, const task_view& b) {
  return a.age - a.busy < b.age - b.busy;
}

order order_of(std::string_view column) {
  static constexpr std::pair<std::string_view, order> columns[] = {
      {"id", by<&task_view::id>},
      {"name", by<&task_view::name>},
      {"spawned", by_place},
      {"state", by<&task_view::state>},
      {"worker", by<&task_view::worker>},
      {"polls", by<&task_view::polls>},
      {"busy", by<&task_view::busy>},
      {"idle", by_idle},
      {"age", by<&task_view::age>},
      {"inState", by<&task_view::in_state>},
      {"longest", by<&task_view::longest_poll>},
      {"waitsFor", by<&task_view::waits_for>}};
  for (const auto& [name, less] : columns) {
    if (name == column) return less;
  }
  return by<&task_view::id>;
}

bool is_in(const task_view& task, std::string_view filter) {
  if (filter == "suspicious") return task.suspicions != 0;
  return filter.empty() || filter == "all" || filter == words::to_string(task.state);
}

/// Without regard to the case of ASCII letters.
bool holds(std::string_view text, std::string_view part) {
  const auto same = [](unsigned char a, unsigned char b) {
    return std::tolower(a) == std::tolower(b);
  };
  return std::ranges::search(text, part, same).begin() != text.end();
}

bool is_found(const task_view& task, std::string_view searched) {
  if (searched.empty()) return true;
  return holds(task.name, searched) || holds(task.waits_for, searched) ||
         holds(place(task.spawned_at), searched) || std::to_string(task.id) == searched;
}

/// Where most of `found` were spawned: what leaks, or what there is much of.
json sites_of(const std::vector<const task_view*>& found) {
  std::map<std::string, std::size_t> by_site;
  for (const task_view* const each : found) ++by_site[place(each->spawned_at)];
  std::vector<std::pair<std::size_t, std::string>> sites;
  for (const auto& [site, count] : by_site) {
    if (!site.empty() && count >= few) sites.emplace_back(count, site);
  }
  std::ranges::sort(sites, std::greater<>());
  if (sites.size() > most_sites) sites.resize(most_sites);
  json list = json::array();
  for (const auto& [count, site] : sites) list.push_back({{"spawned", site}, {"count", count}});
  return list;
}

json tasks(const snapshot& all, const page_query& query) {
  std::vector<const task_view*> found;
  for (const task_view& task : all.tasks) {
    if (is_in(task, query.text("filter")) && is_found(task, query.text("search"))) {
      found.push_back(&task);
    }
  }
  const order less = order_of(query.text("sort"));
  const bool descends = query.text("order") == "desc";
  std::ranges::sort(found, [&](const task_view* a, const task_view* b) {
    if (less(*a, *b)) return !descends;
    if (less(*b, *a)) return descends;
    return a->id < b->id;
  });
  const std::size_t begin = std::min<std::size_t>(query.number("offset", 0), found.size());
  const std::size_t count =
      std::min<std::size_t>(std::min(query.number("limit", 50), most_rows), found.size() - begin);
  json rows = json::array();
  for (std::size_t i = begin; i < begin + count; ++i) rows.push_back(row_of(*found[i]));
  return {{"total", all.tasks.size()}, {"leftOut", all.tasks_left_out}, {"matching", found.size()},
          {"offset", begin},           {"sites", sites_of(found)},      {"rows", std::move(rows)}};
}

/// A task that another one has to do with: enough for a link.
json link_to(const snapshot& in, std::uint64_t id) {
  if (id == 0) return nullptr;
  const task_view* const task = find_task(in, id);
  return {{"id", id},
          {"title", task != nullptr ? title_of(*task) : "task " + std::to_string(id)},
          {"lives", task != nullptr}};
}

json task(const snapshot& all, std::uint64_t id) {
  const task_view* const found = find_task(all, id);
  if (found == nullptr) return {{"task", nullptr}};
  json stack = json::array();
  const auto add_frame = [&](const std::source_location& where) {
    const std::string text = place(where);
    if (!text.empty()) stack.push_back({{"at", text}, {"in", where.function_name()}});
  };
  add_frame(found->waits_at);
  for (const std::source_location& where : found->awaited_at) add_frame(where);
  json children = json::array();
  std::size_t others = 0;
  for (const task_view& each : all.tasks) {
    if (each.parent != id) continue;
    if (children.size() < most_children) {
      children.push_back(link_to(all, each.id));
    } else {
      ++others;
    }
  }
  json holds = json::array();
  json holder = nullptr;
  for (const lock_view& each : all.locks) {
    if (each.holder == id) holds.push_back({{"what", each.what}, {"on", thing(each.on)}});
    if (each.on == found->on && found->on != nullptr) holder = link_to(all, each.holder);
  }
  return {{"task", row_of(*found)},
          {"stack", std::move(stack)},
          {"parent", link_to(all, found->parent)},
          {"wokenBy", link_to(all, found->woken_by)},
          {"joins", link_to(all, found->joins)},
          {"holder", std::move(holder)},
          {"holds", std::move(holds)},
          {"children", std::move(children)},
          {"otherChildren", others}};
}

}  // namespace

void add_tasks(page_routes& routes, page_view& view) {
  routes.add("/api/tasks", [&view](http::exchange& x, const page_query& query) {
    return respond_json(x, tasks(view.now(), query));
  });
  routes.add("/api/task", [&view](http::exchange& x, const page_query& query) {
    return respond_json(x, task(view.now(), query.number("id", 0)));
  });
}

}  // namespace rondo::observe
