// What blocks (getaddrinfo, reading a file), on another thread. It may hang for as long as it
// likes, so the call belongs to itself: it outlives the flight, the resolver and the loop where it
// has to.
#include "dns/pool_flight.hpp"

#include <fstream>
#include <iterator>
#include <utility>

#include <rondo/loop/loop_work.hpp>
#include <rondo/os/errors.hpp>

#include "dns/core.hpp"
#include "dns/hosts_table.hpp"

namespace rondo::dns::detail {

class pool_call final : public loop_work {
 public:
  pool_call(pool_flight& of, std::string called, unique_function<reply()> work)
      : flight_(&of), work_(std::move(work)), called_(std::move(called)) {
    kind = work_kind::names;
    name = called_;
    unreferenced_ = true;  // who waits holds the loop
    left_behind_ = true;
  }

  /// From here on it is alive until the loop or the pool lets go of it.
  void submit(loop& to, std::shared_ptr<pool_call> self) {
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
      answer_ = work_();
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

  std::shared_ptr<pool_call> self_;
  pool_flight* flight_;
  unique_function<reply()> work_;
  std::string called_;
  reply answer_;  // written on the thread of the pool, read behind `done`
};

pool_flight::pool_flight(core& of, std::string key, std::string called,
                         unique_function<reply()> work)
    : flight(of, std::move(key)),
      call_(std::make_shared<pool_call>(*this, std::move(called), std::move(work))) {}

pool_flight::~pool_flight() {
  call_->forget_flight();
  call_->take_back(owner().home());
}

void pool_flight::launch() noexcept {
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

void pool_flight::nobody_waits() noexcept {
  if (!call_->take_back(owner().home())) return;
  reply dropped;  // nobody hears of it
  dropped.failure = os::make_error(errc::cancelled, "look up " + key().substr(1));
  owner().end_flight(*this, std::move(dropped));
}

void pool_flight::answered(reply&& answer) noexcept {
  owner().end_flight(*this, std::move(answer));
}

unique_function<reply()> system_question(const resolver_options& how, question what,
                                         std::string host) {
  const address_family which = what == question::system_v4   ? address_family::v4
                               : what == question::system_v6 ? address_family::v6
                                                             : address_family::any;
  return [ask = how.system, ttl = how.system_ttl, negative_ttl = how.negative_ttl, which,
          host = std::move(host)] {
    reply answer;
    auto outcome = ask(host, which);
    if (outcome) {
      answer.addresses = std::move(*outcome);
      answer.ttl = ttl;
    } else {
      if (outcome.error().code() == errc::not_found) answer.ttl = negative_ttl;
      answer.failure = std::move(outcome).error();
    }
    return answer;
  };
}

unique_function<reply()> hosts_question(std::string path, duration ttl) {
  return [path = std::move(path), ttl] {
    std::ifstream file(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    reply answer;
    answer.hosts = std::make_shared<const hosts_table>(text);
    answer.ttl = ttl;
    return answer;
  };
}

}  // namespace rondo::dns::detail
