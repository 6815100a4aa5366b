#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rondo/cluster/supervisor.hpp>
#include <rondo/process/process.hpp>
#include <rondo/sync/event.hpp>
#include <rondo/sync/mutex.hpp>
#include <rondo/task/scope.hpp>

namespace rondo::cluster {

/// One worker process, from its start to its end. Owned by those who refer to it, so that whoever
/// waits for its end may do so after its place was given to another.
struct member {
  enum class stage : std::uint8_t { starting, serving, draining, gone };

  worker_info info;
  process child;
  ipc_channel channel;
  stage at = stage::starting;
  instant served_since;
  std::string end;  ///< how it ended, once it is gone
  event silent;     ///< all that it had said was heard
  event gone;
};
using member_pointer = std::shared_ptr<member>;

/// What `reload` wants of a place, and what came of it.
struct replacement {
  event done;
  std::string failure;      ///< empty where it went well
  member_pointer replaced;  ///< who is ending now, if there was one
};

/// The place of one worker. One task (`keep`) decides about it; the others leave it news.
struct place {
  int index = 0;
  member_pointer current;  ///< who serves, or has just died
  event news;              ///< to be looked at: the current one, a wish, a stop
  std::shared_ptr<replacement> wish;
  int early_deaths = 0;  ///< in a row
  duration pause;        ///< the next one
};

/// A port: one socket for all, or one for each place.
struct port {
  std::vector<tcp_listener> queues;
  int queue_of(int index) const noexcept {
    return queues[static_cast<std::size_t>(index) % queues.size()].descriptor();
  }
};

struct supervisor::state {
  using scope = rondo::scope;

  state(loop& on, process_options what, supervisor_options how)
      : l(on), program(std::move(what)), options(std::move(how)) {}

  // place.cpp
  task<> keep(place& p);
  task<member_pointer> bring_up(place& p, std::string& why_not);
  task<> replace(place& p);
  task<> after_death(place& p, std::string how);
  task<> news_of(place& p, instant until);
  void fulfil(place& p, std::string failure, member_pointer replaced = {});

  // member.cpp
  member_pointer start(place& p);
  task<> tend(place& p, member_pointer m);
  task<> hear(place& p, member_pointer m);
  task<> retire(member_pointer m);
  void insist(member& m, int signal, std::string what);
  void report(worker_event_kind what, const worker_info& whom, std::string text = {});

  // supervisor.cpp
  task<> reload_place(place& p);
  void stop() noexcept;

  loop& l;
  process_options program;
  supervisor_options options;
  std::vector<port> ports;
  std::vector<std::unique_ptr<place>> places;
  scope* all = nullptr;  // while `run` runs
  rondo::mutex reloading;
  std::optional<error> failure;
  int generation = 1;
  bool stopping = false;
};

/// "1.5 s", for people.
std::string in_seconds(duration d);

}  // namespace rondo::cluster
