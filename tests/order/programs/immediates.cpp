// Immediates, and what comes before and after them in a turn.
#include "order/program.hpp"

using namespace rondo::order;
using rondo::handle_id;

ORDER_PROGRAM(unref_immediate) {
  l.unref(l.set_immediate(logs("never")));
  log("main ends");
}

ORDER_PROGRAM(immediates_in_order) {
  for (const char* name : {"a", "b", "c"}) l.set_immediate(logs(name));
}

ORDER_PROGRAM(immediate_nested) {
  l.set_immediate([&l] {
    log("1");
    l.set_immediate(logs("1.1, in the next turn"));
  });
  l.set_immediate(logs("2"));
}

static handle_id second;

ORDER_PROGRAM(immediate_cleared_by_its_sibling) {
  l.set_immediate([&l] {
    log("first");
    l.clear(second);
  });
  second = l.set_immediate(logs("second"));
  l.set_immediate(logs("third"));
}

ORDER_PROGRAM(immediate_then_io_then_immediate) {
  l.set_immediate([&l] {
    log("immediate");
    after_io(l, [&l] {
      log("io");
      l.set_immediate(logs("immediate of io"));
    });
  });
}
