// Any bytes as a connection: request after request, whole and in pieces, always the same story.
#include <cstdio>
#include <cstdlib>

#include "http_replay.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string fault =
      rondo::http::fuzzing::find_contradiction(input, rondo::http::fuzzing::tight_limits());
  if (!fault.empty()) {
    std::fputs(fault.c_str(), stderr);
    std::abort();
  }
  return 0;
}
