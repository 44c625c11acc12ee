#include "biopotential/ecg/r_peak_stream.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <new>
#include <stdexcept>

#include "train.hpp"

namespace {
std::atomic<long> allocations{0};
}

// Every allocation of the program is counted. Inlined, a compiler sees free() meet what new made.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
    if (void* p = operator new(bytes, std::nothrow)) {
        return p;
    }
    throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
    ++allocations;
    return std::malloc(bytes == 0 ? 1 : bytes);
}
[[gnu::noinline]] void operator delete(void* p) noexcept {
    std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept {
    std::free(p);
}

namespace biopotential {
namespace {

using test::every;
using test::qrs_train;

TEST(RPeakStream, FindsTheBeatsOfATrain) {
    const std::vector<double> t = every(0.8, 30);
    for (const double fs : {100.0, 360.0, 2000.0}) {
        const std::vector<Index> found = ecg::find_r_peaks_causal(qrs_train(t, fs, 30), fs);
        ASSERT_EQ(found.size(), t.size());
        for (std::size_t i = 0; i < t.size(); ++i) {
            EXPECT_NEAR(static_cast<double>(found[i]), t[i] * fs, 1.01);
        }
    }
}

TEST(RPeakStream, AllocatesNothing) {
    const double fs = 360;
    const std::vector<double> x = qrs_train(every(0.8, 120), fs, 120);
    ecg::RPeakStream stream(fs);
    std::vector<Index> out(static_cast<std::size_t>(stream.most_peaks(100)));
    const long before = allocations;
    Index n = 0;
    for (std::size_t i = 0; i + 100 <= x.size(); i += 100) {
        n += i % 3600 == 0 ? stream.skip(1000, out) : 0;
        n += stream.push(Samples(x).subspan(i, 100), out);
    }
    n += stream.finish(out);
    EXPECT_EQ(allocations - before, 0);
    EXPECT_GT(n, 100);
}

TEST(RPeakStream, RefusesTooLittleRoom) {
    ecg::RPeakStream stream(250);
    std::vector<Index> out(static_cast<std::size_t>(stream.most_peaks(1000)) - 1);
    const std::vector<double> x(1000, 0.0);
    EXPECT_THROW((void)stream.push(x, out), std::invalid_argument);
    EXPECT_EQ(stream.n_samples(), 0);
    EXPECT_THROW((void)stream.skip(-1), std::invalid_argument);
    EXPECT_THROW(ecg::RPeakStream(10), std::invalid_argument);
}

}  // namespace
}  // namespace biopotential
