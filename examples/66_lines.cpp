// Lines through a pipe: one task writes as it likes, the other one gets whole lines.
#include <cstdio>

#include <rondo/rondo.hpp>

rondo::task<> write(rondo::pipe_writer to) {
  for (const char* piece : {"first li", "ne\nsecond line\r\nthi", "rd", " line\nthe last"}) {
    co_await to.write_all(std::string_view(piece));
    co_await rondo::yield_now();
  }
  to.close();
}

rondo::task<> read(rondo::pipe_reader& from) {
  rondo::line_reader lines(from);
  for (int number = 1;; ++number) {
    const auto line = co_await lines.next();
    if (!line) break;
    std::printf("%d: %.*s\n", number, static_cast<int>(line->size()), line->data());
  }
}

rondo::task<> amain() {
  rondo::pipe_ends pipe = co_await rondo::make_pipe();
  co_await rondo::when_all(write(std::move(pipe.writer)), read(pipe.reader));
}

int main() {
  rondo::run(amain());
}
