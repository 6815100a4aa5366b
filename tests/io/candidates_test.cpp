#include <rondo/io/candidates.hpp>

#include <errno.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace rondo::io {
namespace {

/// Sets RONDO_BACKEND, and what it was before when it goes.
class environment {
 public:
  explicit environment(const char* value) {
    if (const char* const before = getenv("RONDO_BACKEND")) before_ = before;
    value == nullptr ? unsetenv("RONDO_BACKEND") : setenv("RONDO_BACKEND", value, 1);
  }
  ~environment() {
    before_ ? setenv("RONDO_BACKEND", before_->c_str(), 1) : unsetenv("RONDO_BACKEND");
  }

 private:
  std::optional<std::string> before_;
};

TEST(candidates, lists_each_once_best_first_with_a_reason) {
  const std::vector<candidate> all = candidates();
  std::vector<backend_kind> kinds;
  for (const candidate& c : all) {
    kinds.push_back(c.kind);
    EXPECT_FALSE(c.reason.empty()) << to_string(c.kind);
  }
  EXPECT_EQ(kinds, (std::vector<backend_kind>{backend_kind::uring, backend_kind::epoll,
                                              backend_kind::poll, backend_kind::select}));
}

TEST(candidates, can_be_made_exactly_where_granted) {
  for (const candidate& c : candidates()) {
    const result<owned<backend>> made = make_backend(c.kind);
    EXPECT_EQ(made.has_value(), c.granted) << to_string(c.kind) << ": " << c.reason;
    if (made) {
      EXPECT_STREQ((*made)->name(), to_string(c.kind));
    } else {
      EXPECT_STRNE(made.error().what(), "");
    }
  }
}

TEST(candidates, automatic_takes_the_first_that_is_granted) {
  const result<owned<backend>> made = make_backend();
  ASSERT_TRUE(made.has_value()) << made.error().what();
  for (const candidate& c : candidates()) {
    if (!c.granted) continue;
    EXPECT_STREQ((*made)->name(), to_string(c.kind));
    break;
  }
}

/// Forbids system calls to this process for good, as a container's sandbox does.
void forbid(std::initializer_list<int> calls) {
  std::vector<sock_filter> program = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const int call : calls) {
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  const sock_fprog filter = {static_cast<unsigned short>(program.size()), program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0) {
    std::fputs("no sandbox could be made", stderr);
    std::_Exit(2);
  }
}

/// Ends the process, with what is granted and what `auto` takes on standard error.
[[noreturn]] void report() {
  std::string text;
  for (const candidate& c : candidates()) {
    text += std::string(c.granted ? to_string(c.kind) : c.reason) + "; ";
  }
  const result<owned<backend>> made = make_backend();
  text += std::string("auto=") + (made ? (*made)->name() : made.error().what());
  std::fputs(text.c_str(), stderr);
  std::_Exit(0);
}

// In a child, since a sandbox can't be left again.
TEST(candidates_death, a_sandbox_without_io_uring_leaves_epoll) {
  const auto sandboxed = [] {
    forbid({SYS_io_uring_setup});
    report();
  };
  EXPECT_EXIT(sandboxed(), ::testing::ExitedWithCode(0),
              "seccomp.*; epoll; poll; select; auto=epoll");
}

TEST(candidates_death, a_sandbox_without_either_leaves_poll) {
  const auto sandboxed = [] {
    forbid({SYS_io_uring_setup, SYS_epoll_create1});
    report();
  };
  EXPECT_EXIT(sandboxed(), ::testing::ExitedWithCode(0),
              "epoll_create1.*EPERM.*seccomp.*; poll; select; auto=poll");
}

TEST(candidates_death, a_call_that_is_forbidden_only_when_waiting_is_found_out) {
  const auto sandboxed = [] {
    forbid({SYS_io_uring_setup, SYS_epoll_wait, SYS_epoll_pwait, SYS_ppoll});
    report();
  };
  EXPECT_EXIT(sandboxed(), ::testing::ExitedWithCode(0),
              "epoll wait.*seccomp.*poll wait.*seccomp.*; select; auto=select");
}

TEST(parse_backend, knows_the_names) {
  EXPECT_EQ(parse_backend("auto").value(), backend_kind::automatic);
  EXPECT_EQ(parse_backend("uring").value(), backend_kind::uring);
  EXPECT_EQ(parse_backend("io_uring").value(), backend_kind::uring);
  for (const backend_kind kind :
       {backend_kind::epoll, backend_kind::poll, backend_kind::select, backend_kind::uring}) {
    EXPECT_EQ(parse_backend(to_string(kind)).value(), kind);
  }
}

TEST(parse_backend, refuses_others_and_names_the_valid_ones) {
  for (const char* text : {"", "kqueue", "EPOLL", "epoll "}) {
    const result<backend_kind> parsed = parse_backend(text);
    ASSERT_FALSE(parsed.has_value()) << text;
    EXPECT_EQ(parsed.error().code(), errc::invalid_argument);
    const std::string message = parsed.error().what();
    for (const char* name : {"auto", "uring", "epoll", "poll", "select"}) {
      EXPECT_NE(message.find(name), std::string::npos) << message;
    }
  }
}

TEST(backend_from_environment, is_automatic_where_nothing_is_asked) {
  for (const char* value : {static_cast<const char*>(nullptr), "", "auto"}) {
    const environment set(value);
    EXPECT_EQ(backend_from_environment().value(), backend_kind::automatic);
  }
}

TEST(backend_from_environment, is_what_was_asked_or_an_error_that_names_the_variable) {
  const environment good("poll");
  EXPECT_EQ(backend_from_environment().value(), backend_kind::poll);
  const environment bad("pole");
  const result<backend_kind> parsed = backend_from_environment();
  ASSERT_FALSE(parsed.has_value());
  EXPECT_NE(std::string(parsed.error().what()).find("RONDO_BACKEND"), std::string::npos);
}

}  // namespace
}  // namespace rondo::io
