// Starting a program with all that it can be given, hearing how it ended, signals, and who cleans
// up.
#include <rondo/process/process.hpp>

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>

#include <rondo/os/pipe.hpp>
#include <rondo/os/signals.hpp>

#include "process/process_fixture.hpp"

namespace rondo::testing {
namespace {

INSTANTIATE_TEST_SUITE_P(backends, process_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

// The end
// ----------------------------------------------------------------------------------------

TEST_P(process_test, tells_how_it_ended) {
  play([]() -> task<> {
    process good = co_await process::start(process_options("true"));
    const exit_status fine = co_await good.wait();
    EXPECT_TRUE(fine.success());
    EXPECT_EQ(fine.to_string(), "exited with 0");

    process bad = co_await process::start(script("exit 3"));
    EXPECT_GT(bad.id(), 0);
    const exit_status failed = co_await bad.wait();
    EXPECT_FALSE(failed.success());
    EXPECT_EQ(failed.code(), 3);
    EXPECT_EQ(failed.signal(), 0);
    EXPECT_EQ(failed.to_string(), "exited with 3");

    process killed = co_await process::start(script("kill -KILL $$"));
    const exit_status shot = co_await killed.wait();
    EXPECT_EQ(shot.signal(), SIGKILL);
    EXPECT_EQ(shot.code(), -1);
    EXPECT_EQ(shot.to_string(), "killed by SIGKILL");
  }());
}

TEST_P(process_test, may_be_asked_for_its_end_again_and_by_two_at_once) {
  play([]() -> task<> {
    process p =
        co_await process::start(talking_script("read line; exit 4").standard_input(stdio::pipe()));
    const auto code = [](const process& of) -> task<int> {
      const exit_status s = co_await of.wait();
      co_return s.code();
    };
    const auto let_go = [](process& of) -> task<> {
      co_await of.standard_input().write_all("go\n");
    };
    const auto [first, second, none] = co_await when_all(code(p), code(p), let_go(p));
    static_cast<void>(none);
    EXPECT_EQ(first, 4);
    EXPECT_EQ(second, 4);
    EXPECT_EQ(co_await code(p), 4);
  }());
}

TEST_P(process_test, tells_what_it_used) {
  play([]() -> task<> {
    process p = co_await process::start(script("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"));
    const exit_status s = co_await p.wait();
    EXPECT_TRUE(s.usage().usage_known);
    EXPECT_GT(s.usage().user_time + s.usage().system_time, duration());
    EXPECT_GT(s.usage().max_resident_bytes, 100'000U);
    EXPECT_GT(s.usage().minor_faults, 0U);
  }());
}

// What it is given
// ----------------------------------------------------------------------------------------

TEST_P(process_test, gets_arguments_as_they_are) {
  play([]() -> task<> {
    process_options o("printf");
    o.arguments({"%s|", "a b", "", "$HOME", "\"*'"});
    EXPECT_EQ(co_await output_of(o), "a b||$HOME|\"*'|");
    process_options named("/bin/sh");
    named.name("somebody").arguments({"-c", "echo $0"});
    EXPECT_EQ(co_await output_of(named), "somebody\n");
  }());
}

TEST_P(process_test, gets_the_environment_that_was_asked) {
  play([]() -> task<> {
    setenv("RONDO_INHERITED", "yes", 1);
    setenv("RONDO_REPLACED", "no", 1);
    setenv("RONDO_DROPPED", "no", 1);
    process_options o =
        script("echo \"$RONDO_INHERITED,$RONDO_REPLACED,${RONDO_DROPPED-none},$RONDO_NEW\"");
    o.environment("RONDO_REPLACED", "first").environment("RONDO_REPLACED", "second");
    o.environment("RONDO_NEW", "a=b").without_environment("RONDO_DROPPED");
    EXPECT_EQ(co_await output_of(o), "yes,second,none,a=b\n");
    process_options bare("/usr/bin/env");
    bare.clear_environment().environment("ONLY", "this");
    EXPECT_EQ(co_await output_of(bare), "ONLY=this\n");
    for (const char* name : {"RONDO_INHERITED", "RONDO_REPLACED", "RONDO_DROPPED"}) unsetenv(name);
  }());
}

TEST_P(process_test, reads_and_writes_through_pipes) {
  play([]() -> task<> {
    process p = co_await process::start(
        process_options("cat").standard_input(stdio::pipe()).standard_output(stdio::pipe()));
    const std::string sent = numbered_text(3'000'000);  // more than any pipe holds
    const auto feed = [](process& to, const std::string& text) -> task<> {
      co_await to.standard_input().write_all(text);
      to.standard_input().close();
    };
    const auto [none, got] = co_await when_all(feed(p, sent), p.standard_output().read_all());
    static_cast<void>(none);
    EXPECT_EQ(got, sent);
    const exit_status s = co_await p.wait();
    EXPECT_TRUE(s.success());
  }());
}

TEST_P(process_test, gets_descriptors_under_the_numbers_asked) {
  play([](loop& l) -> task<> {
    os::pipe_ends a;
    os::pipe_ends b;
    EXPECT_EQ(os::open_pipe(a), 0);
    EXPECT_EQ(os::open_pipe(b), 0);
    // Crosswise: each goes where the other one is, and one of them to a third place too.
    const int third = std::max(a.write.get(), b.write.get()) + 1;
    // By their names, since a shell takes no number of two digits behind ">&".
    const auto tell = [](std::string_view what, int number) {
      return "echo " + std::string(what) + " >/proc/self/fd/" + std::to_string(number) + ";";
    };
    process_options o =
        script(tell("to-a", b.write.get()) + tell("to-b", a.write.get()) + tell("third", third));
    o.pass(a.write.get(), b.write.get()).pass(b.write.get(), a.write.get());
    o.pass(a.write.get(), third);
    process p = co_await process::start(o);
    a.write.reset();
    b.write.reset();
    pipe_reader from_a(l, std::move(a.read));
    pipe_reader from_b(l, std::move(b.read));
    EXPECT_EQ(co_await from_a.read_all(), "to-a\nthird\n");
    EXPECT_EQ(co_await from_b.read_all(), "to-b\n");
    EXPECT_TRUE((co_await p.wait()).success());
  }(l));
}

/// Whatever others in this program have opened carelessly.
TEST_P(process_test, gets_no_other_descriptor) {
  play([]() -> task<> {
    const os::fd careless(fcntl(1, F_DUPFD, 40));  // not close-on-exec
    EXPECT_GE(careless.get(), 40);
    // 3 is the folder that it lists.
    EXPECT_EQ(co_await output_of(process_options("ls").argument("/proc/self/fd")), "0\n1\n2\n3\n");
  }());
}

TEST_P(process_test, starts_with_no_signal_blocked_or_ignored) {
  play([]() -> task<> {
    const os::signal_mask before = os::block_signals(os::signal_mask{1} << (SIGUSR1 - 1));
    const auto ignored = std::signal(SIGUSR2, SIG_IGN);
    process_options grep("grep");
    grep.arguments({"-E", "^Sig(Blk|Ign)", "/proc/self/status"});
    const std::string seen = co_await output_of(grep);
    EXPECT_EQ(seen, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    std::signal(SIGUSR2, ignored);
    os::restore_signals(before);
  }());
}

// Failures
// ----------------------------------------------------------------------------------------

TEST_P(process_test, says_why_a_program_can_not_be_started) {
  play([]() -> task<> {
    const auto failure_of = [](process_options how) -> task<std::string> {
      co_return co_await outcome_of(process::start(how));
    };
    std::string said = co_await failure_of(process_options("no-such-program"));
    EXPECT_TRUE(
        said.starts_with("start no-such-program: No such file or directory (ENOENT); is it "
                         "installed?"))
        << said;
    said = co_await failure_of(process_options("/no/such/program"));
    EXPECT_EQ(said,
              "start /no/such/program: No such file or directory (ENOENT); is the path right?");
    said = co_await failure_of(process_options("/etc/passwd"));
    EXPECT_TRUE(said.starts_with("start /etc/passwd: Permission denied (EACCES); is it executable"))
        << said;
    said = co_await failure_of(process_options("true").directory("/no/such/folder"));
    EXPECT_EQ(said, "start true in /no/such/folder: No such file or directory (ENOENT)");
    said = co_await failure_of(process_options("true").pass(999, 5));
    EXPECT_TRUE(said.starts_with("pass descriptors to true: Bad file descriptor (EBADF)")) << said;
    const auto looked = co_await process::start(process_options("no-such-program")).as_result();
    EXPECT_EQ(looked.error().code(), errc::not_found);
  }());
}

TEST_P(process_test, starts_nothing_that_would_be_cut_short) {
  play([]() -> task<> {
    using namespace std::string_literals;
    const auto failure_of = [](process_options how) -> task<std::string> {
      co_return co_await outcome_of(process::start(how));
    };
    std::string said = co_await failure_of(process_options("rm").argument("/tmp/a\0b"s));
    EXPECT_EQ(said, "start rm: an argument holds a zero byte");
    said = co_await failure_of(process_options("true").environment("A", "b\0c"s));
    EXPECT_EQ(said, "start true: a variable holds a zero byte");
    said = co_await failure_of(process_options("true").environment("A=B", "c"));
    EXPECT_EQ(said, "start true: a variable has no proper name");
    said = co_await failure_of(process_options("true").directory("/tmp\0/x"s));
    EXPECT_EQ(said, "start true: its directory holds a zero byte");
  }());
}

// Signals, and who cleans up
// ----------------------------------------------------------------------------------------

TEST_P(process_test, takes_signals) {
  play([]() -> task<> {
    process p = co_await process::start(
        talking_script("trap 'exit 7' USR1; echo ready; while :; do sleep 0.01; done"));
    std::array<std::byte, 16> ready;
    EXPECT_EQ(co_await p.standard_output().read(ready), 6U);
    EXPECT_TRUE(p.signal(SIGUSR1));
    EXPECT_EQ((co_await p.wait()).code(), 7);
    const auto late = p.signal(SIGUSR1);
    EXPECT_EQ(late.error().code(), errc::closed);
  }());
}

/// As where another library of the program says that it wants to hear of no child.
TEST_P(process_test, tells_the_end_or_why_not_where_children_are_ignored) {
  play([]() -> task<> {
    const auto before = std::signal(SIGCHLD, SIG_IGN);
    process p = co_await process::start(script("exit 9"));
    const auto ended = co_await p.wait().as_result();
    std::signal(SIGCHLD, before);
    if (ended) {  // Linux 6.15
      EXPECT_EQ(ended->code(), 9);
      EXPECT_FALSE(ended->usage().usage_known);
    } else {
      EXPECT_NE(std::string(ended.error().what()).find("ECHILD"), std::string::npos);
      EXPECT_NE(std::string(ended.error().what()).find("SIGCHLD is ignored"), std::string::npos);
    }
    const auto again = co_await p.wait().as_result();
    EXPECT_EQ(again.has_value(), ended.has_value());
  }());
}

TEST_P(process_test, is_killed_where_its_owner_goes) {
  play([](loop& l) -> task<> {
    os::pipe_ends alive;
    EXPECT_EQ(os::open_pipe(alive), 0);
    {
      const process p = co_await process::start(
          process_options("sleep").argument("1000").pass(alive.write.get(), 3));
      alive.write.reset();
    }
    pipe_reader rest(l, std::move(alive.read));
    EXPECT_EQ(co_await rest.read_all(), "");  // ends: nobody holds the other end any more
  }(l));
}

TEST_P(process_test, terminates_politely_first) {
  play([]() -> task<> {
    process polite = co_await process::start(
        talking_script("trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done"));
    std::array<std::byte, 16> ready;
    EXPECT_EQ(co_await polite.standard_output().read(ready), 6U);
    EXPECT_EQ((co_await polite.terminate(duration::seconds(30))).code(), 5);

    process stubborn = co_await process::start(
        talking_script("trap '' TERM; echo ready; while :; do sleep 0.01; done"));
    EXPECT_EQ(co_await stubborn.standard_output().read(ready), 6U);
    EXPECT_EQ((co_await stubborn.terminate(duration::milliseconds(20))).signal(), SIGKILL);
    EXPECT_EQ((co_await stubborn.terminate(duration::milliseconds(20))).signal(), SIGKILL);
  }());
}

TEST_P(process_test, can_be_waited_for_again_after_a_cancel) {
  play([]() -> task<> {
    process p = co_await process::start(
        process_options("cat").standard_input(stdio::pipe()).standard_output(stdio::null()));
    const auto ended = co_await within(duration::milliseconds(5), p.wait());
    EXPECT_FALSE(ended);
    p.standard_input().close();
    EXPECT_TRUE((co_await p.wait()).success());
  }());
}

}  // namespace
}  // namespace rondo::testing
