#include "biopotential/core/threads.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace biopotential {
namespace {

class Threads : public ::testing::TestWithParam<int> {
  protected:
    void SetUp() override { set_num_threads(GetParam()); }
    void TearDown() override { set_num_threads(2); }
};

TEST_P(Threads, RunEveryIterationOnce) {
    std::vector<std::atomic<int>> count(1000);
    parallel_for(1000, [&](Index i) { ++count[static_cast<std::size_t>(i)]; });
    for (const std::atomic<int>& c : count) {
        EXPECT_EQ(c.load(), 1);
    }
}

TEST_P(Threads, RangesCoverWithoutOverlap) {
    std::vector<std::atomic<int>> count(997);
    parallel_for_ranges(997, 10, [&](Index first, Index last) {
        for (Index i = first; i < last; ++i) {
            ++count[static_cast<std::size_t>(i)];
        }
    });
    for (const std::atomic<int>& c : count) {
        EXPECT_EQ(c.load(), 1);
    }
}

TEST_P(Threads, RethrowTheFirstErrorAndGoOnAfterwards) {
    EXPECT_THROW(parallel_for(100,
                              [](Index i) {
                                  if (i == 42) {
                                      throw std::runtime_error("42");
                                  }
                              }),
                 std::runtime_error);
    std::atomic<int> n = 0;
    parallel_for(10, [&](Index) { ++n; });
    EXPECT_EQ(n.load(), 10);
}

TEST_P(Threads, NestedCallsEnd) {
    std::atomic<int> n = 0;
    parallel_for(8, [&](Index) { parallel_for(8, [&](Index) { ++n; }); });
    EXPECT_EQ(n.load(), 64);
}

TEST_P(Threads, SurviveAFork) {
    parallel_for(8, [](Index) {});
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::alarm(20);  // a deadlock ends the child instead of the suite
        std::atomic<int> n = 0;
        parallel_for(100, [&](Index) { ++n; });
        ::_exit(n.load() == 100 ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

INSTANTIATE_TEST_SUITE_P(Counts, Threads, ::testing::Values(1, 2, 5));

TEST(SetNumThreads, RefusesLessThanOne) {
    EXPECT_THROW(set_num_threads(0), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
