// Descriptors travel through a Unix socket: a broker that may open what its client may not.
#include <cstdio>
#include <string>

#include <rondo/rondo.hpp>

/// Hands out one end of a pipe for the name that it is asked for, and writes into the other.
rondo::task<> broker(rondo::unix_seqpacket client) {
  std::byte room[200];
  const rondo::unix_message asked = co_await client.receive(room);
  rondo::pipe_ends pipe = co_await rondo::make_pipe();
  const int passed[] = {pipe.reader.descriptor()};
  rondo::unix_parcel answer(asked.bytes);
  answer.descriptors = passed;
  co_await client.send(answer);
  co_await pipe.writer.write_all("the contents of " + std::string(asked.text()));
  pipe.writer.close();
}

rondo::task<> client(rondo::unix_seqpacket broker) {
  co_await broker.send("secret.txt");
  std::byte room[200];
  rondo::unix_message answer = co_await broker.receive(room);
  if (answer.descriptors_lost) co_return;  // this process has no number free
  rondo::loop& here = co_await rondo::this_loop();
  rondo::pipe_reader contents(here, std::move(answer.descriptors.at(0)));
  std::puts((co_await contents.read_all()).c_str());
}

rondo::task<> amain() {
  auto [one, other] = co_await rondo::unix_seqpacket::pair();
  co_await rondo::when_all(broker(std::move(one)), client(std::move(other)));
}

int main() {
  return rondo::run(amain());
}
