// Files over a real connection: what is given, and what never is.
#include <rondo/http/static_files.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "http/server_fixture.hpp"

namespace rondo::testing {
namespace {

namespace fs = std::filesystem;

/// A folder of its own for each test, and beside it a secret.
class static_files_test : public server_test {
 public:
  static_files_test() {
    std::string name = (fs::temp_directory_path() / "rondo_files_XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    base_ = name;
    root = base_ / "root";
    fs::create_directory(root);
    put(base_ / "secret.txt", "secret");
  }
  ~static_files_test() override { fs::remove_all(base_); }

  static void put(const fs::path& path, std::string_view text) {
    std::ofstream(path, std::ios::binary) << text;
  }

  /// Serves the folder to a client that is connected already.
  template <class Client>
  void with_files(Client client) {
    http::static_files files(root.string());
    serve([&](http::exchange& x) -> http::handling { return files.answer(x); },
          [&](running& s) -> task<> {
            http_client c;
            co_await c.connect(s.address);
            co_await client(c);
          });
  }

  fs::path root;

 private:
  fs::path base_;
};
INSTANTIATE_TEST_SUITE_P(backends, static_files_test, ::testing::ValuesIn(granted_backends()),
                         backend_name);

std::string value_of(const reply& r, const std::string& name) {
  const std::size_t at = r.head.find("\r\n" + name + ": ");
  if (at == r.head.npos) return {};
  const std::size_t begin = at + name.size() + 4;
  return r.head.substr(begin, r.head.find('\r', begin) - begin);
}

TEST_P(static_files_test, gives_files_of_any_size) {
  const std::string big = numbered_text(3'000'000);
  put(root / "big.bin", big);
  put(root / "empty.txt", "");
  with_files([&](http_client& c) -> task<> {
    const reply all = co_await c.ask(get("/big.bin"));
    EXPECT_EQ(all.status, 200);
    EXPECT_TRUE(all.body == big);
    const reply part = co_await c.ask(get("/big.bin", "Range: bytes=1000000-1999999\r\n"));
    EXPECT_EQ(part.status, 206);
    EXPECT_TRUE(part.body == big.substr(1'000'000, 1'000'000));
    EXPECT_TRUE(part.says("Content-Range: bytes 1000000-1999999/3000000"));
    const reply last = co_await c.ask(get("/big.bin", "Range: bytes=-3\r\n"));
    EXPECT_EQ(last.body, big.substr(2'999'997));
    const reply beyond = co_await c.ask(get("/big.bin", "Range: bytes=3000000-\r\n"));
    EXPECT_EQ(beyond.status, 416);
    EXPECT_TRUE(beyond.says("Content-Range: bytes */3000000"));
    const reply empty = co_await c.ask(get("/empty.txt"));
    EXPECT_EQ(empty.status, 200);
    EXPECT_TRUE(empty.says("Content-Length: 0"));
    const reply head = co_await c.ask("HEAD /big.bin HTTP/1.1\r\nHost: x\r\n\r\n", true);
    EXPECT_TRUE(head.says("Content-Length: 3000000"));
  });
}

TEST_P(static_files_test, compares_with_what_the_client_has) {
  put(root / "a.txt", "abc");
  with_files([](http_client& c) -> task<> {
    const reply first = co_await c.ask(get("/a.txt"));
    const std::string tag = value_of(first, "ETag");
    const std::string date = value_of(first, "Last-Modified");
    const reply same_tag = co_await c.ask(get("/a.txt", "If-None-Match: " + tag + "\r\n"));
    EXPECT_EQ(same_tag.status, 304);
    EXPECT_EQ(value_of(same_tag, "ETag"), tag);
    EXPECT_EQ(value_of(same_tag, "Content-Type"), "");
    const reply same_date = co_await c.ask(get("/a.txt", "If-Modified-Since: " + date + "\r\n"));
    EXPECT_EQ(same_date.status, 304);
    const reply other = co_await c.ask(get("/a.txt", "If-None-Match: \"other\"\r\n"));
    EXPECT_EQ(other.status, 200);
    const reply match = co_await c.ask(get("/a.txt", "If-Match: \"other\"\r\n"));
    EXPECT_EQ(match.status, 412);
    const std::string range = "Range: bytes=1-1\r\nIf-Range: ";
    const reply part = co_await c.ask(get("/a.txt", range + tag + "\r\n"));
    EXPECT_EQ(part.body, "b");
    const reply whole = co_await c.ask(get("/a.txt", range + "\"other\"\r\n"));
    EXPECT_EQ(whole.body, "abc");
  });
}

TEST_P(static_files_test, shows_folders) {
  fs::create_directories(root / "sub" / "deeper");
  fs::create_directory(root / "with_index");
  put(root / "with_index" / "index.html", "<p>index");
  put(root / "sub" / "a:b'c\"&<d>.txt", "odd");
  put(root / "sub" / "\xc3\xa4.txt", "umlaut");
  put(root / "sub" / "100% #1?.txt", "escapes");
  fs::create_symlink("../../secret.txt", root / "sub" / "leads_out");
  fs::create_symlink("deeper", root / "sub" / "leads_in");
  with_files([](http_client& c) -> task<> {
    const reply moved = co_await c.ask(get("/sub?x=y"));
    EXPECT_EQ(moved.status, 301);
    EXPECT_TRUE(moved.says("Location: /sub/?x=y")) << moved.head;
    const reply elsewhere = co_await c.ask(get("//sub"));
    EXPECT_TRUE(elsewhere.says("Location: /sub/")) << elsewhere.head;  // not the host "sub"
    const reply index = co_await c.ask(get("/with_index/"));
    EXPECT_EQ(index.body, "<p>index");
    EXPECT_TRUE(index.says("Content-Type: text/html; charset=utf-8"));
    const reply page = co_await c.ask(get("/sub/"));
    EXPECT_NE(page.body.find("\"./deeper/\""), page.body.npos) << page.body;
    EXPECT_NE(page.body.find("\"./leads_in/\""), page.body.npos) << page.body;
    EXPECT_EQ(page.body.find("leads_out"), page.body.npos) << page.body;
    EXPECT_EQ(page.body.find("<d>"), page.body.npos) << page.body;
    for (std::size_t at = 0; (at = page.body.find("href=\"./", at)) != page.body.npos; ++at) {
      std::string link = page.body.substr(at + 8, page.body.find('"', at + 8) - at - 8);
      for (const auto& [escaped, meant] : {std::pair{"&#39;", "'"}, std::pair{"&amp;", "&"}}) {
        const std::size_t found = link.find(escaped);
        if (found != link.npos) link.replace(found, 5, meant);
      }
      const reply linked = co_await c.ask(get("/sub/" + link));
      EXPECT_EQ(linked.status, 200) << link;
    }
  });
}

TEST_P(static_files_test, gives_nothing_else) {
  fs::create_symlink("../secret.txt", root / "leads_out");
  fs::create_symlink("/etc", root / "leads_far");
  fs::create_symlink("loop", root / "loop");
  put(root / "file.txt", "file");
  ASSERT_EQ(mkfifo((root / "fifo").c_str(), 0600), 0);
  with_files([](http_client& c) -> task<> {
    const std::pair<const char*, int> all[] = {
        {"/../secret.txt", 400},
        {"/%2e%2e/secret.txt", 400},
        {"/..%2fsecret.txt", 400},
        {"/%2e%2e%2fsecret.txt", 400},
        {"/..%5csecret.txt", 400},
        {"/a/../../secret.txt", 400},
        {"/%252e%252e/secret.txt", 404},
        {"/.%00./secret.txt", 400},
        {"/%zz", 400},
        {"/leads_out", 404},
        {"/leads_far/passwd", 404},
        {"/loop", 404},
        {"/fifo", 403},
        {"/file.txt/", 404},
        {"/file.txt/x", 404},
        {"/nothing", 404},
    };
    for (const auto& [path, status] : all) {
      const reply r = co_await c.ask(get(path));
      EXPECT_EQ(r.status, status) << path;
      EXPECT_EQ(r.body.find("secret\n"), r.body.npos) << path;
    }
    const reply long_name = co_await c.ask(get("/" + std::string(5'000, 'a')));
    EXPECT_EQ(long_name.status, 404);
    const reply changed = co_await c.ask("DELETE /file.txt HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(changed.status, 405);
    EXPECT_TRUE(changed.says("Allow: GET, HEAD"));
    const reply absolute = co_await c.ask("GET http://x/file.txt HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(absolute.body, "file");
  });
}

/// Root may read everything; so be somebody else for a while.
class nobody {
 public:
  nobody() : before_(geteuid()) {
    if (before_ == 0) EXPECT_EQ(seteuid(65534), 0);
  }
  nobody(const nobody&) = delete;
  ~nobody() { EXPECT_EQ(seteuid(before_), 0); }

 private:
  uid_t before_;
};

TEST_P(static_files_test, does_not_hide_what_it_may_not_read) {
  put(root / "private.txt", "x");
  fs::permissions(root / "private.txt", fs::perms::none);
  with_files([](http_client& c) -> task<> {
    const nobody unprivileged;
    const reply r = co_await c.ask(get("/private.txt"));
    EXPECT_EQ(r.status, 403);
  });
}

/// What the head has promised is kept, or visibly broken.
TEST_P(static_files_test, sends_a_file_that_changes_meanwhile) {
  const std::string text = numbered_text(30'000'000);
  put(root / "grows", text);
  put(root / "shrinks", text);
  http::static_files files(root.string());
  serve([&](http::exchange& x) -> http::handling { return files.answer(x); },
        [&](running& s) -> task<> {
          http_client c;
          co_await c.connect(s.address);
          co_await c.send(get("/grows"));
          co_await until([&] { return s.server.requests() == 1; });
          std::ofstream(root / "grows", std::ios::app) << "more";
          const reply grown = co_await c.receive();
          EXPECT_TRUE(grown.body == text);
          co_await c.send(get("/shrinks"));
          co_await until([&] { return s.server.requests() == 2; });
          fs::resize_file(root / "shrinks", 1'000'000);
          const reply shrunk = co_await c.receive();
          EXPECT_EQ(shrunk.status, 200);
          EXPECT_FALSE(shrunk.complete);
        });
}

TEST(StaticFiles, SaysWhichFolderIsNotThere) {
  try {
    const http::static_files files("/no/such/folder");
    FAIL() << "opened";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::not_found);
    EXPECT_NE(std::string_view(e.what()).find("/no/such/folder"), std::string_view::npos);
  }
}

}  // namespace
}  // namespace rondo::testing
