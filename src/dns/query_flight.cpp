// From a question to c-ares and back: what an answer means, and how long it is good.
#include "dns/query_flight.hpp"

#include <ares.h>

#include <algorithm>
#include <utility>

#include "dns/core.hpp"

namespace rondo::dns::detail {

namespace {

struct row {
  int status;
  errc code;
  const char* text;
};

constexpr row table[] = {
    {ARES_ENODATA, errc::not_found, "the name has no such record (NODATA)"},
    {ARES_ENOTFOUND, errc::not_found, "there is no such name (NXDOMAIN); is it spelled right?"},
    {ARES_EFORMERR, errc::name_server_failed, "the server did not understand (FORMERR)"},
    {ARES_ESERVFAIL, errc::name_server_failed, "the server failed (SERVFAIL)"},
    {ARES_ENOTIMP, errc::name_server_failed, "the server does not do this (NOTIMP)"},
    {ARES_EREFUSED, errc::name_server_failed,
     "refused (REFUSED); does the server serve this machine?"},
    {ARES_EBADNAME, errc::invalid_argument, "that is no name: 63 bytes a part, 255 in all"},
    {ARES_EBADRESP, errc::protocol, "malformed answer"},
    {ARES_ECONNREFUSED, errc::connection_refused, "no server there; is the address right?"},
    {ARES_ETIMEOUT, errc::timed_out, "no answer in time; is the server up, and the way to it?"},
    {ARES_ENOMEM, errc::out_of_memory, "out of memory"},
    {ARES_ECANCELLED, errc::cancelled, "dropped"},
    {ARES_EDESTRUCTION, errc::closed, "the resolver has gone"},
};

}  // namespace

void query_flight::launch() noexcept {
  owner().name_servers().query(*this);
}

void query_flight::somebody_waits() noexcept {
  owner().name_servers().one_is_wanted();
}

/// What is still queued goes at once; what has been asked goes on for whoever comes next.
void query_flight::nobody_waits() noexcept {
  const bool has_begun = !channel_query::is_linked();
  channel_query::unlink();
  channel& asked = owner().name_servers();
  if (!has_begun) answered(ARES_ECANCELLED, nullptr, 0);
  asked.one_is_unwanted();
}

/// From the end of the flight on this is gone.
void query_flight::answered(int status, const unsigned char* message, int size) noexcept {
  if (is_wanted()) owner().name_servers().one_is_unwanted();
  owner().end_flight(*this, read(status, message, size));
}

reply query_flight::read(int status, const unsigned char* answer, int size) const {
  reply r;
  const bool says_there_is_none = status == ARES_ENOTFOUND || status == ARES_ENODATA;
  if (status != ARES_SUCCESS && !says_there_is_none) {
    r.failure = why(status, nullptr);
    return r;
  }
  auto found = answer == nullptr ? result<reply>()
                                 : read_answer(what_, {answer, static_cast<std::size_t>(size)});
  if (!found) {
    r.failure = why(ARES_EBADRESP, found.error().what());
    return r;
  }
  r = std::move(*found);
  const resolver_options& how = owner().options();
  const bool is_there =
      !(r.addresses.empty() && r.services.empty() && r.exchanges.empty() && r.texts.empty());
  if (!is_there) {
    r.failure = why(says_there_is_none ? status : ARES_ENODATA, nullptr);
    if (r.ttl == duration()) r.ttl = how.negative_ttl;
    r.ttl = std::min(r.ttl, how.max_negative_ttl);
  } else {
    r.ttl = std::clamp(r.ttl, how.min_ttl, std::max(how.min_ttl, how.max_ttl));
  }
  return r;
}

error query_flight::why(int status, const char* malformed) const {
  std::string text = "look up " + name() + " (" + type_name(what_) + ") at " +
                     owner().name_servers().servers() + ": ";
  for (const row& r : table) {
    if (r.status != status) continue;
    text += r.text;
    if (malformed != nullptr) text.append(": ").append(malformed);
    return error(r.code, text, status);
  }
  return error(errc::other, text + ares_strerror(status), status);
}

}  // namespace rondo::dns::detail
