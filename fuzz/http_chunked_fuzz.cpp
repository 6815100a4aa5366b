// Any bytes as a chunked body: the request before it is given, so that no luck is spent on it.
#include <cstdio>
#include <cstdlib>

#include "http_replay.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  std::string input = "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  input.append(reinterpret_cast<const char*>(data), size);
  const std::string fault =
      rondo::http::fuzzing::find_contradiction(input, rondo::http::fuzzing::tight_limits());
  if (!fault.empty()) {
    std::fputs(fault.c_str(), stderr);
    std::abort();
  }
  return 0;
}
