#include <rondo/http/request_parser.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rondo::http {
namespace {

// One request, parsed at once. Owns the bytes that the views of `head` point into.
struct parsed {
  explicit parsed(std::string text, limits allowed = {}) : bytes(std::move(text)) {
    request_parser parser;
    result = parser.parse(bytes, allowed, head);
  }

  std::string bytes;
  request_head head;
  head_result result;
};

std::string get_with(const std::string& lines) {
  return "GET / HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n";
}

parse_error error_of(const std::string& text, limits allowed = {}) {
  const parsed request(text, allowed);
  EXPECT_FALSE(request.result.complete()) << text;
  return request.result.error;
}

void expect_good(const std::string& text) {
  const parsed request(text);
  EXPECT_EQ(describe(request.result.error), "no error") << text;
  EXPECT_EQ(request.result.consumed, text.size()) << text;
}

TEST(HttpRequestParser, ReadsAGet) {
  const parsed request(
      "GET /hello?a=b HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAccept: */*\r\n\r\nrest");
  ASSERT_TRUE(request.result.complete());
  EXPECT_EQ(request.result.consumed, request.bytes.size() - 4);
  EXPECT_EQ(request.head.method(), method::get);
  EXPECT_EQ(request.head.target(), "/hello?a=b");
  EXPECT_EQ(request.head.path_and_query(), "/hello?a=b");
  EXPECT_EQ(request.head.form(), target_form::origin);
  EXPECT_EQ(request.head.host(), "127.0.0.1:8080");
  EXPECT_EQ(request.head.minor_version(), 1);
  EXPECT_EQ(request.head.framing(), body_framing::none);
  EXPECT_TRUE(request.head.keep_alive());
  ASSERT_EQ(request.head.field_count(), 2U);
  EXPECT_EQ(request.head.field_at(1).name, "Accept");
  EXPECT_EQ(request.head.field_at(1).value, "*/*");
  EXPECT_EQ(request.head.find("ACCEPT"), "*/*");
  EXPECT_EQ(request.head.find("Accep"), std::nullopt);
}

TEST(HttpRequestParser, CopiesNothing) {
  const parsed request("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(request.head.target().data(), request.bytes.data() + 4);
  EXPECT_EQ(request.head.host().data(), request.bytes.data() + 27);
}

TEST(HttpRequestParser, TakesTwelveBytesOfAConnection) {
  EXPECT_EQ(sizeof(request_parser), 12U);
}

TEST(HttpRequestParser, KnowsItsMethods) {
  for (const method verb : {method::get, method::head, method::post, method::put, method::patch,
                            method::delete_, method::options, method::trace}) {
    const parsed request(std::string(name_of(verb)) + " / HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(request.result.complete()) << name_of(verb);
    EXPECT_EQ(request.head.method(), verb);
  }
  const std::string rest = " / HTTP/1.1\r\nHost: x\r\n\r\n";
  EXPECT_EQ(error_of("BREW" + rest), parse_error::unknown_method);
  EXPECT_EQ(error_of("get" + rest), parse_error::unknown_method);
  EXPECT_EQ(error_of("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"), parse_error::unknown_method);
  EXPECT_EQ(error_of("G(T" + rest), parse_error::bad_method);
  EXPECT_EQ(error_of(rest), parse_error::bad_method);
  EXPECT_EQ(error_of("\x16\x03\x01\x02"), parse_error::bad_method);  // TLS on the wrong port
}

TEST(HttpRequestParser, ForgivesOneEmptyLineBeforeARequest) {
  expect_good("\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(error_of("\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"), parse_error::bad_method);
  EXPECT_EQ(error_of("\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"), parse_error::bad_method);
  EXPECT_EQ(error_of("\rGET / HTTP/1.1\r\nHost: x\r\n\r\n"), parse_error::bad_line_ending);
}

TEST(HttpRequestParser, ReadsTheFormsOfATarget) {
  const auto with = [](const std::string& line) { return line + " HTTP/1.1\r\nHost: y\r\n\r\n"; };
  const parsed absolute(with("GET hTTp://Example.com:80/a?b"));
  ASSERT_TRUE(absolute.result.complete());
  EXPECT_EQ(absolute.head.form(), target_form::absolute);
  EXPECT_EQ(absolute.head.host(), "Example.com:80");  // and not what Host says
  EXPECT_EQ(absolute.head.path_and_query(), "/a?b");
  const parsed bare(with("GET https://[::1]"));
  ASSERT_TRUE(bare.result.complete());
  EXPECT_EQ(bare.head.host(), "[::1]");
  EXPECT_EQ(bare.head.path_and_query(), "/");
  const parsed query_only(with("GET http://a?b"));
  EXPECT_EQ(query_only.head.path_and_query(), "?b");
  const parsed asterisk(with("OPTIONS *"));
  ASSERT_TRUE(asterisk.result.complete());
  EXPECT_EQ(asterisk.head.form(), target_form::asterisk);
  EXPECT_EQ(asterisk.head.path_and_query(), "*");
  for (const char* const line :
       {"GET *", "GET x", "GET example.com:80", "GET ftp://a/", "GET http:///a", "GET http://u@h/",
        "GET http://a:b/", "GET http://", "GET ", "GET /a#b", "GET /\x7f", "GET /\xc3\xa9",
        "OPTIONS **", "GET /a\tb"}) {
    EXPECT_EQ(error_of(with(line)), parse_error::bad_target) << line;
  }
}

TEST(HttpRequestParser, KnowsTwoVersions) {
  const auto with = [](const std::string& version) {
    return "GET / " + version + "\r\nHost: x\r\n\r\n";
  };
  const parsed old(with("HTTP/1.0"));
  ASSERT_TRUE(old.result.complete());
  EXPECT_EQ(old.head.minor_version(), 0);
  for (const char* const version : {"HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/9.9"}) {
    EXPECT_EQ(error_of(with(version)), parse_error::unsupported_version) << version;
  }
  for (const char* const version : {"http/1.1", "HTTP/1", "HTTP/1.", "HTTP/11", "HTTP/1.11", "HTTP",
                                    "", " HTTP/1.1", "HTTP/1.1 ", "HTTP/1,1", "HTTP/+.1"}) {
    EXPECT_EQ(error_of(with(version)), parse_error::bad_version) << version;
  }
  EXPECT_EQ(error_of("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), parse_error::unknown_method);
}

TEST(HttpRequestParser, WantsCrlfEverywhere) {
  EXPECT_EQ(error_of("GET / HTTP/1.1\nHost: x\r\n\r\n"), parse_error::bad_line_ending);
  EXPECT_EQ(error_of("GET / HTTP/1.1\rHost: x\r\n\r\n"), parse_error::bad_line_ending);
  EXPECT_EQ(error_of(get_with("A: b\n")), parse_error::bad_line_ending);
  EXPECT_EQ(error_of(get_with("A: b\rC: d\r\n")), parse_error::bad_line_ending);
  EXPECT_EQ(error_of(get_with("A: b\r\r\n")), parse_error::bad_line_ending);
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\nHost: x\r\n\n"), parse_error::bad_line_ending);
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\nHost: x\r\n\rA"), parse_error::bad_line_ending);
}

TEST(HttpRequestParser, RefusesControlCharacters) {
  for (int c = 0; c < 256; ++c) {
    const std::string value = get_with(std::string("A: b") + static_cast<char>(c) + "d\r\n");
    if (c == '\r' || c == '\n') {
      EXPECT_EQ(error_of(value), parse_error::bad_line_ending) << c;
    } else if ((c < ' ' && c != '\t') || c == 0x7f) {
      EXPECT_EQ(error_of(value), parse_error::control_character) << c;
    } else {
      expect_good(value);
    }
  }
}

TEST(HttpRequestParser, WantsTokensForNames) {
  const std::string token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCXYZ";
  for (int c = 0; c < 256; ++c) {
    const std::string line = std::string("A") + static_cast<char>(c) + "b: c\r\n";
    if (c != 0 && token.find(static_cast<char>(c)) != std::string::npos) {
      expect_good(get_with(line));
    } else if (c >= 'D' && c <= 'W') {
      expect_good(get_with(line));
    } else if (c == ':') {
      expect_good(get_with(line));  // "A" with the value "b: c"
    } else {
      const parse_error expected =
          c == '\n' ? parse_error::bad_line_ending : parse_error::bad_field_name;
      EXPECT_EQ(error_of(get_with(line)), expected) << c;
    }
  }
  EXPECT_EQ(error_of(get_with(": empty\r\n")), parse_error::bad_field_name);
  EXPECT_EQ(error_of(get_with("A : space before the colon\r\n")), parse_error::bad_field_name);
  EXPECT_EQ(error_of(get_with("no colon\r\n")), parse_error::bad_field_name);
  EXPECT_EQ(error_of(get_with("A: b\r\n folded\r\n")), parse_error::folded_field);
  EXPECT_EQ(error_of(get_with("A: b\r\n\tfolded\r\n")), parse_error::folded_field);
}

TEST(HttpRequestParser, TrimsValues) {
  const parsed request(get_with("A:\r\nB: \t \r\nC:c\r\nD: \td e\tf \t\r\n"));
  ASSERT_TRUE(request.result.complete());
  EXPECT_EQ(request.head.find("a"), "");
  EXPECT_EQ(request.head.find("b"), "");
  EXPECT_EQ(request.head.find("c"), "c");
  EXPECT_EQ(request.head.find("d"), "d e\tf");
}

TEST(HttpRequestParser, WantsOneHost) {
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\n\r\n"), parse_error::missing_host);
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\nHost: a\r\nhOST: a\r\n\r\n"), parse_error::repeated_host);
  EXPECT_EQ(error_of("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), parse_error::repeated_host);
  expect_good("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(parsed("GET / HTTP/1.0\r\n\r\n").head.host(), "");
}

TEST(HttpRequestParser, JudgesHosts) {
  const auto with = [](const std::string& host, const std::string& end) {
    return "GET / HTTP/1.1\r\nHost: " + host + "\r\n" + end + "\r\n";
  };
  for (const std::string end : {"", "A: a line that leaves room for wide loads\r\n"}) {
    for (const char* const host :
         {"", "a", "a.b-c_d~", "127.0.0.1", "a:1", "a:", "a:8080", "a:65535", "[::]", "[::1]:80",
          "[1:2:3:4:5:6:7:8]", "[2001:db8::1]", "[::ffff:1.2.3.4]", "[1::]",
          "a-name-that-is-longer-than-sixteen-bytes.example.com:443", "exactly16bytes.x"}) {
      expect_good(with(host, end));
    }
    for (const char* const host : {"a b",
                                   "a,b",
                                   "a/b",
                                   "a@b",
                                   "a\\b",
                                   "a:b",
                                   "a:1:2",
                                   ":80",
                                   "a:65536",
                                   "a:123456",
                                   "[",
                                   "[]",
                                   "[:]",
                                   "[1]",
                                   "[::1",
                                   "::1",
                                   "[::1]x",
                                   "[::1]:x",
                                   "[1:2:3:4:5:6:7]",
                                   "[1::2::3]",
                                   "[1:2:3:4:5:6:7:8:9]",
                                   "[12345::]",
                                   "[::1.2.3]",
                                   "[g::]",
                                   "a?b",
                                   "a#b",
                                   "a%41",
                                   "a;b",
                                   "exactly16bytes;x",
                                   "a-name-that-is-longer/than-sixteen-bytes",
                                   "\"a\"",
                                   "a\xff"}) {
      EXPECT_EQ(error_of(with(host, end)), parse_error::bad_host) << host;
    }
  }
}

TEST(HttpRequestParser, RefusesEveryDoubtAboutTheEndOfTheBody) {
  const std::vector<std::pair<std::string, parse_error>> cases = {
      {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", parse_error::length_and_encoding},
      {"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", parse_error::length_and_encoding},
      {"Content-Length: 1\r\nContent-Length: 2\r\n", parse_error::repeated_content_length},
      {"Content-Length: 1\r\nContent-Length: 1\r\n", parse_error::repeated_content_length},
      {"Content-Length: 1, 1\r\n", parse_error::bad_content_length},
      {"Content-Length: \r\n", parse_error::bad_content_length},
      {"Content-Length: +1\r\n", parse_error::bad_content_length},
      {"Content-Length: -1\r\n", parse_error::bad_content_length},
      {"Content-Length: 1 2\r\n", parse_error::bad_content_length},
      {"Content-Length: 0x1\r\n", parse_error::bad_content_length},
      {"Content-Length: 1\t\r\n", parse_error::bad_content_length},
      {"Content-Length: 1 \t \r\n", parse_error::bad_content_length},
      {"Content-Length: 18446744073709551616\r\n", parse_error::content_too_large},
      {"Content-Length: 18446744073709551615\r\n", parse_error::content_too_large},
      {"Transfer-Encoding: gzip\r\n", parse_error::bad_transfer_encoding},
      {"Transfer-Encoding: identity\r\n", parse_error::bad_transfer_encoding},
      {"Transfer-Encoding: \r\n", parse_error::bad_transfer_encoding},
      {"Transfer-Encoding: chunked, gzip\r\n", parse_error::bad_transfer_encoding},
      {"Transfer-Encoding: chunked, chunked\r\n", parse_error::bad_transfer_encoding},
      {"Transfer-Encoding: chunked,\r\n", parse_error::bad_transfer_encoding},
      {"Transfer-Encoding: ,chunked\r\n", parse_error::bad_transfer_encoding},
      {"Transfer-Encoding: chunked\t\r\n", parse_error::bad_transfer_encoding},
      {"Transfer-Encoding: xchunked\r\n", parse_error::bad_transfer_encoding},
      {"Transfer-Encoding: \"chunked\"\r\n", parse_error::bad_transfer_encoding},
      {"Transfer-Encoding: chunked;a=b\r\n", parse_error::bad_transfer_encoding},
      {"Transfer-Encoding: \x0b"
       "chunked\r\n",
       parse_error::control_character},
      {"Transfer-Encoding : chunked\r\n", parse_error::bad_field_name},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
       parse_error::bad_transfer_encoding},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n",
       parse_error::bad_transfer_encoding},
      {"Transfer-Encoding: gzip, chunked\r\n", parse_error::unsupported_encoding},
      {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n",
       parse_error::unsupported_encoding},
  };
  for (const auto& [lines, expected] : cases) {
    EXPECT_EQ(describe(error_of("POST / HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n")),
              describe(expected))
        << lines;
  }
  EXPECT_EQ(error_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
            parse_error::encoding_in_http_1_0);
}

TEST(HttpRequestParser, FramesBodies) {
  const parsed length(get_with("content-length: 0042\r\n"));
  ASSERT_TRUE(length.result.complete());
  EXPECT_EQ(length.head.framing(), body_framing::length);
  EXPECT_EQ(length.head.content_length(), 42U);
  const parsed chunked(get_with("TRANSFER-encoding: CHUNKED\r\n"));
  ASSERT_TRUE(chunked.result.complete());
  EXPECT_EQ(chunked.head.framing(), body_framing::chunked);
  EXPECT_EQ(chunked.head.content_length(), 0U);
}

TEST(HttpRequestParser, TellsWhetherTheConnectionStays) {
  const auto keeps = [](const std::string& version, const std::string& lines) {
    const parsed request("GET / HTTP/" + version + "\r\nHost: x\r\n" + lines + "\r\n");
    EXPECT_TRUE(request.result.complete());
    return request.head.keep_alive();
  };
  EXPECT_TRUE(keeps("1.1", ""));
  EXPECT_FALSE(keeps("1.1", "Connection: close\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: TE,CLOSE , x\r\n"));
  EXPECT_FALSE(keeps("1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
  EXPECT_TRUE(keeps("1.1", "Connection: closed\r\n"));
  EXPECT_TRUE(keeps("1.1", "Connection: keep-alive\r\n"));
  EXPECT_FALSE(keeps("1.0", ""));
  EXPECT_TRUE(keeps("1.0", "Connection: Keep-Alive\r\n"));
  EXPECT_FALSE(keeps("1.0", "Connection: keep-alive, close\r\n"));
}

TEST(HttpRequestParser, TellsExpectationsAndUpgrades) {
  EXPECT_TRUE(
      parsed(get_with("Expect: 100-Continue\r\nContent-Length: 1\r\n")).head.expects_continue());
  EXPECT_TRUE(parsed(get_with("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"))
                  .head.expects_continue());
  EXPECT_FALSE(parsed(get_with("Expect: 100-continue\r\n")).head.expects_continue());
  EXPECT_EQ(error_of(get_with("Expect: tea\r\n")), parse_error::expectation_failed);
  const parsed old("PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  ASSERT_TRUE(old.result.complete());
  EXPECT_FALSE(old.head.expects_continue());
  EXPECT_TRUE(
      parsed(get_with("Connection: Upgrade\r\nUpgrade: websocket\r\n")).head.wants_upgrade());
  EXPECT_FALSE(parsed(get_with("Upgrade: websocket\r\n")).head.wants_upgrade());
  EXPECT_FALSE(parsed(get_with("Connection: upgrade\r\n")).head.wants_upgrade());
}

TEST(HttpRequestParser, KeepsItsLimits) {
  limits allowed;
  allowed.max_request_line = 20;
  allowed.max_head = 60;
  allowed.max_fields = 3;
  allowed.max_body = 9;
  const std::string line_of_20 = "GET /23456 HTTP/1.1\r\n";  // 19 without its CRLF
  EXPECT_TRUE(parsed("GET /234567 HTTP/1.1\r\nHost: x\r\n\r\n", allowed).result.complete());
  EXPECT_EQ(error_of("GET /2345678 HTTP/1.1\r\nHost: x\r\n\r\n", allowed),
            parse_error::target_too_long);
  EXPECT_EQ(error_of(std::string(22, 'A'), allowed), parse_error::target_too_long);
  EXPECT_EQ(error_of(std::string(21, 'A'), allowed), parse_error::none);

  const std::string head =
      line_of_20 + "Host: x\r\nA: " + std::string(60 - 21 - 9 - 7, 'b') + "\r\n\r\n";
  ASSERT_EQ(head.size(), 60U);
  EXPECT_TRUE(parsed(head, allowed).result.complete());
  EXPECT_EQ(error_of(head.substr(0, 33) + "b" + head.substr(33), allowed),
            parse_error::head_too_large);
  EXPECT_EQ(error_of(line_of_20 + std::string(39, 'A'), allowed), parse_error::head_too_large);

  EXPECT_TRUE(parsed(line_of_20 + "Host: x\r\nA:\r\nB:\r\n\r\n", allowed).result.complete());
  EXPECT_EQ(error_of(line_of_20 + "Host: x\r\nA:\r\nB:\r\nC:\r\n\r\n", allowed),
            parse_error::too_many_fields);

  EXPECT_TRUE(
      parsed(line_of_20 + "Host: x\r\nContent-Length: 9\r\n\r\n", allowed).result.complete());
  EXPECT_EQ(error_of(line_of_20 + "Host: x\r\nContent-Length: 10\r\n\r\n", allowed),
            parse_error::content_too_large);
}

TEST(HttpRequestParser, HalfOfTheEmptyLineIsNoLineTooMany) {
  limits allowed;
  allowed.max_fields = 1;
  const std::string text = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  request_parser parser;
  request_head head;
  for (std::size_t size = 1; size < text.size(); ++size) {
    const head_result result = parser.parse(std::string_view(text).substr(0, size), allowed, head);
    ASSERT_FALSE(result.failed() || result.complete()) << size;
  }
  EXPECT_TRUE(parser.parse(text, allowed, head).complete());
}

TEST(HttpRequestParser, TheLargestTableIsUsedToItsEnd) {
  limits allowed;
  allowed.max_head = 65535;
  allowed.max_fields = request_head::capacity;
  std::string text = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (std::size_t i = 1; i < request_head::capacity; ++i)
    text += "A: " + std::string(500, 'b') + "\r\n";
  const parsed full(text + "\r\n", allowed);
  ASSERT_TRUE(full.result.complete());
  EXPECT_EQ(full.head.field_at(request_head::capacity - 1).value, std::string(500, 'b'));
  EXPECT_EQ(error_of(text + "A: b\r\n\r\n", allowed), parse_error::too_many_fields);
}

TEST(HttpRequestParser, GoesOnFromRequestToRequest) {
  const std::string first = "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string both = first + "HEAD /2 HTTP/1.1\r\nHost: y\r\nA: b\r\n\r\n";
  request_parser parser;
  request_head head;
  const head_result one = parser.parse(both, {}, head);
  ASSERT_EQ(one.consumed, first.size());
  const std::string_view rest = std::string_view(both).substr(one.consumed);
  EXPECT_FALSE(parser.parse(rest.substr(0, 30), {}, head).complete());
  const head_result two = parser.parse(rest, {}, head);
  ASSERT_EQ(two.consumed, rest.size());
  EXPECT_EQ(head.method(), method::head);
  EXPECT_EQ(head.target(), "/2");
  EXPECT_EQ(head.host(), "y");
  EXPECT_EQ(head.field_count(), 2U);
}

TEST(HttpRequestParser, AnswersAnOffenceBeforeTheHeadIsComplete) {
  EXPECT_EQ(error_of("GET / HTTP/1.1\r\nHost: x\r\nA : b\r\nB"), parse_error::bad_field_name);
  EXPECT_EQ(error_of("GET / HTTP/3.0\r\n"), parse_error::unsupported_version);
}

TEST(HttpParseError, EveryErrorHasItsStatus) {
  EXPECT_EQ(status_of(parse_error::none), 200);
  EXPECT_EQ(status_of(parse_error::bad_method), 400);
  EXPECT_EQ(status_of(parse_error::bad_trailer), 400);
  EXPECT_EQ(status_of(parse_error::request_timeout), 408);
  EXPECT_EQ(status_of(parse_error::content_too_large), 413);
  EXPECT_EQ(status_of(parse_error::target_too_long), 414);
  EXPECT_EQ(status_of(parse_error::expectation_failed), 417);
  EXPECT_EQ(status_of(parse_error::too_many_fields), 431);
  EXPECT_EQ(status_of(parse_error::head_too_large), 431);
  EXPECT_EQ(status_of(parse_error::unknown_method), 501);
  EXPECT_EQ(status_of(parse_error::unsupported_encoding), 501);
  EXPECT_EQ(status_of(parse_error::unsupported_version), 505);
}

}  // namespace
}  // namespace rondo::http
