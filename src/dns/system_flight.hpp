#pragma once

#include <memory>
#include <string>

#include <rondo/loop/loop_work.hpp>

#include "dns/flight.hpp"

namespace rondo::dns::detail {

class system_call;  // NOLINT(cppcoreguidelines-virtual-class-destructor): final, in the source

/// A question that the system is asked, on a thread of the loop's pool.
class system_flight final : public flight {
 public:
  system_flight(core& of, std::string key, question what, std::string host);
  ~system_flight() override;

  void launch() noexcept override;
  /// Takes the question back where it has not begun. Where it has, it can't be stopped: then it
  /// goes on, for whoever asks the same next, and holds up nothing.
  void nobody_waits() noexcept override;
  void answered(reply&& answer) noexcept;

 private:
  std::shared_ptr<system_call> call_;
};

}  // namespace rondo::dns::detail
