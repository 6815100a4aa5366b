#pragma once

#include <string>

#include "dns/channel.hpp"
#include "dns/flight.hpp"
#include "dns/message.hpp"

namespace rondo::dns::detail {

/// A question that name servers are asked, through c-ares.
class query_flight final : public flight, private channel_query {
 public:
  query_flight(core& of, std::string key, question what, std::string name)
      : flight(of, std::move(key)), channel_query(std::move(name), type_of(what)), what_(what) {}

  void launch() noexcept override;
  void somebody_waits() noexcept override;
  void nobody_waits() noexcept override;

 private:
  void answered(int status, const unsigned char* message, int size) noexcept override;
  reply read(int status, const unsigned char* answer, int size) const;
  error why(int status, const char* malformed) const;

  question what_;
};

}  // namespace rondo::dns::detail
