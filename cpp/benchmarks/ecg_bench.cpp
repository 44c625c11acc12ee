// 30 minutes at 360 Hz with ectopic beats and noise.

#include <benchmark/benchmark.h>

#include "biopotential/ecg/correct.hpp"
#include "biopotential/ecg/delineate.hpp"
#include "biopotential/ecg/hrv.hpp"
#include "biopotential/ecg/quality.hpp"
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
