// Making the io_uring backend, and saying in words why that may not be: it is the one that
// administrators, containers and old kernels forbid.
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include <rondo/os/errors.hpp>

#include "io/uring_backend.hpp"
#include "io/uring_engine.hpp"

namespace rondo::io {
namespace {

/// sysctl kernel.io_uring_disabled (Linux 6.6): '0', '1' (only for a group or CAP_SYS_ADMIN) or '2'
/// (for nobody); 0 where there is no such setting.
char disabled_setting() noexcept {
  const os::fd file(::open("/proc/sys/kernel/io_uring_disabled", O_RDONLY | O_CLOEXEC));
  char setting = 0;
  if (!file || ::read(file.get(), &setting, 1) != 1) return 0;
  return setting;
}

std::string explain(int negated_errno) {
  switch (-negated_errno) {
    case EPERM:
    case EACCES:
      switch (disabled_setting()) {
        case '1':
          return "the system permits io_uring only to privileged processes; "
                 "`sysctl kernel.io_uring_disabled=0` permits it, or membership in the group "
                 "kernel.io_uring_group";
        case '2':
          return "the system forbids io_uring; `sysctl kernel.io_uring_disabled=0` permits it";
        default:
          return "a seccomp filter forbids io_uring, as container runtimes do by default; "
                 "run with a profile that permits it";
      }
    case ENOSYS:
      return "this kernel has no io_uring, or a container's filter hides it; Linux 6.0 is needed";
    case EINVAL:
      return "this kernel's io_uring is too old; Linux 6.0 is needed";
    case ENOMEM:
      return "no memory may be locked for the ring; raise the limit with `ulimit -l`";
    default:
      return os::make_error(negated_errno, "io_uring_setup").what();
  }
}

/// Receives one byte through the buffer ring: what a kernel, or somebody's imitation of one, claims
/// is one thing. 0 or a negated errno.
int receive_a_byte(backend& b) noexcept {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return os::last_error();
  op o;
  o.fd = pair[0];
  o.kind = op_kind::receive_some;
  job_queue finished;
  int outcome = 0;
  if (b.submit(o) == submission::pending) {
    if (::write(pair[1], "", 1) != 1) outcome = os::last_error();
    for (int tries = 0; finished.empty() && tries < 10 && outcome == 0; ++tries) {
      outcome = b.wait(duration::milliseconds(100), finished);
    }
    if (finished.empty() && outcome == 0) outcome = -ETIMEDOUT;
  }
  b.close(pair[0]);
  ::close(pair[1]);
  while (o.at != op::stage::finished && b.wait(duration::milliseconds(100), finished) == 0) {
  }
  if (o.buffer != op::no_buffer) b.give_back(o.buffer);
  if (outcome != 0) return outcome;
  return o.result == 1 ? 0 : o.result;
}

}  // namespace

result<owned<backend>> make_uring_backend(sharing how) {
  auto engine = make_owned<uring_engine>();
  if (const int failure = engine->open(how); failure < 0) {
    return std::unexpected(error(os::to_errc(failure), "io_uring: " + explain(failure), -failure));
  }
  return owned<backend>(std::move(engine));
}

candidate probe_uring() {
  candidate c{.kind = backend_kind::uring, .granted = false, .reason = {}};
  uring_engine engine;
  if (const int failure = engine.open(sharing::one_thread); failure < 0) {
    c.reason = explain(failure);
  } else if (const int outcome = receive_a_byte(engine); outcome != 0) {
    c.reason =
        std::string("io_uring is there, but does not work: ")
            .append(os::make_error(outcome < 0 ? outcome : -EIO, "a multishot receive").what());
  } else {
    c.granted = true;
    c.reason = engine.defers_task_work() ? "with deferred task work"
                                         : "without deferred task work (Linux 6.1 has it)";
  }
  return c;
}

}  // namespace rondo::io
