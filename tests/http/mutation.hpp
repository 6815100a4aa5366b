#pragma once
// Inputs for the parser that are nearly right: the fuzzers' corpora and small damage to them.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace rondo::http::testing {

inline std::vector<std::string> corpus(const std::string& name, const std::string& prefix) {
  std::vector<std::string> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(RONDO_SOURCE_DIR) / "fuzz" / "corpus" / name)) {
    std::ifstream file(entry.path(), std::ios::binary);
    inputs.push_back(prefix + std::string(std::istreambuf_iterator<char>(file), {}));
  }
  std::ranges::sort(inputs);
  return inputs;
}

/// The requests, and the chunked bodies behind a head that announces them.
inline std::vector<std::string> both_corpora() {
  std::vector<std::string> inputs = corpus("http_request", "");
  const std::string head = "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::ranges::move(corpus("http_chunked", head), std::back_inserter(inputs));
  return inputs;
}

/// Changes `input` in one to four places, mostly with bytes that mean something in HTTP.
inline std::string mutate(std::string input, const std::vector<std::string>& others,
                          std::mt19937_64& random) {
  static constexpr char bytes[] =
      "\r\n\t :;,/?#%.\0\x7f\x80\xff\x0b"
      "019aAzZ\"\\*=-_";
  static constexpr std::string_view spice(bytes, sizeof bytes - 1);
  for (std::uint64_t steps = 1 + random() % 4; steps != 0; --steps) {
    const std::size_t at = random() % (input.size() + 1);
    const std::size_t size = random() % 9;
    switch (random() % 6) {
      case 0:
        input.erase(at, size);
        break;
      case 1:
        input.insert(at, 1, spice[random() % spice.size()]);
        break;
      case 2:
        if (at < input.size()) input[at] = spice[random() % spice.size()];
        break;
      case 3:
        if (at < input.size()) input[at] = static_cast<char>(random());
        break;
      case 4:
        input.insert(at, input.substr(random() % (input.size() + 1), size * 4));
        break;
      default: {
        const std::string& other = others[random() % others.size()];
        input = input.substr(0, at) + other.substr(random() % (other.size() + 1));
      }
    }
  }
  return input;
}

}  // namespace rondo::http::testing
