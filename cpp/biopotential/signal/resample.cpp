#include "biopotential/signal/resample.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/signal/design.hpp"
#include "biopotential/signal/fft_internal.hpp"
#include "biopotential/signal/kernels_internal.hpp"

namespace biopotential::inline v0::signal {

namespace {

constexpr Index max_rate = 1'000'000;

Array<double> copied(const MatrixView& x) {
    Array<double> y{x.rows(), x.cols()};
    if (y.size() > 0) {
        y.matrix() = x;
    }
    return y;
}

constexpr Index max_result = 1'000'000'000;

/// Cut or extend the spectrum of each channel, odd-reflected by `pads` (zeros where the channel is shorter), to
/// `length` samples; y gets those from `skip` on.
void resample_padded(const MatrixView& x, std::array<Index, 2> pads, Index length, Index skip, Array<double>& y) {
    const Index n = x.cols();
    const Index before = n + pads[0] + pads[1];
    const std::shared_ptr<const Fft> forward = Fft::of_length(before);
    const std::shared_ptr<const Fft> backward = Fft::of_length(length);
    const Index kept = std::min(before, length);
    parallel_for(x.rows(), [&](Index c) {
        FftBuffer<double> samples(before);
        FftBuffer<double> result(length);
        FftBuffer<std::complex<double>> spectrum(forward->n_freqs());
        FftBuffer<std::complex<double>> cut(backward->n_freqs());
        copy_channel(x, c, samples.data() + pads[0]);
        for (Index i = 1; i <= std::min(pads[0], n - 1); ++i) {
            samples[pads[0] - i] = 2 * x(c, 0) - x(c, i);
        }
        for (Index i = 1; i <= std::min(pads[1], n - 1); ++i) {
            samples[pads[0] + n - 1 + i] = 2 * x(c, n - 1) - x(c, n - 1 - i);
        }
        forward->forward(samples, spectrum);
        for (Index k = 0; k <= kept / 2; ++k) {
            cut[k] = spectrum[k] / static_cast<double>(before);
        }
        if (kept % 2 == 0 && length != before) {
            cut[kept / 2] *= length < before ? 2 : 0.5;
        }
        backward->inverse(cut, result);
        std::copy_n(result.data() + skip, y.shape(1), y.row(c).data());
    });
}

}  // namespace

Array<double> resample_poly(const MatrixView& x, Index up, Index down) {
    for (const Index rate : {up, down}) {
        if (rate < 1) {
            throw_invalid("resample_poly", "up and down >= 1", static_cast<double>(rate));
        }
    }
    require_finite("resample_poly", x);
    const Index common = std::gcd(up, down);
    up /= common;
    down /= common;
    if (up == down) {
        return copied(x);
    }
    const Index rate = std::max(up, down);
    if (rate > max_rate) {
        throw_invalid("resample_poly", "up and down of at most 1,000,000 without common factors",
                      static_cast<double>(rate));
    }
    const Index half = 10 * rate;
    const double cutoff = 1.0 / static_cast<double>(rate);
    const Array<double> h = firwin(2 * half + 1, {&cutoff, 1}, 2.0, true, {WindowKind::kaiser, 5.0});
    // Output m lies at up-sampled position m * down + half; its taps are those of one of `up` phases, kept in reverse
    // so that they run along the samples.
    const Index n_taps = (h.size() + up - 1) / up;
    std::vector<double> phases(static_cast<std::size_t>(up * n_taps));
    for (Index k = 0; k < h.size(); ++k) {
        phases[static_cast<std::size_t>(k % up * n_taps + n_taps - 1 - k / up)] = h[k] * static_cast<double>(up);
    }
    const Index n = x.cols();
    const Index n_out = (n * up + down - 1) / down;
    Array<double> y{x.rows(), n_out};
    const Index before = n_taps - 1;
    const Index after = half / up + 2;
    parallel_for(x.rows(), [&](Index c) {
        std::vector<double> padded(static_cast<std::size_t>(before + n + after));
        copy_channel(x, c, padded.data() + before);
        double* const out = y.row(c).data();
        Index phase = half % up;
        Index at = half / up;
        const Index step = down / up;
        const Index rest = down % up;
        for (Index m = 0; m < n_out; ++m) {
            out[m] = dot(phases.data() + phase * n_taps, padded.data() + at, n_taps);
            at += step;
            phase += rest;
            if (phase >= up) {
                phase -= up;
                ++at;
            }
        }
    });
    return y;
}

Array<double> resample(const MatrixView& x, Index num) {
    if (num < 1 || num > max_result) {
        throw_invalid("resample", "num of 1 to 1e9", static_cast<double>(num));
    }
    require_length("resample", x.cols(), 1);
    require_finite("resample", x);
    Array<double> y{x.rows(), num};
    resample_padded(x, {0, 0}, num, 0, y);
    return y;
}

Array<double> resample_fft(const MatrixView& x, double fs, double new_fs, const FftResampleOptions& options) {
    require_sampling_rate("resample_fft", fs);
    require_positive("resample_fft", "new_fs", new_fs);
    require_length("resample_fft", x.cols(), 1);
    require_finite("resample_fft", x);
    const Index n = x.cols();
    const double ratio = new_fs / fs;
    std::array<Index, 2> pads{};
    if (options.pad_samples) {
        if (*options.pad_samples < 0 || *options.pad_samples > max_result) {
            throw_invalid("resample_fft", "pad_samples of 0 to 1e9", static_cast<double>(*options.pad_samples));
        }
        pads = {*options.pad_samples, *options.pad_samples};
    } else {
        const Index least = n + 2 * std::min<Index>(n / 8, 100);
        const auto both = static_cast<Index>(std::bit_ceil(static_cast<std::size_t>(least))) - n;
        pads = {both / 2, both / 2 + both % 2};
    }
    const Index old_length = n + pads[0] + pads[1];
    const double wanted = static_cast<double>(old_length) * ratio;
    if (!(wanted <= static_cast<double>(max_result))) {
        throw_invalid("resample_fft", "a result of at most 1e9 samples", wanted);
    }
    const auto rounded = [&](Index count) {
        return static_cast<Index>(std::nearbyint(ratio * static_cast<double>(count)));
    };
    Array<double> y{x.rows(), std::max<Index>(1, rounded(n))};
    resample_padded(x, pads, std::max<Index>(1, rounded(old_length)), rounded(pads[0]), y);
    return y;
}

Array<double> resample_to(const MatrixView& x, double fs, double new_fs) {
    require_sampling_rate("resample_to", fs);
    require_positive("resample_to", "new_fs", new_fs);
    const double ratio = new_fs / fs;
    for (Index down = 1; down <= 2000; ++down) {
        const double up = std::round(ratio * static_cast<double>(down));
        if (up >= 1 && up <= 2000 && std::abs(up / static_cast<double>(down) - ratio) <= 1e-12 * ratio) {
            return resample_poly(x, static_cast<Index>(up), down);
        }
    }
    const double length = std::round(static_cast<double>(x.cols()) * ratio);
    if (!(length <= 1e9)) {
        throw_invalid("resample_to", "a result of at most 1e9 samples", length);
    }
    return resample(x, std::max<Index>(1, static_cast<Index>(length)));
}

}  // namespace biopotential::inline v0::signal
