// An empty program on Asio: the context is made and run.
#include <asio.hpp>

int main() {
  asio::io_context context(1);
  context.run();
}
