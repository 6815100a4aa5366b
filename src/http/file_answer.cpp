// Files as answers: which status, which bytes, which header lines.
#include <rondo/http/file_answer.hpp>

#include <algorithm>
#include <array>
#include <string>

#include <rondo/http/conditional.hpp>
#include <rondo/http/entity_tag.hpp>
#include <rondo/http/media_type.hpp>
#include <rondo/http/range.hpp>
#include <rondo/http/status.hpp>

namespace rondo::http {
namespace {

constexpr std::int64_t ns_a_second = 1'000'000'000;

selected_range range_of(const request_head& request, const file_facts& file,
                        const validators& current, std::int64_t now_second) {
  const std::optional<std::string_view> wanted = request.find("Range");
  // Range means something for GET only (RFC 9110, section 14.2).
  if (!wanted || request.method() != method::get) return {range_kind::whole, 0, file.size};
  if (!if_range_holds(request, current, now_second)) return {range_kind::whole, 0, file.size};
  return select_range(*wanted, file.size);
}

int status_for(const request_head& request, const validators& current, selected_range range,
               std::int64_t now_second) noexcept {
  if (request.method() != method::get && request.method() != method::head) return 405;
  switch (evaluate_preconditions(request, current, now_second)) {
    case precondition::not_modified:
      return 304;
    case precondition::failed:
      return 412;
    case precondition::proceed:
      break;
  }
  if (range.kind == range_kind::unsatisfiable) return 416;
  return range.kind == range_kind::part ? 206 : 200;
}

}  // namespace

file_answer answer_file(const request_head& request, const file_facts& file,
                        const answer_context& context, response_head_writer& out) {
  // A clock that ran ahead when the file was written must not show (RFC 9110, section 8.8.2.1).
  std::int64_t modified = file.modified_ns / ns_a_second;
  if (file.modified_ns % ns_a_second < 0) --modified;
  modified = std::min(modified, context.now_second);
  const std::string tag = file_entity_tag(file.modified_ns, file.size);
  const validators current{tag, modified};
  const selected_range range = range_of(request, file, current, context.now_second);
  file_answer answer{status_for(request, current, range, context.now_second), 0, 0};

  out.status(answer.status);
  out.date(context.today);
  out.connection(context.keep_alive, request.minor_version());
  if (answer.status == 200 || answer.status == 206 || answer.status == 304) {
    std::array<char, date_size> date{};
    format_date(modified, date);
    out.field("ETag", tag);
    out.field("Last-Modified", std::string_view(date.data(), date.size()));
  }
  if (answer.status == 405) out.field(field_literal("Allow: GET, HEAD"));
  if (answer.status == 206 || answer.status == 416) {
    out.field("Content-Range", content_range(range, file.size));
  }
  if (answer.status == 200 || answer.status == 206) {
    answer.first = range.first;
    answer.size = range.size;
    out.field("Content-Type", media_type_of(file.name));
    out.field(field_literal("X-Content-Type-Options: nosniff"));
    out.field(field_literal("Accept-Ranges: bytes"));
  }
  if (!is_bodiless(answer.status)) out.content_length(answer.size);
  if (request.method() == method::head) answer.size = 0;
  return answer;
}

}  // namespace rondo::http
