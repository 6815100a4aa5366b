// Workers that come, die, are replaced and end: what the supervisor makes of them.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <rondo/process/process.hpp>

#include "cluster/cluster_fixture.hpp"

namespace rondo::testing {
namespace {

using cluster::supervisor;
using cluster::supervisor_options;

class supervisor_test : public cluster_test {};
INSTANTIATE_TEST_SUITE_P(backends, supervisor_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

TEST_P(supervisor_test, starts_its_workers_and_ends_them) {
  supervisor s(l, worker("wait"), noting(3));
  EXPECT_FALSE(s.is_ready());
  supervise(s, [&]() -> task<> {
    std::set<int> processes;
    for (const cluster::worker_info& w : s.workers()) {
      EXPECT_EQ(w.generation, 1);
      processes.insert(w.process);
    }
    EXPECT_EQ(processes.size(), 3u);
    co_return;
  });
  EXPECT_EQ(count(kind::started), 3);
  EXPECT_EQ(count(kind::ready), 3);
  EXPECT_EQ(count(kind::draining), 3);
  EXPECT_EQ(texts(kind::exited), std::vector<std::string>(3, "exited with 0"));
  EXPECT_EQ(events.size(), 12u);
  EXPECT_TRUE(s.workers().empty());
}

TEST_P(supervisor_test, replaces_who_dies) {
  supervisor_options options = noting(2);
  options.first_pause = duration::milliseconds(1);
  supervisor s(l, worker("wait"), std::move(options));
  supervise(s, [&]() -> task<> {
    const cluster::worker_info victim = s.workers().at(1);
    EXPECT_EQ(::kill(victim.process, SIGKILL), 0);
    co_await until([&] { return count(kind::ready) == 3; });
    EXPECT_EQ(s.workers().at(1).index, 1);
    EXPECT_NE(s.workers().at(1).process, victim.process);
  });
  EXPECT_EQ(texts(kind::exited).front(), "killed by SIGKILL");
  EXPECT_EQ(count(kind::started), 3);
}

TEST_P(supervisor_test, gives_up_on_those_that_die_at_once) {
  supervisor_options options = noting(2);
  options.first_pause = duration::milliseconds(2);
  options.longest_pause = duration::milliseconds(5);
  options.give_up_after = 4;
  supervisor s(l, worker("die"), std::move(options));
  std::string said;
  play([](supervisor& of, std::string& text) -> task<> {
    try {
      co_await of.run();
    } catch (const error& e) {
      text = e.what();
    }
  }(s, said));
  EXPECT_NE(said.find("died 4 times in a row"), said.npos) << said;
  EXPECT_NE(said.find("exited with 3 before it was ready"), said.npos) << said;
  const std::vector<std::string> pauses = texts(kind::pausing);
  for (const char* one : {"0.002 s", "0.004 s", "0.005 s"}) {
    EXPECT_NE(std::find(pauses.begin(), pauses.end(), one), pauses.end()) << one;
  }
  EXPECT_EQ(count(kind::ready), 0);
}

TEST_P(supervisor_test, says_why_a_program_can_not_be_started) {
  supervisor_options options = noting(1);
  options.first_pause = duration::milliseconds(1);
  options.give_up_after = 2;
  supervisor s(l, process_options("/no/such/program"), std::move(options));
  const std::string said = [&] {
    try {
      play(s.run());
    } catch (const error& e) {
      return std::string(e.what());
    }
    return std::string();
  }();
  EXPECT_NE(said.find("/no/such/program"), said.npos) << said;
  EXPECT_EQ(count(kind::failed), 2);
}

TEST_P(supervisor_test, counts_who_is_never_ready_as_dead) {
  supervisor_options options = noting(1);
  options.ready_within = duration::milliseconds(30);
  options.first_pause = duration::milliseconds(1);
  options.give_up_after = 2;
  supervisor s(l, worker("never_ready"), std::move(options));
  EXPECT_THROW(play(s.run()), error);
  EXPECT_EQ(texts(kind::failed), std::vector<std::string>(2, "was not ready within 0.03 s"));
  EXPECT_EQ(count(kind::exited), 2);
}

TEST_P(supervisor_test, insists_where_one_does_not_end) {
  supervisor_options options = noting(1);
  options.end_within = duration::milliseconds(10);
  options.kill_after = duration::milliseconds(10);
  supervisor s(l, worker("stubborn"), std::move(options));
  supervise(s, []() -> task<> { co_return; });
  const std::vector<std::string> insisted = {"SIGTERM, after 0.01 s", "SIGKILL, after 0.01 s"};
  EXPECT_EQ(texts(kind::late), insisted);
  EXPECT_EQ(texts(kind::exited).at(0), "killed by SIGKILL");
}

TEST_P(supervisor_test, a_cancel_kills_all_at_once) {
  supervisor s(l, worker("stubborn"), noting(2));
  play([](supervisor& of) -> task<> {
    co_await with_scope([&](scope& all) -> task<> {
      all.spawn(of.run());
      co_await until([&] { return of.is_ready(); });
      all.cancel();
    });
  }(s));
  EXPECT_EQ(count(kind::ready), 2);
  EXPECT_EQ(count(kind::late), 0);
}

TEST_P(supervisor_test, may_be_stopped_before_anybody_is_ready) {
  supervisor s(l, worker("never_ready"), noting(2));
  play([](supervisor& of, supervisor_test& test) -> task<> {
    co_await with_scope([&](scope& all) -> task<> {
      all.spawn(of.run());
      co_await until([&] { return test.count(kind::started) == 2; });
      of.stop();
    });
  }(s, *this));
  EXPECT_EQ(texts(kind::exited), std::vector<std::string>(2, "exited with 0"));
}

TEST_P(supervisor_test, reloads_one_after_the_other) {
  supervisor s(l, worker("wait"), noting(2));
  supervise(s, [&]() -> task<> {
    co_await s.reload();
    co_await s.reload();
    for (const cluster::worker_info& w : s.workers()) EXPECT_EQ(w.generation, 3);
  });
  EXPECT_EQ(count(kind::started), 6);
  // Whoever ends does so only when his successor serves, and there is never more than one too many.
  int serving = 0;
  for (const cluster::worker_event& e : events) {
    serving += e.kind == kind::ready ? 1 : e.kind == kind::exited ? -1 : 0;
    EXPECT_LE(serving, 3);
    if (e.kind == kind::draining && e.worker.generation < 3) EXPECT_EQ(serving, 3);
  }
}

TEST_P(supervisor_test, a_reload_that_fails_leaves_those_who_serve) {
  const std::string flag = ::testing::TempDir() + "rondo_cluster_" + std::to_string(::getpid());
  supervisor s(l, worker("serve_unless", flag), noting(2));
  const auto address = s.listen(*socket_address::parse("127.0.0.1:0"));
  ASSERT_TRUE(address);
  supervise(s, [&]() -> task<> {
    std::ofstream(flag) << "there";
    std::string said;
    try {
      co_await s.reload();
    } catch (const error& e) {
      said = e.what();
    }
    EXPECT_NE(said.find("exited with 4 before it was ready"), said.npos) << said;
    EXPECT_TRUE(s.is_ready());
    for (const cluster::worker_info& w : s.workers()) EXPECT_EQ(w.generation, 1);
    std::filesystem::remove(flag);
    co_await s.reload();
    for (const cluster::worker_info& w : s.workers()) EXPECT_EQ(w.generation, 3);
  });
}

TEST_P(supervisor_test, a_reload_without_a_run_is_refused) {
  supervisor s(l, worker("wait"), noting(1));
  EXPECT_THROW(play(s.reload()), error);
}

TEST_P(supervisor_test, exchanges_messages_with_descriptors) {
  supervisor_options options = noting(2);
  std::vector<std::string> heard;
  std::vector<os::fd> returned;
  options.on_message = [&](const cluster::worker_info& from, ipc_message message) {
    heard.push_back(std::to_string(from.index) + " " + std::to_string(message.tag) + " " +
                    std::string(message.text()));
    for (os::fd& each : message.descriptors) returned.push_back(std::move(each));
  };
  supervisor s(l, worker("echo"), std::move(options));
  supervise(s, [&]() -> task<> {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    os::fd reading(ends[0]);
    os::fd writing(ends[1]);
    ipc_parcel with_pipe{bytes_of("take this"), std::span(&ends[1], 1)};
    with_pipe.tag = 7;
    co_await s.send(1, with_pipe);
    co_await until([&] { return heard.size() == 1; });
    EXPECT_EQ(heard.at(0), "1 7 1/1: take this");
    EXPECT_EQ(returned.size(), 1u);
    writing.reset();
    EXPECT_EQ(::write(returned.at(0).get(), "!", 1), 1);
    char got = 0;
    EXPECT_EQ(::read(reading.get(), &got, 1), 1);
    co_await s.send(0, "hello");
    co_await until([&] { return heard.size() == 2; });
    EXPECT_EQ(heard.at(1), "0 0 0/1: hello");
  });
  // What a worker says last is heard, though it has ended by then.
  EXPECT_EQ(heard.size(), 4u);
  EXPECT_EQ(std::count_if(heard.begin(), heard.end(),
                          [](const std::string& text) { return text.ends_with("bye"); }),
            2);
}

/// A supervisor that is killed can tell nobody; its workers end all the same.
TEST_P(supervisor_test, workers_end_with_their_supervisor) {
  process_options alone(RONDO_CLUSTER_WORKER_PROGRAM);
  alone.argument("supervise").standard_output(stdio::pipe());
  alone.environment("RONDO_BACKEND", io::to_string(GetParam()));
  play([](loop& l, const process_options& how) -> task<> {
    process p = process::start(l, how).value();
    std::string line(6, '\0');
    const std::size_t got =
        co_await p.standard_output().read(std::as_writable_bytes(std::span(line)));
    EXPECT_EQ(line.substr(0, got), "ready\n");
    EXPECT_TRUE(p.signal(SIGKILL));
    // The workers hold the other end of the pipe, too: its end is theirs.
    const std::string rest = co_await p.standard_output().read_all();
    EXPECT_EQ(rest, "");
    const exit_status s = co_await p.wait();
    EXPECT_EQ(s.signal(), SIGKILL);
  }(l, alone));
}

TEST_P(supervisor_test, cancelled_at_any_point_it_leaves_nothing) {
  for (int after = 0; after < 12; ++after) {
    supervisor s(l, worker("wait"), noting(2));
    events.clear();
    play([](supervisor& of, supervisor_test& test, std::size_t limit) -> task<> {
      co_await with_scope([&](scope& all) -> task<> {
        all.spawn(of.run());
        bool reloads = false;
        while (test.events.size() < limit) {
          if (of.is_ready() && !reloads) all.spawn(of.reload());
          reloads = reloads || of.is_ready();
          co_await sleep_for(duration::milliseconds(1));
        }
        all.cancel();
      });
    }(s, *this, static_cast<std::size_t>(after)));
  }
}

}  // namespace
}  // namespace rondo::testing
