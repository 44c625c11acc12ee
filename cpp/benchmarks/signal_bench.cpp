#include <benchmark/benchmark.h>

#include "biopotential/signal/filter.hpp"
#include "biopotential/signal/resample.hpp"
#include "biopotential/signal/spectral.hpp"

namespace biopotential {
namespace {

// One minute at 500 Hz of as many channels as the argument says.
Matrix recording(const benchmark::State& state) {
    Matrix x(state.range(0), 30000);
    unsigned seed = 1;
    for (Index i = 0; i < x.size(); ++i) {
        seed = seed * 1664525U + 1013904223U;
        x.data()[i] = static_cast<double>(seed) / 4294967296.0 - 0.5;
    }
    return x;
}

void count(benchmark::State& state, const Matrix& x) {
    state.SetItemsProcessed(state.iterations() * x.size());
}

void sosfiltfilt(benchmark::State& state) {
    const Matrix x = recording(state);
    const double edges[] = {1, 40};
    const Array<double> sos = signal::butter(4, edges, 500, signal::BandType::bandpass);
    for (auto _ : state) {
        benchmark::DoNotOptimize(signal::sosfiltfilt(view(sos), x));
    }
    count(state, x);
}
BENCHMARK(sosfiltfilt)->Arg(1)->Arg(12)->Arg(64)->UseRealTime();

void bandpass_fir(benchmark::State& state) {
    const Matrix x = recording(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(signal::bandpass(x, 1, 40, 500));
    }
    count(state, x);
}
BENCHMARK(bandpass_fir)->Arg(1)->Arg(12)->Arg(64)->UseRealTime();

void resample_poly(benchmark::State& state) {
    const Matrix x = recording(state);
    for (auto _ : state) {
        benchmark::DoNotOptimize(signal::resample_poly(x, 32, 125));
    }
    count(state, x);
}
BENCHMARK(resample_poly)->Arg(1)->Arg(12)->Arg(64)->UseRealTime();

void welch(benchmark::State& state) {
    const Matrix x = recording(state);
    signal::WelchOptions options;
    options.nperseg = 1000;
    for (auto _ : state) {
        benchmark::DoNotOptimize(signal::welch(x, 500, options));
    }
    count(state, x);
}
BENCHMARK(welch)->Arg(1)->Arg(12)->Arg(64)->UseRealTime();

}  // namespace
}  // namespace biopotential
