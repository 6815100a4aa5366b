#include <rondo/http/target.hpp>

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "support/seed.hpp"

namespace rondo::http {
namespace {

TEST(HttpTarget, IsAPathAndAQuery) {
  const target_parts parts = split_target("/a%20b?c=d?e");
  EXPECT_EQ(parts.path, "/a%20b");
  EXPECT_EQ(parts.query, "c=d?e");
  EXPECT_EQ(split_target("/a").query, "");
  EXPECT_EQ(split_target("?b").path, "/");
  EXPECT_EQ(split_target("?b").query, "b");
}

TEST(HttpTarget, NormalizesPaths) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"/", "/"},
      {"/a", "/a"},
      {"/a/", "/a/"},
      {"//a///b//", "/a/b/"},
      {"/a/./b", "/a/b"},
      {"/a/../b", "/b"},
      {"/a/b/..", "/a/"},
      {"/a/b/../", "/a/"},
      {"/a/.", "/a/"},
      {"/a/b/.../c", "/a/b/.../c"},
      {"/%61%2E%62", "/a.b"},
      {"/a/%2e%2e/b", "/b"},
      {"/a/%2E/b", "/a/b"},
      {"/a/.%2e/b", "/b"},
      {"/%2525", "/%25"},
      {"/a%20b", "/a b"},
      {"/gr\xc3\xbcn", "/gr\xc3\xbcn"},
      {"/%ff", "/\xff"},
      {"/a/b/c/../../d", "/a/d"},
      {"/..a/b..", "/..a/b.."}};
  for (const auto& [encoded, normal] : cases) {
    const auto path = normalize_path(encoded);
    ASSERT_TRUE(path.has_value()) << encoded;
    EXPECT_EQ(*path, normal) << encoded;
  }
}

TEST(HttpTarget, RefusesPathsWithIntentions) {
  const std::vector<std::pair<std::string_view, path_error>> cases = {
      {"", path_error::not_absolute},
      {"a", path_error::not_absolute},
      {"*", path_error::not_absolute},
      {"/..", path_error::above_root},
      {"/../etc/passwd", path_error::above_root},
      {"/a/../../b", path_error::above_root},
      {"/%2e%2e/b", path_error::above_root},
      {"//../b", path_error::above_root},
      {"/./../b", path_error::above_root},
      {"/a%00b", path_error::forbidden_character},
      {"/a%0ab", path_error::forbidden_character},
      {"/a%7f", path_error::forbidden_character},
      {"/a\\b", path_error::forbidden_character},
      {"/..\\b", path_error::forbidden_character},
      {"/..%5cb", path_error::forbidden_character},
      {"/..%2fb", path_error::forbidden_character},
      {"/a%2Fb", path_error::forbidden_character},
      {"/%", path_error::bad_escape},
      {"/%4", path_error::bad_escape},
      {"/%4g", path_error::bad_escape},
      {"/%%41", path_error::bad_escape},
      {"/%u0041", path_error::bad_escape},
      {"/%2/e", path_error::bad_escape}};
  for (const auto& [encoded, error] : cases) {
    const auto path = normalize_path(encoded);
    ASSERT_FALSE(path.has_value()) << encoded;
    EXPECT_EQ(path.error(), error) << encoded;
  }
}

TEST(HttpTarget, NoPathLeavesTheRoot) {
  std::mt19937_64 random(testing::seed());
  const std::vector<std::string_view> pieces = {"/",  "/",   "..",  ".", "%2e", "%2E", "a",  "%2f",
                                                "\\", "%5c", "%00", "b", "%",   "%25", "2e", "..."};
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string encoded = "/";
    for (std::uint64_t n = random() % 12; n != 0; --n) encoded += pieces[random() % pieces.size()];
    const auto path = normalize_path(encoded);
    if (!path) continue;
    ++accepted;
    const std::string closed = *path + "/";
    ASSERT_TRUE(path->starts_with('/')) << encoded;
    for (const char* const bad : {"/../", "/./", "\\", "\n"}) {
      ASSERT_EQ(closed.find(bad), std::string::npos) << encoded;
    }
    ASSERT_EQ(path->find("//"), std::string::npos) << encoded;
    ASSERT_EQ(path->find('\0'), std::string::npos) << encoded;
  }
  EXPECT_GT(accepted, 1000);
}

TEST(HttpTarget, EscapesGoThereAndBack) {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  const std::string encoded = percent_encode_path(all);
  EXPECT_EQ(percent_decode(encoded), all);
  EXPECT_EQ(encoded.find_first_of(" \"<>?#:;\\\x7f\xff"), std::string::npos);
  EXPECT_EQ(percent_encode_path("/a b/%.txt"), "/a%20b/%25.txt");
  EXPECT_EQ(percent_decode("%"), std::nullopt);
  EXPECT_EQ(percent_decode("a%2"), std::nullopt);
}

TEST(HttpTarget, ReadsQueries) {
  query_reader reader("a=1&&b=c+d%26e&flag&=x&%zz=%");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"a", "1"}, {"b", "c d&e"}, {"flag", ""}, {"", "x"}, {"%zz", "%"}};
  for (const auto& [name, value] : expected) {
    const auto field = reader.next();
    ASSERT_TRUE(field.has_value());
    EXPECT_EQ(field->name, name);
    EXPECT_EQ(field->value, value);
  }
  EXPECT_FALSE(reader.next().has_value());
}

}  // namespace
}  // namespace rondo::http
