// Terminals, with pseudo-terminals; and programs that crash on them.
#include <rondo/tty/terminal.hpp>

#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>

#include <rondo/os/pipe.hpp>

#include "net/net_fixture.hpp"
#include "support/cancels_met.hpp"
#include "support/tasks.hpp"

namespace rondo::testing {
namespace {

using tty::mode_scope;
using tty::terminal_mode;

/// A terminal with nobody in front of it.
class pseudo_terminal {
 public:
  pseudo_terminal() {
    int ends[2];
    if (openpty(&ends[0], &ends[1], nullptr, nullptr, nullptr) != 0) return;
    master.reset(ends[0]);
    slave.reset(ends[1]);
    tcgetattr(slave.get(), &first_);
  }
  bool has(tcflag_t flags) const {
    termios now;
    tcgetattr(slave.get(), &now);
    return (now.c_lflag & flags) == flags;
  }
  bool is_as_at_first() const {
    termios now;
    tcgetattr(slave.get(), &now);
    return now.c_iflag == first_.c_iflag && now.c_oflag == first_.c_oflag &&
           now.c_cflag == first_.c_cflag && now.c_lflag == first_.c_lflag &&
           std::memcmp(now.c_cc, first_.c_cc, sizeof now.c_cc) == 0;
  }
  void resize(unsigned short columns, unsigned short rows) const {
    const winsize size = {rows, columns, 0, 0};
    EXPECT_EQ(ioctl(master.get(), TIOCSWINSZ, &size), 0);
  }

  os::fd master;
  os::fd slave;

 private:
  termios first_ = {};
};

#define SKIP_WITHOUT(terminal) \
  if (!(terminal).slave) GTEST_SKIP() << "no pseudo-terminals here: " << std::strerror(errno)

TEST(TerminalMode, ComesBackAtTheEndOfTheBlock) {
  const pseudo_terminal t;
  SKIP_WITHOUT(t);
  EXPECT_TRUE(tty::is_terminal(t.slave.get()));
  {
    const mode_scope raw(terminal_mode::raw, t.slave.get());
    EXPECT_FALSE(t.has(ICANON) || t.has(ECHO) || t.has(ISIG));
  }
  EXPECT_TRUE(t.is_as_at_first());
  {
    const mode_scope cbreak(terminal_mode::cbreak, t.slave.get());
    EXPECT_FALSE(t.has(ICANON) || t.has(ECHO));
    EXPECT_TRUE(t.has(ISIG));
    const mode_scope unseen(terminal_mode::no_echo, t.slave.get());
  }
  EXPECT_TRUE(t.is_as_at_first());
}

TEST(TerminalMode, ComesBackInAnyOrder) {
  const pseudo_terminal t;
  const pseudo_terminal other;
  SKIP_WITHOUT(t);
  std::optional<mode_scope> first(std::in_place, terminal_mode::no_echo, t.slave.get());
  const mode_scope elsewhere(terminal_mode::raw, other.slave.get());
  std::optional<mode_scope> second(std::in_place, terminal_mode::raw, t.slave.get());
  first.reset();
  EXPECT_FALSE(t.has(ICANON));  // the later one stands
  second.reset();
  EXPECT_TRUE(t.is_as_at_first());
  EXPECT_FALSE(other.has(ICANON));
}

TEST(TerminalMode, IsOfTerminalsOnly) {
  const os::fd null(os::open_null());
  EXPECT_FALSE(tty::is_terminal(null.get()));
  EXPECT_FALSE(tty::size_of(null.get()));
  try {
    const mode_scope raw(terminal_mode::raw, null.get());
    ADD_FAILURE();
  } catch (const error& e) {
    EXPECT_NE(std::string(e.what()).find("is it a terminal"), std::string::npos) << e.what();
  }
}

/// Runs `body` in a child, in raw mode, and hands back its status when it has ended or stopped.
class in_raw_mode {
 public:
  in_raw_mode(const pseudo_terminal& t, void (*body)()) {
    EXPECT_EQ(os::open_pipe(told_), 0);
    id_ = fork();
    if (id_ != 0) return;
    // A group of its own, whose parent is of another one: so SIGTSTP can stop it.
    setpgid(0, 0);
    const rlimit no_core = {};
    setrlimit(RLIMIT_CORE, &no_core);
    const mode_scope raw(terminal_mode::raw, t.slave.get());
    tell();
    body();
    tell();
    for (;;) pause();
  }
  in_raw_mode(const in_raw_mode&) = delete;
  ~in_raw_mode() {
    if (id_ > 0 && !ended_) {
      kill(id_, SIGKILL);
      wait();
    }
  }
  void hear() const {
    char byte;
    EXPECT_EQ(::read(told_.read.get(), &byte, 1), 1);
  }
  int wait(int options = 0) {
    int status = 0;
    EXPECT_EQ(waitpid(id_, &status, options), id_);
    ended_ = WIFEXITED(status) || WIFSIGNALED(status);
    return status;
  }
  void send(int number) const { kill(id_, number); }

 private:
  void tell() const { static_cast<void>(!::write(told_.write.get(), "x", 1)); }

