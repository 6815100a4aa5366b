// The histogram against the values themselves, sorted.
#include <rondo/probe/histogram.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <random>
#include <vector>

#include "support/seed.hpp"

namespace {

using namespace std::chrono_literals;
using rondo::duration;
using rondo::probe::histogram;

TEST(histogram, IsEmptyAtFirst) {
  const histogram h;
  EXPECT_EQ(h.count(), 0U);
  for (const duration d : {h.min(), h.max(), h.mean(), h.stddev(), h.percentile(50)}) {
    EXPECT_EQ(d, duration());
  }
}

TEST(histogram, IsExactForOneValue) {
  histogram h;
  h.record(123456789ns);
  EXPECT_EQ(h.min(), 123456789ns);
  EXPECT_EQ(h.max(), 123456789ns);
  EXPECT_EQ(h.mean(), 123456789ns);
  for (const double p : {0.0, 50.0, 100.0}) EXPECT_EQ(h.percentile(p), 123456789ns);
}

TEST(histogram, TakesTheShortestAndTheLongest) {
  histogram h;
  h.record(-5ns);
  h.record(3h);
  EXPECT_EQ(h.min(), 0ns);
  EXPECT_EQ(h.max(), histogram::longest);
  EXPECT_EQ(h.exceeding(), 1U);
  EXPECT_EQ(h.count(), 2U);
  EXPECT_EQ(h.percentile(50), 0ns);
}

TEST(histogram, ForgetsEverything) {
  histogram h;
  h.record(1ms);
  h.record(9h);
  h.reset();
  EXPECT_EQ(h.count(), 0U);
  EXPECT_EQ(h.exceeding(), 0U);
  EXPECT_EQ(h.max(), duration());
  h.record(2us);
  EXPECT_EQ(h.min(), 2us);
  EXPECT_EQ(h.mean(), 2us);
}

TEST(histogram, IsRightToOnePartIn128) {
  std::mt19937_64 random(rondo::testing::seed());
  std::lognormal_distribution<double> spans(13, 3);  // around half a millisecond, far both ways
  histogram h;
  std::vector<double> values;
  for (int i = 0; i < 20000; ++i) {
    const double ns = std::min(std::floor(spans(random)), 7e12);
    values.push_back(ns);
    h.record(duration::nanoseconds(static_cast<std::int64_t>(ns)));
  }
  std::ranges::sort(values);
  const auto close = [](duration found, double exact) {
    EXPECT_NEAR(static_cast<double>(found.count_ns()), exact, exact / 128 + 1);
  };
  for (const double p : {0.1, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
    const auto rank = static_cast<std::size_t>(std::ceil(p / 100 * 20000));
    close(h.percentile(p), values[rank - 1]);
  }
  double sum = 0, squares = 0;
  for (const double v : values) sum += v;
  const double mean = sum / 20000;
  for (const double v : values) squares += (v - mean) * (v - mean);
  EXPECT_NEAR(static_cast<double>(h.mean().count_ns()), mean, 1);
  EXPECT_NEAR(static_cast<double>(h.stddev().count_ns()), std::sqrt(squares / 20000),
              std::sqrt(squares / 20000) / 64);
  EXPECT_EQ(h.min().count_ns(), static_cast<std::int64_t>(values.front()));
  EXPECT_EQ(h.max().count_ns(), static_cast<std::int64_t>(values.back()));
}

TEST(histogram, CountsBetweenTwoSpans) {
  histogram h;
  for (int i = 0; i < 10; ++i) h.record(1ms);
  for (int i = 0; i < 3; ++i) h.record(100ms);
  EXPECT_EQ(h.count_between(0ms, 10ms), 10U);
  EXPECT_EQ(h.count_between(10ms, 1s), 3U);
  EXPECT_EQ(h.count_between(1s, 2s), 0U);
}

}  // namespace
