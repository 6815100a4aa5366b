// Unix sockets: streams and listeners, their files, and descriptors that travel.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include <rondo/async/any_stream.hpp>
#include <rondo/net/unix_stream.hpp>
#include <rondo/os/message_socket.hpp>

#include "net/net_fixture.hpp"

namespace rondo::testing {
namespace {

static_assert(byte_stream<unix_stream>);

class unix_test : public net_test {
 public:
  unix_test() {
    char made[] = "/tmp/rondo_unix_XXXXXX";
    folder = ::mkdtemp(made);
    path = folder + "/socket";
  }
  ~unix_test() override {
    ::unlink(path.c_str());
    EXPECT_EQ(::rmdir(folder.c_str()), 0) << "files are left";
  }
  bool file_exists() const { return ::access(path.c_str(), F_OK) == 0; }

  std::string folder;
  std::string path;
};
INSTANTIATE_TEST_SUITE_P(backends, unix_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

task<> talk(unix_listener& listener, const std::string& address) {
  unix_stream near = co_await unix_stream::connect(address);
  unix_stream far = co_await listener.accept();
  const std::string text = numbered_text(1'000'000);
  co_await when_all(
      [](unix_stream& s, const std::string& t) -> task<> {
        co_await s.write_all(t);
        (void)s.shutdown();
      }(near, text),
      [](unix_stream& s, const std::string& t) -> task<> {
        EXPECT_EQ(co_await read_string(s, 5), t.substr(0, 5));
        std::string rest(t.size() - 5, '\0');
        co_await s.read_exact(std::as_writable_bytes(std::span(rest)));
        EXPECT_EQ(rest, t.substr(5));
        EXPECT_TRUE((co_await s.read_some()).empty());
      }(far, text));
  const auto who = near.peer_credentials();
  EXPECT_EQ(who->process, ::getpid());
  EXPECT_EQ(who->user, ::getuid());
  EXPECT_EQ(near.remote_address()->to_string(), address);
}

TEST_P(unix_test, is_found_by_a_file_that_goes_with_it) {
  play([](unix_test& t) -> task<> {
    unix_bind_options options;
    options.mode = 0621;
    unix_listener listener = co_await unix_listener::bind(t.path, options);
    struct stat file = {};
    EXPECT_EQ(::stat(t.path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 07777, 0621u);
    co_await talk(listener, t.path);
    listener.close();
    EXPECT_FALSE(t.file_exists());
    EXPECT_EQ(co_await thrown_by(unix_stream::connect(t.path)), errc::not_found);
  }(*this));
}

TEST_P(unix_test, is_found_by_a_name_in_no_folder) {
  play([](unix_test& t) -> task<> {
    const std::string name = "@rondo test " + t.folder;
    unix_listener listener = co_await unix_listener::bind(name);
    EXPECT_EQ(listener.local_address()->to_string(), name);
    co_await talk(listener, name);
    EXPECT_EQ(co_await thrown_by(unix_listener::bind(name)), errc::address_in_use);
    listener.close();
    EXPECT_EQ(co_await thrown_by(unix_stream::connect(name)), errc::connection_refused);
  }(*this));
}

TEST_P(unix_test, replaces_what_a_dead_process_has_left) {
  play([](unix_test& t) -> task<> {
    unix_bind_options keeps;
    keeps.remove_at_close = false;
    unix_listener dead = co_await unix_listener::bind(t.path, keeps);
    EXPECT_EQ(co_await thrown_by(unix_listener::bind(t.path)), errc::address_in_use) << "alive";
    dead.close();
    EXPECT_TRUE(t.file_exists());
    EXPECT_EQ(co_await thrown_by(unix_stream::connect(t.path)), errc::connection_refused);
    unix_bind_options careful;
    careful.replace_stale = false;
    EXPECT_EQ(co_await thrown_by(unix_listener::bind(t.path, careful)), errc::address_in_use);
    unix_listener next = co_await unix_listener::bind(t.path);
    co_await talk(next, t.path);
  }(*this));
}

TEST_P(unix_test, replaces_no_file_of_another_kind) {
  play([](unix_test& t) -> task<> {
    os::fd(::open(t.path.c_str(), O_CREAT | O_CLOEXEC, 0600)).reset();
    EXPECT_EQ(co_await thrown_by(unix_listener::bind(t.path)), errc::address_in_use);
    EXPECT_TRUE(t.file_exists());
  }(*this));
}

TEST_P(unix_test, leaves_the_file_of_its_successor) {
  play([](unix_test& t) -> task<> {
    unix_listener old = co_await unix_listener::bind(t.path);
    EXPECT_EQ(::unlink(t.path.c_str()), 0);
    unix_listener next = co_await unix_listener::bind(t.path);
    old.close();
    EXPECT_TRUE(t.file_exists());
    unix_listener moved = std::move(next);
    next.close();
    EXPECT_TRUE(t.file_exists());
    co_await talk(moved, t.path);
  }(*this));
}

TEST_P(unix_test, refuses_bad_names) {
  play([](unix_test& t) -> task<> {
    const std::string longest(107, 'x');
    EXPECT_TRUE(unix_address::parse(longest));
    const auto longer = unix_address::parse(longest + "x");
    EXPECT_EQ(longer.error().code(), errc::name_too_long);
    EXPECT_NE(std::string(longer.error().what()).find("107"), std::string::npos);
    EXPECT_FALSE(unix_address::parse(""));
    EXPECT_FALSE(unix_address::parse("@"));
    EXPECT_FALSE(unix_address::parse(std::string_view("a\0b", 3)));
    EXPECT_EQ(co_await thrown_by(unix_listener::bind("/nowhere/at/all")), errc::not_found);
    EXPECT_EQ(co_await thrown_by(unix_stream::connect(t.folder + "/none")), errc::not_found);
  }(*this));
}

TEST_P(unix_test, waits_for_a_place_in_the_queue) {
  play([](unix_test& t) -> task<> {
    unix_bind_options small;
    small.backlog = 1;
    unix_listener listener = co_await unix_listener::bind(t.path, small);
    std::vector<unix_stream> early;
    for (;;) {  // until one has to wait, which a deadline then cancels
      auto one = co_await within(duration::milliseconds(20), unix_stream::connect(t.path));
      if (!one) break;
      early.push_back(std::move(*one));
      EXPECT_LT(early.size(), 10u);
    }
    co_await with_scope([&](scope& s) -> task<> {
      auto late = s.spawn(unix_stream::connect(t.path));
      for (std::size_t i = 0; i <= early.size(); ++i) (void)co_await listener.accept();
      EXPECT_TRUE((co_await late).is_open());
    });
  }(*this));
}

// Descriptors
// ------------------------------------------------------------------------------------------

std::string contents_of(const os::fd& file) {
  char text[100];
  const ssize_t got = ::pread(file.get(), text, sizeof text, 0);
  return std::string(text, got > 0 ? static_cast<std::size_t>(got) : 0);
}

os::fd file_with(std::string_view text) {
  char name[] = "/tmp/rondo_passed_XXXXXX";
  os::fd file(::mkostemp(name, O_CLOEXEC));
  ::unlink(name);
  EXPECT_EQ(::write(file.get(), text.data(), text.size()), ssize_t(text.size()));
  return file;
}

TEST_P(unix_test, passes_descriptors_with_bytes) {
  play([]() -> task<> {
    auto [a, b] = co_await unix_stream::pair();
    {
      const os::fd one = file_with("one");
      const os::fd two = file_with("two");
      const int passed[] = {one.get(), two.get()};
      co_await a.send_with("two files", passed);
    }
    std::byte room[100];
    co_await a.write_all("none");
    const unix_message got = co_await b.receive_with(room);
    EXPECT_EQ(got.text(), "two files");
    EXPECT_FALSE(got.descriptors_lost);
    EXPECT_EQ(got.descriptors.size(), 2u);
    EXPECT_EQ(contents_of(got.descriptors.at(0)), "one");
    EXPECT_EQ(contents_of(got.descriptors.at(1)), "two");
    EXPECT_NE(::fcntl(got.descriptors[0].get(), F_GETFD) & FD_CLOEXEC, 0);
    const unix_message next = co_await b.receive_with(room);
    EXPECT_EQ(next.text(), "none");
    EXPECT_TRUE(next.descriptors.empty());
    a.close();
    EXPECT_TRUE((co_await b.receive_with(room)).bytes.empty());
  }());
}

TEST_P(unix_test, much_goes_with_few_descriptors) {
  play([]() -> task<> {
    auto [a, b] = co_await unix_stream::pair();
    const std::string text = numbered_text(1'000'000);
    const int passed[] = {a.descriptor()};
    std::size_t descriptors = 0;
    std::string all;
    co_await when_all(
        a.send_with(text, passed),
        [](unix_stream& s, std::string& into, std::size_t& n, std::size_t size) -> task<> {
          std::vector<std::byte> room(100'000);
          while (into.size() < size) {
            const unix_message got = co_await s.receive_with(room);
            n += got.descriptors.size();
            into += got.text();
          }
        }(b, all, descriptors, text.size()));
    EXPECT_EQ(all, text);
    EXPECT_EQ(descriptors, 1u);
    const std::string_view nothing;
    EXPECT_EQ(co_await thrown_by(a.send_with(nothing, passed)), errc::invalid_argument);
    const std::vector<int> many(os::max_passed_descriptors + 1, 0);
    EXPECT_EQ(co_await thrown_by(a.send_with("x", many)), errc::invalid_argument);
  }());
}

TEST_P(unix_test, tells_of_descriptors_that_found_no_room) {
  play([]() -> task<> {
    auto [a, b] = co_await unix_stream::pair();
    const std::vector<int> passed(100, a.descriptor());
    co_await a.send_with("many", passed);
    co_await a.send_with("next", std::span(passed).first(1));
    rlimit before = {};
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit tight = {.rlim_cur = 50, .rlim_max = before.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    std::byte room[100];
    const unix_message got = co_await b.receive_with(room);
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_EQ(got.text(), "many");
    EXPECT_TRUE(got.descriptors_lost);
    EXPECT_TRUE(got.descriptors.empty());
    const unix_message next = co_await b.receive_with(room);
    EXPECT_EQ(next.descriptors.size(), 1u);
  }());
}

TEST_P(unix_test, will_not_look_for_descriptors_behind_what_was_read_ahead) {
  play([]() -> task<> {
    auto [a, b] = co_await unix_stream::pair();
    co_await a.write_all("some");
    b.unread(bytes_of("put back, "));
    std::byte room[100];
    EXPECT_EQ((co_await b.receive_with(room)).text(), "put back, ");
    EXPECT_EQ((co_await b.receive_with(room)).text(), "some");
    co_await a.write_all("more");
    EXPECT_EQ((co_await b.read_some()).text(), "more");
    EXPECT_EQ(co_await thrown_by(b.receive_with(room)), errc::invalid_argument);
  }());
}

task<std::string> received_text(unix_stream& from) {
  std::byte room[100];
  const unix_message got = co_await from.receive_with(room);
  co_return std::string(got.text());
}

TEST_P(unix_test, a_cancelled_receive_takes_nothing) {
  play([]() -> task<> {
    auto [a, b] = co_await unix_stream::pair();
    EXPECT_FALSE(co_await within(duration::milliseconds(2), received_text(b)));
    const int passed[] = {a.descriptor()};
    co_await a.send_with("still there", passed);
    std::byte room[100];
    const unix_message got = co_await b.receive_with(room);
    EXPECT_EQ(got.text(), "still there");
    EXPECT_EQ(got.descriptors.size(), 1u);
  }());
}

TEST_P(unix_test, closing_ends_who_waits) {
  play([]() -> task<> {
    auto [a, b] = co_await unix_stream::pair();
    unix_stream& waited = b;
    co_await with_scope([&](scope& s) -> task<> {
      auto waits = s.spawn(thrown_by(received_text(waited)));
      co_await yield_now();
      waited.close();
      EXPECT_EQ(co_await waits, errc::closed);
    });
    EXPECT_EQ(co_await thrown_by(received_text(waited)), errc::closed);
  }());
}

}  // namespace
}  // namespace rondo::testing
