// Beside the parser that most of the web runs on: llhttp, as it is inside Node. Thousands of
// connections, valid, damaged and malicious, go to both. Whatever we accept, llhttp must accept
// with the same meaning, or a proxy in front of us and we would see different requests. Where we
// refuse and llhttp does not, the reason must be among those we know of.
#include <gtest/gtest.h>

#include <unistd.h>

#include <cstdlib>
#include <map>
#include <set>
#include <sstream>

#include <rondo/http/body_decoder.hpp>
#include <rondo/http/request_parser.hpp>

#include "mutation.hpp"
#include "support/seed.hpp"

namespace rondo::http {
namespace {

using strings = std::vector<std::string>;

std::string base64(std::string_view bytes) {
  static constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group * 256 + (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k <= bytes.size() ? digits[group >> (18 - 6 * k) & 63U] : '=';
    }
  }
  return out;
}

struct message {
  std::string meaning;  // in the words of llhttp_oracle.cjs
  bool keep_alive = false;
  bool upgrade = false;
  bool whole = false;
};

struct verdict {
  std::vector<message> messages;
  std::string error;  // empty: none
};

// What our parser makes of a connection.
verdict ask_rondo(std::string_view bytes) {
  verdict out;
  limits allowed;
  request_parser parser;
  request_head head;
  while (!bytes.empty()) {
    const head_result result = parser.parse(bytes, allowed, head);
    if (result.failed()) out.error = describe(result.error);
    if (!result.complete()) return out;
    message& request = out.messages.emplace_back();
    request.keep_alive = head.keep_alive();
    request.upgrade = head.wants_upgrade();
    request.meaning = std::string(name_of(head.method())) + " =" + base64(head.target()) + " 1." +
                      std::to_string(head.minor_version());
    for (std::size_t i = 0; i < head.field_count(); ++i) {
      request.meaning +=
          " =" + base64(head.field_at(i).name) + " =" + base64(head.field_at(i).value);
    }
    bytes.remove_prefix(result.consumed);
    std::string body;
    body_decoder decoder(head);
    while (!decoder.done() && !bytes.empty()) {
      const body_piece piece = decoder.decode(bytes, allowed);
      if (piece.error != parse_error::none) {
        out.error = describe(piece.error);
        return out;
      }
      body += piece.data;
      bytes.remove_prefix(piece.consumed);
    }
    request.whole = decoder.done();
    request.meaning += request.whole ? " body =" + base64(body) : " cut";
    if (!request.whole || !request.keep_alive || request.upgrade) return out;
  }
  return out;
}

verdict read_answer(const std::string& line) {
  verdict out;
  std::istringstream words(line);
  std::string word;
  while (words >> word) {
    if (word == "message") {
      message& request = out.messages.emplace_back();
      std::string keep;
      std::string upgrade;
      std::string target;
      std::string version;
      words >> request.meaning >> target >> version >> keep >> upgrade;
      request.meaning += " " + target + " " + version;
      request.keep_alive = keep == "keep";
      request.upgrade = upgrade == "upgrade";
    } else if (word == "error") {
      words >> out.error;
    } else {
      out.messages.back().meaning += " " + word;
      if (word == "body") out.messages.back().whole = true;
    }
  }
  return out;
}

std::vector<verdict> ask_llhttp(const strings& inputs) {
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / ("rondo_llhttp_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream questions(folder / "questions");
  for (const std::string& input : inputs) questions << base64(input) << '\n';
  questions.close();
  const std::string command = "node '" RONDO_SOURCE_DIR "/tests/http/llhttp_oracle.cjs' < '" +
                              (folder / "questions").string() + "' > '" +
                              (folder / "answers").string() + "'";
  EXPECT_EQ(std::system(command.c_str()), 0) << "is Node 18 or later installed?";
  std::vector<verdict> answers;
  std::ifstream lines(folder / "answers");
  for (std::string line; std::getline(lines, line);) answers.push_back(read_answer(line));
  lines.close();
  std::filesystem::remove_all(folder);
  return answers;
}

const strings odd_targets = {"/\"{|}^`<>", "http://x/", "https://x:1?q", "*", "x:443", "/#f", "/"};

const strings hosts = {"Host: x\r\n", "Host: [::1]:80\r\n", "Host:\r\n", "Host: a,b\r\n"};

// A field, and after the bar the body that comes with it.
const strings bodies = {
    "Content-Length: 5\r\n|hello",
    "Transfer-Encoding: chunked\r\n|5\r\nhello\r\n0\r\n\r\n",
    "transfer-encoding: CHUNKED\r\n|2;a=b;c=\"d\\\"\";e\r\nab\r\n00A\r\n0123456789\r\n0\r\nX: "
    "y\r\n\r\n",
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n|0\r\n\r\n",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n|0\r\n\r\n",
    "Content-Length: 1\r\nContent-Length: 2\r\n|ab",
    "Content-Length: 2, 2\r\n|ab",
    "Content-Length: +2\r\n|ab",
    "Content-Length : 2\r\n|ab",
    "Content-Length:\r\n|",
    "Transfer-Encoding: gzip, chunked\r\n|0\r\n\r\n",
    "Transfer-Encoding: chunked, gzip\r\n|0\r\n\r\n",
    "Transfer-Encoding: identity\r\n|",
    "Transfer-Encoding: xchunked\r\n|0\r\n\r\n",
    "Transfer-Encoding:\tchunked \r\n|1\r\na\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked,\r\n|0\r\n\r\n",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n|0\r\n\r\n",
    "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n|0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n|1 \r\na\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n|1;\na\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n|1; a=b\r\na\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n|0x1\r\na\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n|1\r\na\r\n0\r\nContent-Length: 3\r\n\r\n",
    "Transfer-Encoding: chunked\r\n|1\r\nab\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n|1\na\n0\n\n"};

// Without Proxy-Connection, which llhttp heeds and no RFC knows.
const strings fields = {"Accept: */*\r\n",
                        "X-Empty:\r\n",
                        "X-Blank: \t\r\n",
                        "X-Trail: a b \t \r\n",
                        "Connection: keep-alive\r\n",
                        "Connection: Keep-Alive, x\r\n",
                        "Connection: closed\r\n",
                        "Expect: 100-continue\r\n",
                        "X-Text: gr\xc3\xbcn\r\n",
                        "!#$%&'*+-.^_`|~: x\r\n",
                        "Upgrade: websocket\r\n"};

const strings odd_fields = {"Connection: close\r\n",
                            "Connection: upgrade\r\n",
                            "connection: te , CLOSE\r\n",
                            "Connection:\tclose\r\n",
                            "Connection: close, keep-alive\r\n",
                            "Connection: ,,close\r\n",
                            "Host: y\r\n",
                            "X-Fold: a\r\n b\r\n",
                            "X : y\r\n",
                            ": y\r\n",
                            "X\r\n",
                            "X: a\rb\r\n",
                            "X: a\nY: b\r\n",
                            "Expect: tea\r\n"};

// Connections that are right more often than not, with the classics of request smuggling among
// them.
class generator {
 public:
  explicit generator(std::uint64_t seed) : random_(seed), corpora_(testing::both_corpora()) {}

  std::string connection() {
    std::string bytes;
    for (std::uint64_t n = 1 + random_() % 3; n != 0; --n) bytes += request();
    if (random_() % 8 == 0) bytes = corpora_[random_() % corpora_.size()];
    return random_() % 2 == 0 ? bytes : testing::mutate(bytes, corpora_, random_);
  }

 private:
  const std::string& pick(const strings& from) { return from[random_() % from.size()]; }

  // Three times in four a piece that is right, else one that is odd or an attack.
  const std::string& pick_mostly(const strings& right, const strings& wrong) {
    return pick(random_() % 4 == 0 ? wrong : right);
  }

  std::string request() {
    const std::string verb = pick_mostly(
        {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}, {"GET", "BREW"});
    const std::string target = pick_mostly({"/", "/a/b?c=d&e", "/%41;x"}, odd_targets);
    const std::string version = pick_mostly({"1.1"}, {"1.1", "1.0", "2.0"});
    const std::string body = pick_mostly({"", "", bodies[0], bodies[1], bodies[2]}, bodies);
    strings lines;
    if (random_() % 16 != 0) lines.push_back(pick_mostly({"Host: x\r\n"}, hosts));
    if (!body.empty()) lines.push_back(body.substr(0, body.find('|')));
    for (std::uint64_t n = random_() % 3; n != 0; --n)
      lines.push_back(pick_mostly(fields, odd_fields));
    std::ranges::shuffle(lines, random_);
    std::string text = verb + " " + target + " HTTP/" + version + "\r\n";
    for (const std::string& line : lines) text += line;
    return text + "\r\n" + (body.empty() ? "" : body.substr(body.find('|') + 1));
  }

  std::mt19937_64 random_;
  strings corpora_;
};

// Why we refuse what llhttp takes. Everything else is refused by both.
const std::set<std::string_view>& known_strictness() {
  static const std::set<std::string_view> reasons = [] {
    std::set<std::string_view> all;
    for (const parse_error reason : {
             parse_error::bad_method,             // more than one empty line before a request
             parse_error::unknown_method,         // WebDAV and the like; CONNECT
             parse_error::bad_target,             // fragments, odd schemes, bytes beyond ASCII
             parse_error::bad_version,            // two spaces before the version
             parse_error::unsupported_version,    // HTTP/2.0 in a request line
             parse_error::bad_line_ending,        // lone CRs before a request
             parse_error::missing_host,           // llhttp leaves Host to the server
             parse_error::repeated_host,          //
             parse_error::bad_host,               //
             parse_error::bad_transfer_encoding,  // chunked twice; empty elements
             parse_error::unsupported_encoding,   // gzip, chunked
             parse_error::encoding_in_http_1_0,   //
             parse_error::expectation_failed,     //
             parse_error::content_too_large,      // our limits
             parse_error::bad_chunk_size,         // leading zeros beyond 16 digits
             parse_error::bad_chunk_extension,    // empty ones; quotes that follow a token
             parse_error::bad_trailer,            // trailers that would have framed the message
             parse_error::bad_field_name,         // Node 18: white space before the colon
             parse_error::bad_chunk_end,          // Node 18: bytes after a chunk
         }) {
      all.insert(describe(reason));
    }
    return all;
  }();
  return reasons;
}

std::string compare(const std::string& input, const verdict& ours, const verdict& theirs,
                    std::map<std::string, strings>& stricter) {
  for (std::size_t i = 0; i < ours.messages.size(); ++i) {
    if (i >= theirs.messages.size()) return "llhttp refuses a request that we accept";
    const message& our = ours.messages[i];
    const message& their = theirs.messages[i];
    const bool last = i + 1 == ours.messages.size();
    const bool refused_in_body = last && !our.whole && !ours.error.empty();
    if (our.upgrade != their.upgrade) {
      // RFC 9110, section 7.8: Upgrade in HTTP/1.0 is ignored.
      if (our.meaning.find(" 1.0") == std::string::npos) return "one sees an upgrade";
      return "";
    }
    if (our.keep_alive && !their.keep_alive) return "we keep a connection that llhttp closes";
    const std::size_t head_end = our.meaning.rfind(our.whole ? " body" : " cut");
    if (refused_in_body) {
      if (!their.meaning.starts_with(our.meaning.substr(0, head_end))) return "heads differ";
      if (their.whole) stricter[ours.error].push_back(input);
      return "";
    }
    if (our.meaning != their.meaning) return "meanings differ";
    if (last && ours.error.empty() && !our.whole && !theirs.error.empty()) {
      return "llhttp refuses a body that we wait for";
    }
  }
  const bool they_go_on = theirs.messages.size() > ours.messages.size();
  if (!ours.error.empty() && they_go_on) stricter[ours.error].push_back(input);
  return "";
}

TEST(HttpBesideLlhttp, WhatWeAcceptMeansTheSameToLlhttp) {
  generator connections(rondo::testing::seed());
  strings inputs = testing::both_corpora();
  while (inputs.size() < 6000) inputs.push_back(connections.connection());
  const std::vector<verdict> answers = ask_llhttp(inputs);
  ASSERT_EQ(answers.size(), inputs.size());

  std::map<std::string, strings> stricter;
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const verdict ours = ask_rondo(inputs[i]);
    accepted += ours.messages.size();
    ASSERT_EQ(compare(inputs[i], ours, answers[i], stricter), "")
        << inputs[i] << "\n-- ours ended with: " << ours.error
        << "\n-- llhttp's: " << answers[i].error << " after " << answers[i].messages.size();
  }
  EXPECT_GT(accepted, 1000U) << "the generator hardly makes a valid request";
  for (const auto& [reason, examples] : stricter) {
    EXPECT_TRUE(known_strictness().contains(reason))
        << "stricter than llhttp: " << reason << ", " << examples.size() << " times, as in\n"
        << examples.front();
  }
}

}  // namespace
}  // namespace rondo::http
