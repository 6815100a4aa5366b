// Runs the fuzzers' corpora, and a few thousand mutations of them, in the normal suite: no matter
// how a connection's bytes are cut, the parser tells the same story.
#include "../../fuzz/http_replay.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "support/seed.hpp"

namespace rondo::http {
namespace {

std::vector<std::string> corpus(const std::string& name, const std::string& prefix) {
  std::vector<std::string> inputs;
  for (const auto& entry : std::filesystem::directory_iterator(
           std::filesystem::path(RONDO_SOURCE_DIR) / "fuzz" / "corpus" / name)) {
    std::ifstream file(entry.path(), std::ios::binary);
    inputs.push_back(prefix + std::string(std::istreambuf_iterator<char>(file), {}));
  }
  std::ranges::sort(inputs);
  return inputs;
}

std::vector<std::string> both_corpora() {
  std::vector<std::string> inputs = corpus("http_request", "");
  const std::string head = "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  std::ranges::move(corpus("http_chunked", head), std::back_inserter(inputs));
  return inputs;
}

std::string mutate(std::string input, const std::vector<std::string>& others,
                   std::mt19937_64& random) {
  static constexpr char literal[] =
      "\r\n\t :;,/?#%.\0\x7f\x80\xff"
      "019aAzZ\"\\*=-_";
  static constexpr std::string_view spice(literal, sizeof literal - 1);  // it holds a NUL
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

TEST(HttpReplay, TheCorpusReadsTheSameHoweverItIsCut) {
  const std::vector<std::string> inputs = both_corpora();
  ASSERT_GE(inputs.size(), 30U);
  for (const std::string& input : inputs) {
    EXPECT_EQ(fuzzing::find_contradiction(input, fuzzing::tight_limits()), "") << input;
    EXPECT_EQ(fuzzing::find_contradiction(input, limits{}), "") << input;
  }
}

TEST(HttpReplay, MutationsReadTheSameHoweverTheyAreCut) {
  const std::vector<std::string> inputs = both_corpora();
  std::mt19937_64 random(testing::seed());
  for (int round = 0; round < 5000; ++round) {
    const std::string input = mutate(inputs[random() % inputs.size()], inputs, random);
    ASSERT_EQ(fuzzing::find_contradiction(input, fuzzing::tight_limits()), "") << input;
  }
}

}  // namespace
}  // namespace rondo::http
