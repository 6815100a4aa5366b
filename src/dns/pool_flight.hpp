#pragma once

#include <memory>
#include <string>

#include <rondo/base/unique_function.hpp>
#include <rondo/dns/resolver_options.hpp>

#include "dns/flight.hpp"

namespace rondo::dns::detail {

class pool_call;  // NOLINT(cppcoreguidelines-virtual-class-destructor): final, in the source

/// A question that is answered on a thread of the loop's pool.
class pool_flight final : public flight {
 public:
  /// `work` owns all that it uses: it may outlive the flight, the resolver and the loop.
  pool_flight(core& of, std::string key, std::string called, unique_function<reply()> work);
  ~pool_flight() override;

  void launch() noexcept override;
  /// Takes the question back where it has not begun. Where it has, it can't be stopped: then it
  /// goes on, for whoever asks the same next, and holds up nothing.
  void nobody_waits() noexcept override;
  void answered(reply&& answer) noexcept;

 private:
  std::shared_ptr<pool_call> call_;
};

/// What such a flight does for a host: asks the system.
unique_function<reply()> system_question(const resolver_options& how, question what,
                                         std::string host);
/// And for a hosts file: reads it. A file that is not there is an empty one.
unique_function<reply()> hosts_question(std::string path, duration ttl);

}  // namespace rondo::dns::detail
