// errno, translated: once into our own codes, once into a sentence with a remedy.
#include <errno.h>
#include <string.h>

#include <rondo/os/errors.hpp>

namespace rondo::os {

const int would_block = -EAGAIN;
const int interrupted = -EINTR;
const int cancelled = -ECANCELED;
const int timed_out = -ETIMEDOUT;
const int bad_descriptor = -EBADF;
const int no_buffer_space = -ENOBUFS;
const int in_progress = -EINPROGRESS;
const int not_supported = -EOPNOTSUPP;
const int not_executable = -ENOEXEC;
const int arguments_too_long = -E2BIG;
const int message_too_long = -EMSGSIZE;
const int no_such_file = -ENOENT;
const int device_busy = -EBUSY;
const int no_reader = -ENXIO;

namespace {

struct row {
  int number;
  errc code;
  const char* remedy;
};

constexpr row table[] = {
    {ECANCELED, errc::cancelled, nullptr},
    {ETIMEDOUT, errc::timed_out, nullptr},
    {ETIME, errc::timed_out, nullptr},
    {ECONNREFUSED, errc::connection_refused, "is anything listening there?"},
    {ECONNRESET, errc::connection_reset, nullptr},
    {ECONNABORTED, errc::connection_aborted, nullptr},
    {EPIPE, errc::broken_pipe, nullptr},
    {ENOTCONN, errc::not_connected, nullptr},
    {EADDRINUSE, errc::address_in_use,
     "another program listens there; choose another port, or 0 for a free one"},
    {EADDRNOTAVAIL, errc::address_not_available, "this machine has no such address"},
    {ENETUNREACH, errc::network_unreachable, nullptr},
    {EHOSTUNREACH, errc::host_unreachable, nullptr},
    {EMFILE, errc::too_many_descriptors, "raise the limit with `ulimit -n`"},
    {ENFILE, errc::too_many_descriptors_in_system, "raise fs.file-max"},
    {ENOBUFS, errc::no_buffer_space, nullptr},
    {ENOMEM, errc::out_of_memory, nullptr},
    {EACCES, errc::permission_denied,
     "a port below 1024 needs CAP_NET_BIND_SERVICE, a file its permissions"},
    {EPERM, errc::permission_denied, nullptr},
    {EINVAL, errc::invalid_argument, nullptr},
    {ENOENT, errc::not_found, nullptr},
    {EEXIST, errc::already_exists, nullptr},
    {ENOTDIR, errc::not_a_directory, "a part of the path is no folder"},
    {EISDIR, errc::is_a_directory, nullptr},
    {ENOTEMPTY, errc::directory_not_empty, "remove_all takes a folder with all that is in it"},
    {ELOOP, errc::too_many_links, "do symbolic links lead in a circle?"},
    {EMLINK, errc::too_many_links, nullptr},
    {ENAMETOOLONG, errc::name_too_long, nullptr},
    {ENOSPC, errc::no_space, "the disk is full, of bytes (`df`) or of files (`df -i`)"},
    {EDQUOT, errc::no_space, "the quota is used up"},
    {EFBIG, errc::file_too_large, nullptr},
    {EROFS, errc::read_only, nullptr},
    {EXDEV, errc::cross_device, "copy it, then remove the original"},
    {EBUSY, errc::busy, nullptr},
    {ETXTBSY, errc::busy, "a program that runs is not written to"},
    {EIO, errc::io_failed, "the device failed; the kernel's log has more"},
    {ENOSYS, errc::not_supported, nullptr},
    {EOPNOTSUPP, errc::not_supported, nullptr},
    {EAFNOSUPPORT, errc::not_supported, "is this address family enabled?"},
    {EAGAIN, errc::would_block, nullptr},
    {EINTR, errc::interrupted, nullptr},
    {EBADF, errc::bad_descriptor, nullptr},
    {EMSGSIZE, errc::message_too_long, nullptr},
};

const row* find(int number) noexcept {
  for (const row& r : table) {
    if (r.number == number) return &r;
  }
  return nullptr;
}

std::string sentence(std::string_view operation, std::string_view subject) {
  std::string text(operation);
  if (!subject.empty()) text.append(" ").append(subject);
  return text.append(": ");
}

}  // namespace

errc to_errc(int negated_errno) noexcept {
  if (negated_errno >= 0) return errc::ok;
  const row* const r = find(-negated_errno);
  return r != nullptr ? r->code : errc::other;
}

error make_error(int negated_errno, std::string_view operation, std::string_view subject) {
  const row* const r = find(-negated_errno);
  const bool has_remedy = r != nullptr && r->remedy != nullptr;
  return make_error(negated_errno, operation, subject, has_remedy ? r->remedy : "");
}

error make_error(int negated_errno, std::string_view operation, std::string_view subject,
                 std::string_view remedy) {
  const int number = -negated_errno;
  std::string text = sentence(operation, subject);
  // The GNU names are thread-safe, unlike strerror, and never translated, unlike strerror_l.
  const char* const description = strerrordesc_np(number);
  const char* const name = strerrorname_np(number);
  text.append(description != nullptr ? description : "unknown error");
  text.append(" (").append(name != nullptr ? name : std::to_string(number)).append(")");
  if (!remedy.empty()) text.append("; ").append(remedy);
  return error(to_errc(negated_errno), text, number);
}

error make_error(errc code, std::string_view operation, std::string_view subject) {
  return error(code, sentence(operation, subject).append(to_string(code)));
}

int last_error() noexcept {
  return -errno;
}

bool is_exhaustion(int negated_errno) noexcept {
  return negated_errno == -EMFILE || negated_errno == -ENFILE || negated_errno == -ENOBUFS ||
         negated_errno == -ENOMEM;
}

bool is_transient_accept_error(int negated_errno) noexcept {
  switch (-negated_errno) {  // accept(2), "Error handling"
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case EPERM:  // a firewall's refusal
      return true;
    default:
      return false;
  }
}

}  // namespace rondo::os
