// What a program can be given beside arguments and descriptors: a place, limits, a user, a group.
#include <sys/mman.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "process/process_fixture.hpp"

namespace rondo::testing {
namespace {

/// Nothing here depends on how the loop waits.
class process_attributes_test : public process_test {};
INSTANTIATE_TEST_SUITE_P(backends, process_attributes_test,
                         ::testing::Values(granted_backends().front()), backend_name);

TEST_P(process_attributes_test, runs_in_a_directory_with_a_umask) {
  play([]() -> task<> {
    const std::string seen =
        co_await output_of(script("pwd; umask").directory("/usr/lib").umask(0123));
    EXPECT_EQ(seen, "/usr/lib\n0123\n");
    // The path of the program is looked up from there, too.
    const std::string relative =
        co_await output_of(process_options("./echo").argument("here").directory("/bin"));
    EXPECT_EQ(relative, "here\n");
  }());
}

TEST_P(process_attributes_test, runs_within_limits) {
  play([]() -> task<> {
    process_options o = script("ulimit -n; ulimit -c; ulimit -Hc; ulimit -s");
    o.limit(os::resource::descriptors, 123).limit(os::resource::core_size, 512, 1024);
    o.limit(os::resource::stack_size, 1 << 20, os::resource_limit::unlimited);
    const std::string seen = co_await output_of(o);
    EXPECT_EQ(seen, "123\n1\n2\n1024\n");  // of core dumps in blocks, of the stack in KiB
    const os::fd file(memfd_create("limited", MFD_CLOEXEC));
    process_options greedy("dd");
    greedy.arguments({"if=/dev/zero", "bs=1000", "count=2", "status=none"});
    greedy.standard_output(stdio::descriptor(file.get())).limit(os::resource::file_size, 1'000);
    process hog = co_await process::start(greedy);
    const exit_status s = co_await hog.wait();
    EXPECT_EQ(s.signal(), SIGXFSZ);
  }());
}

TEST_P(process_attributes_test, runs_as_another_user) {
  if (geteuid() != 0) GTEST_SKIP() << "changing the user takes privilege";
  play([]() -> task<> {
    process_options o = script("id -u; id -g; id -G");
    o.run_as(65534, 65533, {11, 12});
    const std::string seen = co_await output_of(o);
    EXPECT_EQ(seen, "65534\n65533\n65533 11 12\n");
  }());
}

/// For a script: its process group in $3, its session in $4 (proc(5)).
const std::string look_up = "set -- $(cut -d')' -f2 /proc/$$/stat); ";

TEST_P(process_attributes_test, leads_a_group_that_is_signalled_and_killed_as_one) {
  play([](loop& l) -> task<> {
    os::pipe_ends alive;
    EXPECT_EQ(os::open_pipe(alive), 0);
    process p =
        co_await process::start(talking_script(look_up + "sleep 1000 & echo $(($$ == $3)); wait")
                                    .new_process_group()
                                    .pass(alive.write.get(), 3));
    alive.write.reset();
    pipe_reader rest(l, std::move(alive.read));
    std::array<std::byte, 8> said;
    const std::size_t count = co_await p.standard_output().read(said);
    EXPECT_EQ(std::string(reinterpret_cast<char*>(said.data()), count), "1\n");
    EXPECT_TRUE(p.signal_group(0));
    p = process();
    EXPECT_EQ(co_await rest.read_all(), "");  // the grandchild has let go of its end, too

    process alone = co_await process::start(process_options("sleep").argument("1000"));
    EXPECT_EQ(alone.signal_group(SIGTERM).error().code(), errc::invalid_argument);
  }(l));
}

TEST_P(process_attributes_test, leads_a_session) {
  play([]() -> task<> {
    const std::string seen = co_await output_of(
        script(look_up + "test $$ = $3 && test $$ = $4 && echo yes").new_session());
    EXPECT_EQ(seen, "yes\n");
  }());
}

/// The thread that starts it ends, and with it the process.
TEST_P(process_attributes_test, dies_with_the_thread_that_started_it) {
  process p;
  std::thread starter([&] {
    auto started =
        process::start(l, process_options("sleep").argument("1000").parent_death_signal(SIGUSR1));
    EXPECT_TRUE(started);
    p = std::move(*started);
  });
  starter.join();
  play([](process& p) -> task<> {
    const exit_status s = co_await p.wait();
    EXPECT_EQ(s.to_string(), "killed by SIGUSR1");
  }(p));
}

}  // namespace
}  // namespace rondo::testing
