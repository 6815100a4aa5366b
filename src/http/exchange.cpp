// An answer, put together: head and body into the connection's output, framed as the request
// allows.
#include <charconv>
#include <cstring>
#include <stdexcept>

#include <rondo/base/assert.hpp>
#include <rondo/http/response_head_writer.hpp>
#include <rondo/http/status.hpp>

#include "http/connection.hpp"
#include "http/room_for_piece.hpp"

namespace rondo::http {

namespace {

/// Room for a status line, Date, framing and Connection.
constexpr std::size_t fixed_head = 256;

constexpr std::size_t max_digits = 20;  // of 64 bits

[[gnu::always_inline]] inline char* copy_to(char* at, std::string_view text) noexcept {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

/// Grows `out` by at most `room` bytes, which `write(char*)` fills and counts, without zeroing
/// them.
template <class Write>
void append(std::string& out, std::size_t room, Write write) {
  const std::size_t before = out.size();
  out.resize_and_overwrite(before + room,
                           [&](char* text, std::size_t) { return before + write(text + before); });
}

}  // namespace

const request_head& exchange::request() const noexcept {
  return connection_->work().head;
}

std::int64_t exchange::unix_second() const {
  return connection_->shared().l.time().unix_second();
}

socket_address exchange::peer() const {
  return connection_->stream().remote_address().value_or(socket_address());
}

const byte_layer* exchange::layer() const noexcept {
  return connection_->layer();
}

void exchange::open(connection& on) noexcept {
  connection_ = &on;
  announced_ = 0;
  sent_ = 0;
  status_ = 0;
  stage_ = stage::unanswered;
  continued_ = !on.work().head.expects_continue();
  on.work().body.reset();
}

/// Head and body, into the output of the connection. `room` is what the fields may need.
template <class WriteFields>
void exchange::put_head(int status, std::size_t room, std::optional<std::uint64_t> size,
                        std::string_view body, WriteFields write_fields) {
  if (stage_ != stage::unanswered) throw std::logic_error("exchange: answered already");
  connection& c = *connection_;
  c.decide_whether_last();
  const int version = c.work().head.minor_version();
  const bool bodiless = is_bodiless(status);
  if (!size && version == 0 && !bodiless) c.make_last();
  room += fixed_head + body.size();
  std::size_t written = 0;
  append(c.work().out, room, [&](char* text) {
    response_head_writer writer(std::span(text, room));
    writer.status(status);
    writer.date(c.shared().today());
    write_fields(writer);
    if (size && !bodiless) writer.content_length(*size);
    if (!size && version != 0 && !bodiless) writer.chunked();
    writer.connection(!c.is_last(), version);
    written = writer.finish();
    if (written == 0) return written;
    body.copy(text + written, body.size());  // unlike memcpy, fine with no body at all
    return written + body.size();
  });
  if (written == 0) throw std::invalid_argument("exchange: a header field that no head may hold");
  status_ = status;
  sent_ = body.size();
}

void exchange::put_head(int status, std::span<const field> fields,
                        std::optional<std::uint64_t> size, std::string_view body) {
  std::size_t room = 0;
  for (const field& f : fields) room += f.name.size() + f.value.size() + 4;
  put_head(status, room, size, body, [&](response_head_writer& writer) {
    for (const field& f : fields) writer.field(f.name, f.value);
  });
}

/// Whether the answer has a head only.
bool exchange::is_silent(int status) const noexcept {
  return is_bodiless(status) || request().method() == method::head;
}

void exchange::respond(int status, std::string_view content_type, std::string_view body) {
  const field type{"Content-Type", content_type};
  respond(status, std::span(&type, 1), body);
}

/// The answer that most requests get: nothing in it can be wrong, so it is copied together without
/// a question.
inline void exchange::put_plain(std::string_view line, std::string_view body) {
  static constexpr std::string_view status_line = "HTTP/1.1 200 OK\r\n";
  static constexpr std::string_view length = "\r\nContent-Length: ";
  static constexpr std::string_view end_of_head = "\r\n\r\n";
  connection& c = *connection_;
  const date_line& today = c.shared().today();
  append(c.work().out, fixed_head + line.size() + body.size(), [&](char* const text) {
    char* at = copy_to(text, status_line);
    at = copy_to(at, today.text());
    at = copy_to(at, line);
    at = copy_to(at, length);
    at = std::to_chars(at, at + max_digits, body.size()).ptr;
    at = copy_to(at, end_of_head);
    at += body.copy(at, body.size());  // which may have no address
    return static_cast<std::size_t>(at - text);
  });
  status_ = 200;
  sent_ = body.size();
  stage_ = stage::complete;
}

void exchange::respond_with(int status, field_literal line, std::string_view body) {
  const request_head& asked = connection_->work().head;
  if (status == 200 && asked.method() != method::head && asked.minor_version() == 1 &&
      !connection_->may_be_last() && stage_ == stage::unanswered) [[likely]] {
    put_plain(line.line(), body);
  } else {
    respond_otherwise(status, line, body);
  }
}

[[gnu::noinline]] void exchange::respond_otherwise(int status, field_literal line,
                                                   std::string_view body) {
  put_head(status, line.line().size() + 2, body.size(),
           is_silent(status) ? std::string_view() : body,
           [&](response_head_writer& writer) { writer.field(line); });
  stage_ = stage::complete;
}

void exchange::respond(int status, std::span<const field> fields, std::string_view body) {
  put_head(status, fields, body.size(), is_silent(status) ? std::string_view() : body);
  stage_ = stage::complete;
}

void exchange::begin(int status, std::span<const field> fields, std::optional<std::uint64_t> size) {
  put_head(status, fields, size, {});
  announced_ = size.value_or(0);
  if (is_silent(status) || (size && *size == 0)) {
    stage_ = stage::complete;
  } else if (size) {
    stage_ = stage::sized;
  } else {
    stage_ = request().minor_version() == 0 ? stage::until_close : stage::chunked;
  }
}

void exchange::put_piece(std::string_view bytes) {
  if (stage_ == stage::unanswered) throw std::logic_error("exchange: write before begin");
  if (bytes.empty()) return;
  std::string& out = connection_->work().out;
  if (stage_ == stage::complete) {
    if (is_silent(status_)) return;
    throw std::logic_error("exchange: more bytes than announced");
  }
  if (stage_ == stage::sized && bytes.size() > announced_ - sent_) {
    throw std::logic_error("exchange: more bytes than announced");
  }
  if (stage_ == stage::chunked) {
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, bytes.size(), 16).ptr;
    out.append(digits, static_cast<std::size_t>(end - digits)).append("\r\n");
  }
  out.append(bytes);
  if (stage_ == stage::chunked) out.append("\r\n");
  sent_ += bytes.size();
  if (stage_ == stage::sized && sent_ == announced_) stage_ = stage::complete;
}

room_for_piece::room_for_piece(exchange& x, std::size_t size)
    : exchange_(x), before_(x.connection_->work().out.size()) {
  RONDO_ASSERT(x.stage_ == exchange::stage::sized && size <= x.announced_ - x.sent_);
  append(x.connection_->work().out, size, [size](char*) { return size; });
}

char* room_for_piece::data() const noexcept {
  return exchange_.connection_->work().out.data() + before_;
}

room_for_piece::~room_for_piece() {
  exchange_.connection_->work().out.resize(before_ + kept_);
  exchange_.sent_ += kept_;
  if (exchange_.sent_ == exchange_.announced_) exchange_.stage_ = exchange::stage::complete;
}

void exchange::refuse(connection& on, parse_error why) {
  workspace& w = on.work();
  const int status = status_of(why);
  const std::string body = std::to_string(status) + " " + std::string(reason_phrase(status)) +
                           ": " + std::string(describe(why)) + "\n";
  append(w.out, fixed_head + body.size(), [&](char* text) {
    response_head_writer writer(std::span(text, fixed_head + body.size()));
    writer.status(status);
    writer.date(on.shared().today());
    writer.field("Content-Type", "text/plain; charset=utf-8");
    writer.content_length(body.size());
    writer.connection(false, 1);
    const std::size_t head = writer.finish();
    return head + body.copy(text + head, body.size());
  });
  connection_ = &on;
  status_ = status;
  sent_ = body.size();
  stage_ = stage::complete;
}

}  // namespace rondo::http
