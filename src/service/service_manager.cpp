// Messages to the service manager, as sd_notify(3) spells them.
#include <string>

#include <rondo/os/clock.hpp>
#include <rondo/os/service.hpp>
#include <rondo/service/service_manager.hpp>

namespace rondo {

namespace {

/// A message and its status, which is one line.
bool send(std::string message, std::string_view status) {
  if (!status.empty()) message.append("\nSTATUS=").append(status.substr(0, status.find('\n')));
  return os::notify_service_manager(message) > 0;
}

std::string microseconds(duration time) {
  return std::to_string(time.count_ns() / 1'000);
}

}  // namespace

service_manager::service_manager(loop& l) : loop_(&l) {
  const duration limit = os::watchdog_limit();
  if (limit == duration()) return;
  // Half of it, as sd_watchdog_enabled(3) recommends.
  signs_of_life_ = l.set_interval(duration::nanoseconds(limit.count_ns() / 2),
                                  [] { os::notify_service_manager("WATCHDOG=1"); });
  l.unref(signs_of_life_);
}

service_manager::~service_manager() {
  loop_->clear(signs_of_life_);
}

bool service_manager::ready(std::string_view status) {
  return send("READY=1", status);
}

bool service_manager::reloading(std::string_view status) {
  const duration now = real_clock().now() - instant();  // the manager's clock, too
  return send("RELOADING=1\nMONOTONIC_USEC=" + microseconds(now), status);
}

bool service_manager::stopping(duration limit, std::string_view status) {
  std::string message = "STOPPING=1";
  if (limit > duration() && limit != duration::max()) {
    message += "\nEXTEND_TIMEOUT_USEC=" + microseconds(limit);
  }
  return send(std::move(message), status);
}

bool service_manager::status(std::string_view text) {
  return tell("STATUS=" + std::string(text.substr(0, text.find('\n'))));
}

bool service_manager::main_process(int process_id) {
  return tell("MAINPID=" + std::to_string(process_id));
}

bool service_manager::tell(std::string_view lines) {
  return os::notify_service_manager(lines) > 0;
}

void service_manager::take_part_in(graceful_shutdown& ending, duration limit) noexcept {
  limit_ = limit;
  ending.add(*this);
}

}  // namespace rondo
