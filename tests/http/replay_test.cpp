// Runs the fuzzers' corpora, and a few thousand mutations of them, in the normal suite: no matter
// how a connection's bytes are cut, the parser tells the same story.
#include "../../fuzz/http_replay.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "mutation.hpp"
#include "support/seed.hpp"

namespace rondo::http {
namespace {

TEST(HttpReplay, TheCorpusReadsTheSameHoweverItIsCut) {
  const std::vector<std::string> inputs = testing::both_corpora();
  ASSERT_GE(inputs.size(), 30U);
  for (const std::string& input : inputs) {
    EXPECT_EQ(fuzzing::find_contradiction(input, fuzzing::tight_limits()), "") << input;
    EXPECT_EQ(fuzzing::find_contradiction(input, limits{}), "") << input;
  }
}

TEST(HttpReplay, MutationsReadTheSameHoweverTheyAreCut) {
  const std::vector<std::string> inputs = testing::both_corpora();
  std::mt19937_64 random(rondo::testing::seed());
  for (int round = 0; round < 5000; ++round) {
    const std::string input = testing::mutate(inputs[random() % inputs.size()], inputs, random);
    ASSERT_EQ(fuzzing::find_contradiction(input, fuzzing::tight_limits()), "") << input;
  }
}

}  // namespace
}  // namespace rondo::http
