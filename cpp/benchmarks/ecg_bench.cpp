// 30 minutes at 360 Hz with ectopic beats and noise.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>

#include "biopotential/ecg/correct.hpp"
#include "biopotential/ecg/delineate.hpp"
#include "biopotential/ecg/hrv.hpp"
#include "biopotential/ecg/quality.hpp"
#include "biopotential/ecg/r_peak_stream.hpp"
#include "biopotential/ecg/r_peaks.hpp"
#include "biopotential/ecg/simulate.hpp"

namespace biopotential {
namespace {

constexpr double fs = 360;

const ecg::Simulated& recording() {
    static const ecg::Simulated made = [] {
        ecg::SimulateOptions options;
        options.ventricular_percent = 3;
        options.supraventricular_percent = 2;
        return ecg::simulate(1800, fs, options);
    }();
    return made;
}

MatrixView leads(const benchmark::State& state) {
    return MatrixView(view(recording().x).topRows(state.range(0)));
}

void find_r_peaks(benchmark::State& state) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(ecg::find_r_peaks(leads(state), fs));
    }
    state.SetItemsProcessed(state.iterations() * recording().x.shape(1));
}
BENCHMARK(find_r_peaks)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);

/// CPU time of this thread, so that what else the machine does is left out.
double thread_us() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return 1e6 * static_cast<double>(t.tv_sec) + 1e-3 * static_cast<double>(t.tv_nsec);
}

/// One run over the recording in blocks of so many samples.
template <class Push>
void in_blocks(const benchmark::State& state, Push push) {
    const Samples x = recording().x.row(0);
    const auto block = static_cast<std::size_t>(state.range(0));
    for (std::size_t i = 0; i + block <= x.size(); i += block) {
        push(x.subspan(i, block));
    }
}

void r_peak_stream(benchmark::State& state) {
    ecg::RPeakStream stream(fs);
    std::vector<Index> out(static_cast<std::size_t>(stream.most_peaks(state.range(0))));
    for (auto _ : state) {
        in_blocks(state, [&](Samples block) { benchmark::DoNotOptimize(stream.push(block, out)); });
    }
    state.SetItemsProcessed(state.iterations() * recording().x.shape(1));
}
BENCHMARK(r_peak_stream)->Arg(1)->Arg(36)->Arg(360)->Unit(benchmark::kMillisecond);

/// The slowest push of a run, the least of all runs (interrupts add to it). Most of the run is the clock.
void r_peak_stream_slowest(benchmark::State& state) {
    ecg::RPeakStream stream(fs);
    std::vector<Index> out(static_cast<std::size_t>(stream.most_peaks(state.range(0))));
    double slowest_us = 1e9;
    for (auto _ : state) {
        double slowest = 0;
        in_blocks(state, [&](Samples block) {
            const double began = thread_us();
            benchmark::DoNotOptimize(stream.push(block, out));
            slowest = std::max(slowest, thread_us() - began);
        });
        slowest_us = std::min(slowest_us, slowest);
    }
    state.counters["slowest_push_us"] = slowest_us;
}
BENCHMARK(r_peak_stream_slowest)->Arg(1)->Arg(36)->Arg(360)->Unit(benchmark::kMillisecond);

void delineate(benchmark::State& state) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(ecg::delineate(leads(state), recording().r_peaks, fs));
    }
}
BENCHMARK(delineate)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);

void quality(benchmark::State& state) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(ecg::quality(leads(state), fs));
    }
}
BENCHMARK(quality)->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond);

void hrv(benchmark::State& state) {
    for (auto _ : state) {
        const ecg::NnIntervals nn = ecg::nn_intervals(recording().r_peaks, fs);
        benchmark::DoNotOptimize(ecg::hrv_time(nn));
        benchmark::DoNotOptimize(ecg::hrv_frequency(nn));
        benchmark::DoNotOptimize(ecg::hrv_nonlinear(nn));
    }
}
BENCHMARK(hrv)->Unit(benchmark::kMillisecond);

void correct_r_peaks(benchmark::State& state) {
    for (auto _ : state) {
        benchmark::DoNotOptimize(ecg::correct_r_peaks(recording().r_peaks, fs));
    }
}
BENCHMARK(correct_r_peaks)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace biopotential
