#include <rondo/http/directory_page.hpp>

#include <gtest/gtest.h>

namespace rondo::http {
namespace {

os::folder_entry file(const std::string& name, std::uint64_t size = 0, std::int64_t second = 0) {
  return {name, {true, false, size, second * 1'000'000'000}, false};
}

os::folder_entry folder(const std::string& name) {
  return {name, {false, true, 4096, 0}, false};
}

bool has(const std::string& page, const std::string& text) {
  return page.find(text) != std::string::npos;
}

TEST(HttpDirectoryPage, ListsFoldersFirst) {
  const std::string page =
      directory_page("/a/", {file("b.txt", 5, 784111777), file("a.txt"), folder("z")});
  EXPECT_TRUE(has(page, "<title>/a/</title>"));
  EXPECT_TRUE(has(page, "<a href=\"../\">../</a>"));
  EXPECT_TRUE(has(page, "<a href=\"./b.txt\">b.txt</a><td>5<td>06 Nov 1994 08:49:37\n"));
  EXPECT_LT(page.find("./z/"), page.find("./a.txt"));
  EXPECT_LT(page.find("./a.txt"), page.find("./b.txt"));
  EXPECT_FALSE(has(directory_page("/", {}), "../"));
}

TEST(HttpDirectoryPage, CanNotBeScripted) {
  const std::string page = directory_page(
      "/<b>/", {file("\"><script>alert(1)</script>"), file("javascript:x"), file("a&'b%?#")});
  EXPECT_FALSE(has(page, "<script>"));
  EXPECT_FALSE(has(page, "<b>"));
  EXPECT_TRUE(has(page, "href=\"./javascript%3Ax\""));
  EXPECT_TRUE(has(page, "href=\"./a&amp;&#39;b%25%3F%23\">a&amp;&#39;b%?#</a>"));
  EXPECT_EQ(escape_html("<a href='x'>\"&\""), "&lt;a href=&#39;x&#39;&gt;&quot;&amp;&quot;");
}

}  // namespace
}  // namespace rondo::http
