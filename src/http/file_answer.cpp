// Files as answers: which status, which bytes, which header lines.
#include <rondo/http/file_answer.hpp>

#include <algorithm>
#include <optional>

#include <rondo/http/conditional.hpp>
#include <rondo/http/entity_tag.hpp>
#include <rondo/http/media_type.hpp>

namespace rondo::http {
namespace {

constexpr std::int64_t ns_a_second = 1'000'000'000;

/// A clock that ran ahead when the file was written must not show (RFC 9110, section 8.8.2.1).
std::int64_t modified_second(const os::file_facts& file, std::int64_t now_second) noexcept {
  std::int64_t second = file.modified_ns / ns_a_second;
  if (file.modified_ns % ns_a_second < 0) --second;
  return std::min(second, now_second);
}

selected_range range_of(const request_head& request, std::uint64_t size, const validators& current,
                        std::int64_t now_second) {
  const std::optional<std::string_view> wanted = request.find("Range");
  // Range means something for GET only (RFC 9110, section 14.2).
  if (!wanted || request.method() != method::get) return {range_kind::whole, 0, size};
  if (!if_range_holds(request, current, now_second)) return {range_kind::whole, 0, size};
  return select_range(*wanted, size);
}

int status_for(precondition met, range_kind range) noexcept {
  if (met == precondition::not_modified) return 304;
  if (met == precondition::failed) return 412;
  if (range == range_kind::unsatisfiable) return 416;
  return range == range_kind::part ? 206 : 200;
}

}  // namespace

file_answer::file_answer(const request_head& request, std::string_view name,
                         const os::file_facts& file, std::int64_t now_second)
    : tag_(file_entity_tag(file.modified_ns, file.size)) {
  const std::int64_t modified = modified_second(file, now_second);
  const validators current{tag_, modified};
  range_ = range_of(request, file.size, current, now_second);
  status_ = status_for(evaluate_preconditions(request, current, now_second), range_.kind);

  if (has_body() || status_ == 304) {
    format_date(modified, modified_);
    add("ETag", tag_);
    add("Last-Modified", std::string_view(modified_.data(), modified_.size()));
  }
  if (status_ == 206 || status_ == 416) {
    content_range_ = content_range(range_, file.size);
    add("Content-Range", content_range_);
  }
  if (has_body()) {
    add("Content-Type", media_type_of(name));
    add("X-Content-Type-Options", "nosniff");
    add("Accept-Ranges", "bytes");
  }
}

}  // namespace rondo::http
