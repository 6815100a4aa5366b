#include <rondo/http/body_decoder.hpp>

#include <gtest/gtest.h>

#include <string>

#include <rondo/http/request_parser.hpp>

namespace rondo::http {
namespace {

struct decoded {
  std::string body;
  std::size_t consumed = 0;
  bool done = false;
  parse_error error = parse_error::none;
};

decoded decode_chunks(std::string_view bytes, limits allowed = {}) {
  chunked_decoder decoder;
  decoded out;
  while (out.consumed < bytes.size() && !decoder.done()) {
    const body_piece piece = decoder.decode(bytes.substr(out.consumed), allowed);
    out.body += piece.data;
    out.consumed += piece.consumed;
    out.error = piece.error;
    if (out.error != parse_error::none) break;
  }
  out.done = decoder.done();
  return out;
}

TEST(HttpChunkedDecoder, PutsChunksTogether) {
  const decoded out =
      decode_chunks("5\r\nhello\r\nA\r\n, wonderfu\r\n00000001\r\nl\r\n0\r\n\r\nGET");
  EXPECT_EQ(out.body, "hello, wonderful");
  EXPECT_TRUE(out.done);
  EXPECT_EQ(out.consumed, 43U);  // and not a byte of the next request
}

TEST(HttpChunkedDecoder, GivesViewsOfItsInput) {
  const std::string input = "5\r\nhello\r\n";
  chunked_decoder decoder;
  const body_piece piece = decoder.decode(input, {});
  EXPECT_EQ(piece.data.data(), input.data() + 3);
  EXPECT_EQ(piece.data.size(), 5U);
  EXPECT_EQ(piece.consumed, 8U);
}

TEST(HttpChunkedDecoder, DropsExtensionsAndTrailers) {
  const decoded out = decode_chunks("1;a;b=c;d=\"e;\\\"f\r\"\r\nx\r\n0\r\n\r\n");
  EXPECT_EQ(out.error, parse_error::bad_chunk_extension);  // CR, even in quotes
  const decoded good =
      decode_chunks("1;a;b=c;d=\"e;\\\"f\"\r\nx\r\n0;last\r\nX-Sum: 1\r\nhos: t\r\nhosts:\r\n\r\n");
  EXPECT_EQ(describe(good.error), "no error");
  EXPECT_EQ(good.body, "x");
  EXPECT_TRUE(good.done);
}

TEST(HttpChunkedDecoder, RefusesWhatIsNotExact) {
  const auto error = [](std::string_view bytes) { return describe(decode_chunks(bytes).error); };
  for (const char* const bytes : {"\r\n", "x\r\n", " 1\r\n", "1 \r\n", "1\t\r\n", "0x1\r\n",
                                  "-1\r\n", "1\nx", "1\r\r", "00000000000000001\r\n", "1,\r\n"}) {
    EXPECT_EQ(error(bytes), describe(parse_error::bad_chunk_size)) << bytes;
  }
  for (const char* const bytes :
       {"1;\r\n", "1;=\r\n", "1; a\r\n", "1;a =b\r\n", "1;a=\r\n", "1;a\n", "1;a=\"b\n",
        "1;a=\"b\"c\r\n", "1;;a\r\n", "1;a=\"\\\n"}) {
    EXPECT_EQ(error(bytes), describe(parse_error::bad_chunk_extension)) << bytes;
  }
  for (const char* const bytes : {"1\r\nxy", "1\r\nx\n", "1\r\nx\rx", "0\r\n\r\r"}) {
    const bool trailer = bytes[0] == '0';
    EXPECT_EQ(error(bytes),
              describe(trailer ? parse_error::bad_trailer : parse_error::bad_chunk_end))
        << bytes;
  }
  for (const char* const bytes :
       {"0\r\n\n", "0\r\nA\r\n", "0\r\n: b\r\n", "0\r\nA : b\r\n", "0\r\n A: b\r\n", "0\r\nA: b\n",
        "0\r\nA: b\r\r", "0\r\nA: \x01\r\n", "0\r\nContent-Length: 1\r\n", "0\r\nhost:\r\n",
        "0\r\nA: b\r\nTRANSFER-ENCODING: chunked\r\n"}) {
    EXPECT_EQ(error(bytes), describe(parse_error::bad_trailer)) << bytes;
  }
}

TEST(HttpChunkedDecoder, KeepsItsLimits) {
  limits allowed;
  allowed.max_body = 5;
  allowed.max_chunk_extensions = 8;
  allowed.max_trailers = 8;
  EXPECT_TRUE(decode_chunks("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", allowed).done);
  EXPECT_EQ(decode_chunks("3\r\nabc\r\n3\r\nde", allowed).error, parse_error::content_too_large);
  EXPECT_EQ(decode_chunks("6", allowed).error, parse_error::content_too_large);
  EXPECT_EQ(decode_chunks("ffffffffffffffff", allowed).error, parse_error::content_too_large);
  allowed.max_body = UINT64_MAX;
  EXPECT_EQ(decode_chunks("ffffffffffffffff\r\nx", allowed).body, "x");
  EXPECT_EQ(decode_chunks("1;aaaaaaaa\r\nx", allowed).error, parse_error::none);
  EXPECT_EQ(decode_chunks("1;aaaa\r\nx\r\n1;aaaaa\r\n", allowed).error,
            parse_error::extensions_too_large);
  EXPECT_TRUE(decode_chunks("0\r\na: b\r\n\r\n", allowed).done);
  EXPECT_EQ(decode_chunks("0\r\na: bc\r\n\r\n", allowed).error, parse_error::trailers_too_large);
}

TEST(HttpBodyDecoder, CountsALength) {
  request_parser parser;
  request_head head;
  ASSERT_TRUE(
      parser.parse("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", {}, head).complete());
  body_decoder decoder(head);
  EXPECT_FALSE(decoder.done());
  EXPECT_EQ(decoder.decode("hel", {}).data, "hel");
  const body_piece rest = decoder.decode("loGET", {});
  EXPECT_EQ(rest.data, "lo");
  EXPECT_EQ(rest.consumed, 2U);
  EXPECT_TRUE(decoder.done());
}

TEST(HttpBodyDecoder, IsDoneAtOnceWithoutABody) {
  request_parser parser;
  request_head head;
  ASSERT_TRUE(parser.parse("GET / HTTP/1.1\r\nHost: x\r\n\r\n", {}, head).complete());
  EXPECT_TRUE(body_decoder(head).done());
}

}  // namespace
}  // namespace rondo::http
