#include <rondo/http/media_type.hpp>

#include <gtest/gtest.h>

namespace rondo::http {
namespace {

TEST(HttpMediaType, GoesByTheExtension) {
  EXPECT_EQ(media_type_of("/a/index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(media_type_of("PHOTO.JPG"), "image/jpeg");
  EXPECT_EQ(media_type_of("a.tar.gz"), "application/gzip");
  EXPECT_EQ(media_type_of("7.7z"), "application/x-7z-compressed");
  EXPECT_EQ(media_type_of("a.zst"), "application/zstd");
  EXPECT_EQ(media_type_of("site.webmanifest"), "application/manifest+json");
}

TEST(HttpMediaType, DoesNotGuess) {
  for (const char* const name : {"", "Makefile", "a.", "a.unknown", "a.d/file", "html",
                                 "a.an-extension-longer-than-any-other"}) {
    EXPECT_EQ(media_type_of(name), "application/octet-stream") << name;
  }
}

}  // namespace
}  // namespace rondo::http
