#pragma once

#include <span>
#include <string_view>

#include <rondo/base/result.hpp>

#include "dns/reply.hpp"

namespace rondo::dns::detail {

/// What a name server has answered to a question (RFC 1035): the records of the type that was asked
/// for, found by following aliases. Where there are none: a reply without any, whose time is how
/// long that may be remembered (RFC 2308), or zero where the server did not say. Fails with
/// `errc::protocol`, and why, where the message makes no sense.
result<reply> read_answer(question what, std::span<const unsigned char> message);

/// The number of a type: 1 for A, 28 for AAAA, ...
int type_of(question what) noexcept;
/// "A", "AAAA", ...
const char* type_name(question what) noexcept;

}  // namespace rondo::dns::detail
