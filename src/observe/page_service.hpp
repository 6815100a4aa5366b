#pragma once

#include <string>
#include <utility>

#include <rondo/base/owned.hpp>

#include "observe/observer.hpp"
#include "observe/page_server.hpp"

namespace rondo::observe {

/// The page as one of the observer's ways to look.
class page_service final : public observer_service {
 public:
  page_service(page_source from, std::string host, std::uint16_t port)
      : source_(std::move(from)), host_(std::move(host)), port_(port) {}

  void open(loop& on) override {
    server_ = make_owned<page_server>(on, std::move(source_), host_, port_);
  }
  task<> serve() override { co_await server_->serve(); }

  /// Once it is open.
  std::string url() const { return server_->url(); }

 private:
  page_source source_;
  std::string host_;
  std::uint16_t port_;
  owned<page_server> server_;
};

}  // namespace rondo::observe
