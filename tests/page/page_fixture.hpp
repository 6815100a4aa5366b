#pragma once

#include <nlohmann/json.hpp>

#include "http/server_fixture.hpp"
#include "observe/page_files.hpp"
#include "observe/page_server.hpp"
#include "page/made_up.hpp"

namespace rondo::testing {

using nlohmann::json;

/// Tests with a page about a program that is made up, and clients, on every backend.
class page_test : public net_test {
 public:
  void SetUp() override {
    if (observe::page_files().empty()) GTEST_SKIP() << "built without the page";
  }

  /// Serves a program with `tasks` tasks until `client` has ended.
  template <class Client>
  void serve(int tasks, Client client) {
    observe::page_source source;
    source.look = [this, tasks] {
      ++looks;
      return made_up_program(tasks);
    };
    source.recorder = recorded_by;
    observe::page_server server(l, std::move(source), "127.0.0.1", 0);
    served = &server;
    const std::string url = server.url();
    token = url.substr(url.find('=') + 1);
    address = *socket_address::from_host("127.0.0.1", server.port());
    play(beside(server, client));
  }

  std::string get(std::string_view path, std::string_view lines = "") const {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: " + address.to_string() +
           "\r\nAuthorization: Bearer " + token + "\r\n" + std::string(lines) + "\r\n";
  }
  task<json> ask(std::string_view path) {
    http_client c;
    co_await c.connect(address);
    const reply r = co_await c.ask(get(path));
    EXPECT_EQ(r.status, 200) << path;
    EXPECT_TRUE(r.says("Content-Type: application/json"));
    co_return json::parse(r.body);  // throws for what is no JSON, or no UTF-8
  }

  int looks = 0;
  observe::page_server* served = nullptr;
  const probe::recorder* recorded_by = nullptr;
  std::string token;
  socket_address address;

 private:
  template <class Client>
  static task<> beside(observe::page_server& server, Client& client) {
    co_await with_scope([&](scope& all) -> task<> {
      all.spawn("page", server.serve());
      co_await client();
      all.cancel("all is asked");
    });
  }
};

}  // namespace rondo::testing
