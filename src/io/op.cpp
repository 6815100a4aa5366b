// Names for what is in flight: they end up in the list of what keeps a loop alive.
#include <rondo/io/op.hpp>

namespace rondo::io {

const char* to_string(op_kind kind) noexcept {
  switch (kind) {
    case op_kind::accept:
      return "accept";
    case op_kind::receive:
      return "receive";
    case op_kind::receive_some:
      return "receive_some";
    case op_kind::receive_messages:
      return "receive_messages";
    case op_kind::readable:
      return "readable";
    case op_kind::connect:
      return "connect";
    case op_kind::send:
      return "send";
    case op_kind::send_vector:
      return "send_vector";
    case op_kind::send_messages:
      return "send_messages";
    case op_kind::writable:
      return "writable";
    case op_kind::file:
      return "file";
  }
  return "unknown";
}

}  // namespace rondo::io
