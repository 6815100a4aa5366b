// What the tabs get: tasks in pages, a task, the graph of waits, what is alive, recorded events.
#include <gmock/gmock.h>

#include <set>

#include <rondo/probe/recorder.hpp>

#include "page/page_fixture.hpp"

namespace rondo::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

class page_data_test : public page_test {};
INSTANTIATE_TEST_SUITE_P(backends, page_data_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

std::vector<int> ids_of(const json& answer) {
  std::vector<int> ids;
  for (const json& row : answer["rows"]) ids.push_back(row["id"]);
  return ids;
}

TEST_P(page_data_test, cuts_many_tasks_into_pages) {
  serve(10'000, [&]() -> task<> {
    const json first = co_await ask("/api/tasks");
    EXPECT_EQ(first["total"], 10'000);
    EXPECT_EQ(first["matching"], 10'000);
    EXPECT_EQ(first["rows"].size(), 50u);
    const json last = co_await ask("/api/tasks?offset=9998&limit=10");
    EXPECT_THAT(ids_of(last), ElementsAre(9999, 10'000));
    const json much = co_await ask("/api/tasks?limit=100000");
    EXPECT_EQ(much["rows"].size(), 200u);
    const json beyond = co_await ask("/api/tasks?offset=20000");
    EXPECT_EQ(beyond["rows"].size(), 0u);
    const json nonsense = co_await ask("/api/tasks?offset=-1&limit=x&sort=%00&filter=y");
    EXPECT_EQ(nonsense["rows"].size(), 0u);
  });
}

TEST_P(page_data_test, sorts_tasks) {
  serve(100, [&]() -> task<> {
    const json oldest = co_await ask("/api/tasks?sort=age&order=desc&limit=2");
    EXPECT_THAT(ids_of(oldest), ElementsAre(100, 99));
    const json named = co_await ask("/api/tasks?sort=name&limit=3");
    EXPECT_THAT(ids_of(named), ElementsAre(2, 1, 3));  // Kant, Plato, session
    const json equal = co_await ask("/api/tasks?sort=inState&order=desc&limit=3");
    EXPECT_THAT(ids_of(equal), ElementsAre(1, 2, 3));
    for (const char* const column :
         {"id", "spawned", "state", "worker", "polls", "busy", "idle", "longest", "waitsFor"}) {
      const json sorted = co_await ask("/api/tasks?sort=" + std::string(column));
      EXPECT_EQ(sorted["rows"].size(), 50u) << column;
    }
  });
}

TEST_P(page_data_test, finds_tasks) {
  serve(100, [&]() -> task<> {
    const json suspicious = co_await ask("/api/tasks?filter=suspicious");
    EXPECT_THAT(ids_of(suspicious), ElementsAre(1, 2, 4));
    EXPECT_EQ(suspicious["rows"][2]["suspicions"], json({"polled too long"}));
    const json running = co_await ask("/api/tasks?filter=running");
    EXPECT_THAT(ids_of(running), ElementsAre(4));
    const json philosophers = co_await ask("/api/tasks?search=LOCK+of");
    EXPECT_THAT(ids_of(philosophers), ElementsAre(1, 2));
    const json one = co_await ask("/api/tasks?search=77");
    EXPECT_THAT(ids_of(one), ElementsAre(77));
    const json here = co_await ask("/api/tasks?search=made_up.cpp");
    EXPECT_EQ(here["matching"], 100);
    EXPECT_EQ(here["sites"][0]["count"], 100);
    EXPECT_THAT(here["sites"][0]["spawned"], StartsWith("made_up.cpp:"));
  });
}

TEST_P(page_data_test, tells_all_of_one_task) {
  serve(100, [&]() -> task<> {
    const json plato = co_await ask("/api/task?id=1");
    EXPECT_EQ(plato["task"]["name"], "Plato");
    EXPECT_EQ(plato["holder"]["title"], "Kant");
    EXPECT_EQ(plato["holds"][0]["what"], "mutex");
    EXPECT_EQ(plato["stack"].size(), 3u);
    EXPECT_EQ(plato["parent"]["id"], 3);
    const json parent = co_await ask("/api/task?id=3");
    EXPECT_EQ(parent["children"].size(), 50u);
    EXPECT_EQ(parent["otherChildren"], 50);
    const json gone = co_await ask("/api/task?id=4711");
    EXPECT_TRUE(gone["task"].is_null());
  });
}

/// "Plato>mutex" of an edge.
std::string in_short(const json& graph, const json& edge) {
  const auto title = [&](const json& id) -> std::string {
    for (const json& node : graph["nodes"]) {
      if (node["id"] == id) return node.value("title", "more");
    }
    return "nobody";
  };
  return title(edge["from"]) + ">" + title(edge["to"]);
}

TEST_P(page_data_test, draws_who_waits_for_whom) {
  serve(5, [&]() -> task<> {
    const json graph = co_await ask("/api/graph?around=1");
    std::set<std::string> edges;
    for (const json& edge : graph["edges"]) {
      edges.insert(in_short(graph, edge));
      EXPECT_EQ(edge["cycle"], true);
    }
    EXPECT_EQ(edges,
              (std::set<std::string>{"Plato>mutex", "mutex>Kant", "Kant>mutex", "mutex>Plato"}));
    EXPECT_EQ(graph["deadlocks"][0]["tasks"], (json{1, 2}));
    const json nothing = co_await ask("/api/graph?around=4");  // it runs
    EXPECT_TRUE(nothing["nodes"].empty());
  });
}

TEST_P(page_data_test, draws_few_of_many) {
  serve(10'000, [&]() -> task<> {
    const json graph = co_await ask("/api/graph");
    EXPECT_LE(graph["nodes"].size(), 120u);
    EXPECT_EQ(graph["tasks"], 10'000);
    std::set<std::string> ids;
    for (const json& node : graph["nodes"]) ids.insert(node["id"]);
    EXPECT_TRUE(ids.contains("t1") && ids.contains("t2"));
    for (const json& edge : graph["edges"]) {
      EXPECT_TRUE(ids.contains(edge["from"]) && ids.contains(edge["to"]));
    }
  });
}

TEST_P(page_data_test, says_what_keeps_the_loop_alive) {
  serve(5, [&]() -> task<> {
    const json alive = co_await ask("/api/alive");
    EXPECT_EQ(alive["handles"], 10);
    EXPECT_EQ(alive["timers"]["list"][0]["what"], "interval");
    EXPECT_EQ(alive["timers"]["list"][0]["due"], 7'000'000);
    EXPECT_EQ(alive["others"]["list"].size(), 2u);
    EXPECT_EQ(alive["others"]["list"][1]["what"], "receive");
    EXPECT_EQ(alive["others"]["list"][1]["count"], 3);  // on three descriptors, from one place
    EXPECT_EQ(alive["sockets"]["list"][0]["peer"], "127.0.0.1:5000");
    EXPECT_EQ(alive["sockets"]["list"][0]["unsent"], 3456);
    EXPECT_EQ(alive["jobs"]["list"][0]["name"], "read a file");
    EXPECT_EQ(alive["jobs"]["queued"], 2);
  });
}

TEST_P(page_data_test, replays_what_was_recorded) {
  probe::recorder recorder;
  probe::track* const track = recorder.open("worker 0");
  const auto here = std::source_location::current();
  int line = 0;
  track->record(probe::event_kind::line_begins, &line, probe::to_number(here));
  track->record(probe::event_kind::line_resumed, &line);
  track->record(probe::event_kind::line_named, &line, probe::to_number(recorder.keep("nap")));
  track->record(probe::event_kind::line_suspended, &line, probe::to_number("sleep"));
  track->record(probe::event_kind::poll_begins, nullptr, 0, -1);
  recorder.open("empty");
  recorded_by = &recorder;
  serve(5, [&]() -> task<> {
    const json all = co_await ask("/api/events");
    EXPECT_EQ(all["tracks"].size(), 2u);
    EXPECT_EQ(all["tracks"][0]["name"], "worker 0");
    const json& events = all["events"];
    EXPECT_EQ(events.size(), 5u);
    EXPECT_EQ(events[0]["kind"], "line_begins");
    EXPECT_THAT(events[0]["where"], StartsWith("page_data_test.cpp:"));
    EXPECT_THAT(events[1]["who"], StartsWith("page_data_test.cpp:"));  // it has no name yet
    EXPECT_EQ(events[3]["who"], "nap");
    EXPECT_EQ(events[3]["text"], "sleep");
    EXPECT_EQ(events[4]["number"], -1);
    const json last = co_await ask("/api/events?limit=1");
    EXPECT_EQ(last["events"].size(), 1u);
    EXPECT_EQ(last["events"][0]["at"], 0);
    const json empty = co_await ask("/api/events?track=1");
    EXPECT_TRUE(empty["events"].empty());
    const json nowhere = co_await ask("/api/events?track=9");
    EXPECT_TRUE(nowhere["track"].is_null());
  });
  recorder.close(*track);
}

TEST_P(page_data_test, says_where_nothing_was_recorded) {
  serve(5, [&]() -> task<> {
    const json none = co_await ask("/api/events");
    EXPECT_EQ(none["recorder"], false);
  });
}

}  // namespace
}  // namespace rondo::testing
