// From inside the callbacks of I/O: the poll phase, what follows it, and close callbacks.
#include <rondo/os/fd.hpp>
#include <rondo/os/socket.hpp>

#include "order/program.hpp"

using namespace rondo::order;

ORDER_PROGRAM(io_immediate_before_timeout) {
  after_io(l, [&l] {
    l.set_timeout(0ms, logs("timeout"));
    l.set_immediate(logs("immediate"));
  });
}

ORDER_PROGRAM(io_with_ticks) {
  after_io(l, [&l] {
    log("io");
    l.set_immediate(logs("immediate"));
    l.queue_microtask(logs("microtask"));
    l.next_tick(logs("tick"));
    log("io ends");
  });
  log("main ends");
}

ORDER_PROGRAM(io_nested) {
  after_io(l, [&l] {
    log("io 1");
    after_io(l, [&l] {
      log("io 1.1");
      l.set_immediate(logs("immediate of io 1.1"));
    });
    l.set_immediate(logs("immediate of io 1"));
  });
}

ORDER_PROGRAM(close_after_immediate) {
  after_io(l, [&l] {
    l.set_immediate(logs("immediate"));
    l.next_tick(logs("tick"));
    l.call_on_close([&l] {
      log("close");
      l.next_tick(logs("tick of close"));
      l.set_immediate(logs("immediate of close"));
    });
  });
}

ORDER_PROGRAM(close_from_an_immediate) {
  after_io(l, [&l] {
    l.set_immediate([&l] {
      log("immediate");
      l.call_on_close(logs("close, in the same turn"));
      l.set_immediate(logs("immediate of the next turn"));
    });
  });
}

namespace {

/// An operation whose end is a callback, and which can be asked again.
struct socket_op : rondo::io::op {
  socket_op() {
    run = [](rondo::job& j) { static_cast<socket_op&>(j).then(); };
  }
  void ask(rondo::loop& l, rondo::io::op_kind what, rondo::callback next) {
    kind = what;
    then = std::move(next);
    if (l.start(*this)) l.call_soon([this] { then(); });
  }
  rondo::callback then;
};

/// Both ends of one loopback connection: each reads once, and the server closes.
struct echo {
  using kind = rondo::io::op_kind;

  explicit echo(rondo::loop& on) : l(on) {
    const bool nonblocking = l.backend().wants_nonblocking();
    listener = rondo::os::fd(rondo::os::open_tcp_socket(false, nonblocking));
    address = *rondo::socket_address::from_host("127.0.0.1", 0);
    rondo::os::bind(listener.get(), address);
    rondo::os::listen(listener.get(), 1);
    rondo::os::local_address(listener.get(), address);
    server.fd = listener.get();
    server.ask(l, kind::accept, [this] { serve(); });
    client.fd = rondo::os::open_tcp_socket(false, nonblocking);
    client.data = const_cast<void*>(static_cast<const void*>(address.data()));
    client.size = static_cast<std::uint32_t>(address.size());
    client.ask(l, kind::connect, [this] { talk(); });
  }

  void serve() {
    server.fd = server.result;
    server.data = server_bytes;
    server.size = sizeof server_bytes;
    server.ask(l, kind::receive, [this] {
      log("server got " + std::string(server_bytes, static_cast<std::size_t>(server.result)));
      server.size = static_cast<std::uint32_t>(server.result);
      server.ask(l, kind::send, [this] { l.close(server.fd); });
    });
  }

  void talk() {
    log("connected");
    client.data = client_bytes;
    client.size = 5;
    client.ask(l, kind::send, [this] {
      client.size = sizeof client_bytes;
      client.ask(l, kind::receive, [this] { read(); });
    });
  }

  void read() {
    if (client.result == 0) {
      log("end");
      l.close(client.fd);
      return;
    }
    log("client got " + std::string(client_bytes, static_cast<std::size_t>(client.result)));
    client.ask(l, kind::receive, [this] { read(); });
  }

  rondo::loop& l;
  rondo::os::fd listener;
  rondo::socket_address address;
  socket_op server, client;
  char server_bytes[64] = {};
  char client_bytes[64] = {'h', 'e', 'l', 'l', 'o'};
};

}  // namespace

ORDER_PROGRAM(tcp_echo) {
  l.unref(l.set_timeout(1h, [talk = rondo::make_owned<echo>(l)] {}));  // lives as long as the loop
}
