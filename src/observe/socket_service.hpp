#pragma once

#include <string>

#include <rondo/base/unique_function.hpp>
#include <rondo/net/unix_stream.hpp>
#include <rondo/observe/snapshot.hpp>
#include <rondo/task/scope.hpp>

#include "observe/observer.hpp"

namespace rondo::observe {

/// Answers, through a Unix socket that only this user (and root) can use, what `rondo ps` and its
/// kin ask.
class socket_service final : public observer_service {
 public:
  /// In `folder`; "": where `rondo ps` looks.
  socket_service(std::string folder, unique_function<snapshot()> look);

  void open(loop& on) override;
  task<> serve() override;

 private:
  bool is_welcome(const unix_stream& guest) const;
  task<> talk_to(unix_stream guest);
  task<> talk_until_it_leaves(unix_stream& guest);

  std::string folder_;
  unique_function<snapshot()> look_;
  unix_listener listener_;
  int guests_ = 0;
};

}  // namespace rondo::observe