  os::pipe_ends told_;
  pid_t id_ = -1;
  bool ended_ = false;
};

TEST(TerminalMode, ComesBackWhereASignalEndsTheProgram) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGSEGV, SIGBUS, SIGABRT}) {
    const pseudo_terminal t;
    SKIP_WITHOUT(t);
    in_raw_mode child(t, [] {});
    child.hear();
    EXPECT_FALSE(t.has(ICANON));
    child.send(number);
    const int status = child.wait();
    EXPECT_TRUE(t.is_as_at_first()) << os::signal_name(number);
    EXPECT_TRUE(WIFSIGNALED(status) || WIFEXITED(status));  // sanitizers turn faults into exits
    if (WIFSIGNALED(status)) {
      EXPECT_EQ(WTERMSIG(status), number);
    }
  }
}

TEST(TerminalMode, ComesBackWhereTheProgramEndsItself) {
  for (void (*const end)() : {
           +[] { std::exit(3); },
           +[] { std::abort(); },
           +[] { static_cast<void>(*static_cast<volatile int*>(nullptr)); },
       }) {
    const pseudo_terminal t;
    SKIP_WITHOUT(t);
    in_raw_mode child(t, end);
    child.wait();
    EXPECT_TRUE(t.is_as_at_first());
  }
}

TEST(TerminalMode, ComesBackWhileTheProgramIsStopped) {
  const pseudo_terminal t;
  SKIP_WITHOUT(t);
  in_raw_mode child(t, [] { std::raise(SIGTSTP); });
  EXPECT_TRUE(WIFSTOPPED(child.wait(WUNTRACED)));
  EXPECT_TRUE(t.is_as_at_first());
  child.send(SIGCONT);
  child.hear();
  child.hear();  // it goes on
  EXPECT_FALSE(t.has(ICANON));
  child.send(SIGSTOP);  // which nobody can see coming
  EXPECT_TRUE(WIFSTOPPED(child.wait(WUNTRACED)));
  termios sane;
  tcgetattr(t.slave.get(), &sane);
  sane.c_lflag |= ICANON;  // as a shell does now
  tcsetattr(t.slave.get(), TCSANOW, &sane);
  child.send(SIGCONT);
  while (t.has(ICANON)) usleep(100);  // its handler runs at some time
  child.send(SIGTERM);
  child.wait();
  EXPECT_TRUE(t.is_as_at_first());
}

TEST(TerminalMode, LeavesSignalsToWhoeverListens) {
  const pseudo_terminal t;
  SKIP_WITHOUT(t);
  struct sigaction now;
  {
    const mode_scope raw(terminal_mode::raw, t.slave.get());
    os::signal_listener ends;
    ASSERT_EQ(ends.open(os::signal_mask{1} << (SIGTERM - 1), true), 0);
    std::raise(SIGTERM);
    EXPECT_EQ(ends.take(), SIGTERM);
    EXPECT_FALSE(t.has(ICANON));
  }
  sigaction(SIGTERM, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
  sigaction(SIGINT, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
}

class tty_test : public net_test {};
INSTANTIATE_TEST_SUITE_P(backends, tty_test, ::testing::ValuesIn(granted_backends()), backend_name);

TEST_P(tty_test, hears_of_every_new_size) {
  const pseudo_terminal t;
  SKIP_WITHOUT(t);
  t.resize(80, 24);
  play([](loop& l, const pseudo_terminal& t) -> task<> {
    tty::size_watch watch(l, t.slave.get());
    EXPECT_EQ(watch.size().columns, 80);
    EXPECT_EQ(watch.size().rows, 24);
    const auto changed = [&]() -> task<> { static_cast<void>(co_await watch.changed()); };
    EXPECT_EQ(co_await cancels_met(changed), 2);
    t.resize(100, 24);  // before anybody waits, and without the signal
    EXPECT_EQ((co_await watch.changed()).columns, 100);
    const auto resize = [&]() -> task<> {
      std::raise(SIGWINCH);  // a false alarm
      co_await sleep_for(duration::milliseconds(1));
      t.resize(100, 50);
      std::raise(SIGWINCH);  // as the kernel sends it to the job that has the terminal
    };
    const auto [size, none] = co_await when_all(watch.changed(), resize());
    EXPECT_EQ(size.rows, 50);
    static_cast<void>(none);
  }(l, t));
}

/// In a child that has a controlling terminal of its own.
TEST_P(tty_test, reads_passwords_unseen) {
  pseudo_terminal t;
  SKIP_WITHOUT(t);
  const auto kind = GetParam();
  const pid_t id = fork();
  if (id == 0) {
    setsid();
    if (ioctl(t.slave.get(), TIOCSCTTY, 0) != 0) _exit(2);
    loop_options options;
    options.backend = std::move(*io::make_backend(kind));
    const std::string got = run(tty::read_password("Password: "), std::move(options));
    _exit(got == "secret" ? 0 : 1);
  }
  std::string shown;
  const auto show_until = [&](std::string_view end) {
    char byte;
    while (!shown.ends_with(end) && ::read(t.master.get(), &byte, 1) == 1) shown += byte;
  };
  show_until("Password: ");
  EXPECT_FALSE(t.has(ECHO));
  EXPECT_EQ(::write(t.master.get(), "secret\n", 7), 7);
  show_until("\n");
  EXPECT_EQ(shown, "Password: \r\n");
  int status = -1;
  EXPECT_EQ(waitpid(id, &status, 0), id);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace rondo::testing
