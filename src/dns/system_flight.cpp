// getaddrinfo on another thread. It may hang for as long as it likes, so the call belongs to
// itself: it outlives the flight, the resolver and the loop where it has to.
#include "dns/system_flight.hpp"

#include <new>
#include <utility>

#include <rondo/os/errors.hpp>

#include "dns/core.hpp"

namespace rondo::dns::detail {

namespace {

address_family family_of(question what) noexcept {
  switch (what) {
    case question::system_v4:
      return address_family::v4;
    case question::system_v6:
      return address_family::v6;
    default:
      return address_family::any;
  }
}

}  // namespace

class system_call final : public loop_work {
 public:
  system_call(system_flight& of, const resolver_options& how, address_family which,
              std::string host)
      : flight_(&of),
        ask_(how.system),
        ttl_(how.system_ttl),
        negative_ttl_(how.negative_ttl),
        which_(which),
        host_(std::move(host)),
        called_("look up " + host_) {
    kind = work_kind::names;
    name = called_;
    unreferenced_ = true;  // who waits holds the loop
    left_behind_ = true;
  }

  /// From here on it is alive until the loop or the pool lets go of it.
  void submit(loop& to, std::shared_ptr<system_call> self) {
    to.submit(*this);
    self_ = std::move(self);
  }
  /// Nobody is told of the answer any more.
  void forget_flight() noexcept { flight_ = nullptr; }
  /// Where it had not begun: it never will.
  bool take_back(loop& from) noexcept {
    if (!is_outstanding() || !from.cancel(*this)) return false;
    self_.reset();
    return true;
  }

 private:
  void perform() noexcept override {
    try {
      auto outcome = ask_(host_, which_);
      if (outcome) {
        answer_.addresses = std::move(*outcome);
        answer_.ttl = ttl_;
      } else {
        answer_.failure = std::move(outcome).error();
        if (answer_.failure->code() == errc::not_found) answer_.ttl = negative_ttl_;
      }
    } catch (const error& e) {
      answer_.failure = e;
    } catch (...) {
      answer_.failure = os::make_error(errc::out_of_memory, called_);
    }
  }
  void done(bool performed) override {
    const auto self = std::move(self_);
    if (flight_ == nullptr) return;
    if (!performed) answer_.failure = os::make_error(errc::closed, called_, "on a pool");
    flight_->answered(std::move(answer_));
  }
  void forsaken() noexcept override { const auto self = std::move(self_); }

  std::shared_ptr<system_call> self_;
  system_flight* flight_;
  system_look_up ask_;
  duration ttl_;
  duration negative_ttl_;
  address_family which_;
  std::string host_;
  std::string called_;
  reply answer_;  // written on the thread of the pool, read behind `done`
};

system_flight::system_flight(core& of, std::string key, question what, std::string host)
    : flight(of, std::move(key)),
      call_(std::make_shared<system_call>(*this, of.options(), family_of(what), std::move(host))) {}

system_flight::~system_flight() {
  call_->forget_flight();
  call_->take_back(owner().home());
}

void system_flight::launch() noexcept {
  reply failed;
  try {
    call_->submit(owner().home(), call_);
    return;
  } catch (const error& e) {
    failed.failure = e;
  } catch (...) {
    failed.failure = os::make_error(errc::out_of_memory, "look up " + key().substr(1));
  }
  owner().end_flight(*this, std::move(failed));
}

void system_flight::nobody_waits() noexcept {
  if (!call_->take_back(owner().home())) return;
  reply dropped;  // nobody hears of it
  dropped.failure = os::make_error(errc::cancelled, "look up " + key().substr(1));
  owner().end_flight(*this, std::move(dropped));
}

void system_flight::answered(reply&& answer) noexcept {
  owner().end_flight(*this, std::move(answer));
}

}  // namespace rondo::dns::detail
