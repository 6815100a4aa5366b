// A server as a service manager likes it: it takes the sockets that were passed to it, says when it
// is ready, gives signs of life, and says when it ends. The example plays the manager as well.
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <rondo/rondo.hpp>

namespace {

/// What systemd does before it starts a service: a socket that listens, at descriptor 3, and an
/// environment. -> where the manager listens to what the service says
int play_the_manager(sockaddr_in& where) {
  socklen_t size = sizeof where;
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  bool done = bind(listener, reinterpret_cast<sockaddr*>(&where), size) == 0;
  done = done && listen(listener, 16) == 0;
  getsockname(listener, reinterpret_cast<sockaddr*>(&where), &size);

  const std::string name = "@rondo-example-" + std::to_string(getpid());
  const int ears = fcntl(socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0), F_DUPFD_CLOEXEC, 20);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data() + 1, name.size() - 1);
  size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  done = done && bind(ears, reinterpret_cast<sockaddr*>(&address), size) == 0;
  if (!done) std::abort();

  if (listener != 3) dup2(listener, 3);
  setenv("LISTEN_PID", std::to_string(getpid()).c_str(), 1);
  setenv("LISTEN_FDS", "1", 1);
  setenv("LISTEN_FDNAMES", "web", 1);
  setenv("NOTIFY_SOCKET", name.c_str(), 1);
  return ears;
}

rondo::task<> answer_one(rondo::tcp_listener& listener) {
  rondo::tcp_stream client = co_await listener.accept();
  co_await client.write_all("hello from a service\n");
}

rondo::task<> early_client(rondo::tcp_stream stream) {
  const rondo::io_buffer some = co_await stream.read_some();
  std::printf("the client reads: %s", std::string(some.text()).c_str());
}

}  // namespace

int main() {
  sockaddr_in where = {};
  const int ears = play_the_manager(where);
  // Nobody serves yet; the client is connected all the same.
  const int early = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(early, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0) std::abort();

  rondo::loop loop;
  auto passed = rondo::os::take_activated_descriptors();
  std::printf("%zu passed, \"%s\"\n", passed->size(), passed->front().name.c_str());
  auto listener = rondo::tcp_listener::adopt(loop, std::move(passed->front().descriptor));

  rondo::service_manager manager(loop);
  rondo::graceful_shutdown ending(loop);
  manager.take_part_in(ending, rondo::duration::seconds(10));
  manager.ready("serving one client");
  if (loop.backend().wants_nonblocking()) rondo::os::set_nonblocking(early, true);
  auto both = [&]() -> rondo::task<> {
    co_await rondo::when_all(answer_one(*listener), early_client(rondo::tcp_stream(loop, early)));
    ending.begin("that was the one");
    co_await ending.wait_begun();
  };
  rondo::run(loop, ending.run(both()));

  char heard[256];
  for (ssize_t n = 0; (n = recv(ears, heard, sizeof heard, 0)) > 0;) {
    std::printf("the manager hears: %s\n", std::string(heard, static_cast<std::size_t>(n)).c_str());
  }
}
