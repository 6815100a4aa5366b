#pragma once
// What must hold for any bytes that reach the HTTP parser, whoever invents them: libFuzzer, the
// mutations of the test suite, or the generator that is compared with llhttp.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <rondo/http/body_decoder.hpp>
#include <rondo/http/request_parser.hpp>

namespace rondo::http::fuzzing {

/// Small enough for the limits to be met by short inputs.
inline limits tight_limits() {
  limits tight;
  tight.max_request_line = 200;
  tight.max_head = 1000;
  tight.max_fields = 20;
  tight.max_chunk_extensions = 40;
  tight.max_trailers = 80;
  tight.max_body = 1000;
  return tight;
}

/// What the parser made of a connection, and where it contradicted itself, if it did.
struct story {
  std::string text;
  std::string broken;
};

/// Adds all that the parser says about a head to the story.
inline void tell_head(const request_head& head, std::string_view bytes, story& so_far) {
  std::string& text = so_far.text;
  std::string& broken = so_far.broken;
  const auto inside = [&](std::string_view part) {
    const std::less_equal<const char*> before;  // a total order, unlike <= on strangers
    const bool fits =
        part == "/" || (before(bytes.data(), part.data()) &&
                        before(part.data() + part.size(), bytes.data() + bytes.size()));
    if (!fits) broken += "a view leaves the input; ";
    return "<" + std::string(part) + ">";
  };
  text +=
      std::string(name_of(head.method())) + inside(head.target()) + inside(head.path_and_query());
  text += " 1." + std::to_string(head.minor_version()) + " host" + inside(head.host());
  for (std::size_t i = 0; i < head.field_count(); ++i) {
    const field line = head.field_at(i);
    text += " " + inside(line.name) + "=" + inside(line.value);
    if (line.name.empty() || line.name.find_first_of(" \t:\r\n") != std::string_view::npos) {
      broken += "a name is no token; ";
    }
    const auto control = [](char c) { return (c >= 0 && c < ' ' && c != '\t') || c == 0x7f; };
    if (std::ranges::any_of(line.value, control)) broken += "a control in a value; ";
    if (!line.value.empty() && (line.value.front() == ' ' || line.value.back() == ' ')) {
      broken += "white space around a value; ";
    }
  }
  text += " framing " + std::to_string(static_cast<int>(head.framing())) + " length " +
          std::to_string(head.content_length()) + (head.keep_alive() ? " keep" : " close") +
          (head.expects_continue() ? " expect" : "") + (head.wants_upgrade() ? " upgrade" : "");
  const char first = head.path_and_query().front();
  if (first != '/' && first != '?' && head.path_and_query() != "*") broken += "an odd path; ";
  text += "\n";
}

/// Plays a connection whose peer sends `input` in pieces, the sizes of which `next_size` tells, and
/// returns the story of what the parser made of it: heads, bodies, the final verdict. The same for
/// all ways of cutting, or the parser is wrong. Each step sees its bytes in a heap block of their
/// exact size, so that AddressSanitizer meets every byte read beyond them.
template <class NextSize>
story replay(std::string_view input, NextSize next_size, const limits& limits) {
  story told;
  std::string received;
  std::string body;
  request_parser parser;
  auto head = std::make_unique<request_head>();
  std::unique_ptr<body_decoder> decoder;
  for (bool first = true; first || !input.empty(); first = false) {
    const std::size_t size =
        std::clamp<std::size_t>(next_size(), 1, std::max<std::size_t>(input.size(), 1));
    received += input.substr(0, size);
    input.remove_prefix(std::min(size, input.size()));
    while (!received.empty()) {
      const std::unique_ptr<char[]> block(new char[received.size()]);
      std::memcpy(block.get(), received.data(), received.size());
      const std::string_view bytes(block.get(), received.size());
      std::size_t consumed = 0;
      if (decoder == nullptr) {
        const head_result result = parser.parse(bytes, limits, *head);
        if (result.failed()) {
          told.text += "refused: " + std::string(describe(result.error));
          return told;
        }
        if (!result.complete()) break;
        consumed = result.consumed;
        tell_head(*head, bytes, told);
        decoder = std::make_unique<body_decoder>(*head);
      } else {
        const body_piece piece = decoder->decode(bytes, limits);
        if (piece.error != parse_error::none) {
          told.text += "body <" + body + "> refused: " + std::string(describe(piece.error));
          return told;
        }
        body += piece.data;
        consumed = piece.consumed;
      }
      if (consumed == 0 || consumed > bytes.size()) {
        told.broken += "consumed " + std::to_string(consumed);
        return told;
      }
      received.erase(0, consumed);
      if (decoder->done()) {
        told.text += "body <" + body + ">\n";
        body.clear();
        decoder.reset();
      }
    }
  }
  if (decoder != nullptr) told.text += "body <" + body + "> and ";
  told.text += received.empty() && decoder == nullptr ? "idle" : "waits";
  return told;
}

/// Cuts `input` in every way that tends to find faults and compares. Returns what went wrong, or
/// nothing.
inline std::string find_contradiction(std::string_view input, const limits& limits) {
  const story whole = replay(input, [&] { return input.size(); }, limits);
  if (!whole.broken.empty()) return whole.broken + "in:\n" + whole.text;
  const auto differs = [&](const char* how, const story& other) {
    return other.text == whole.text ? ""
                                    : "at once:\n" + whole.text + "\n" + how + ":\n" + other.text;
  };
  std::string fault = differs("byte by byte", replay(input, [] { return 1; }, limits));
  for (std::uint32_t seed = 1; seed <= 3 && fault.empty(); ++seed) {
    std::uint32_t state = seed * 2654435761U;
    const auto some = [&] { return 1 + ((state = state * 1664525U + 1013904223U) >> 26U); };
    fault = differs("in pieces", replay(input, some, limits));
  }
  return fault;
}

}  // namespace rondo::http::fuzzing
