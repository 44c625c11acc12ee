#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/statistics.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"
#include "biopotential/signal/design.hpp"
#include "biopotential/signal/filter.hpp"

namespace biopotential::inline v0::ecg::detail {

Bridged bridge(const MatrixView& x, Index channel) {
    Bridged out;
    const Index n = x.cols();
    out.x.resize(static_cast<std::size_t>(n));
    Index last_good = -1;
    for (Index i = 0; i < n; ++i) {
        const double v = x(channel, i);
        out.x[static_cast<std::size_t>(i)] = std::isfinite(v) ? v : 0.0;
        if (!std::isfinite(v)) {
            continue;
        }
        if (last_good + 1 < i) {
            out.gaps.push_back({last_good + 1, i});
            const double from = last_good < 0 ? v : out.x[static_cast<std::size_t>(last_good)];
            const double step = (v - from) / static_cast<double>(i - last_good);
            for (Index k = last_good + 1; k < i; ++k) {
                out.x[static_cast<std::size_t>(k)] =
                    last_good < 0 ? v : from + step * static_cast<double>(k - last_good);
            }
        }
        last_good = i;
    }
    if (last_good + 1 < n) {
        out.gaps.push_back({last_good + 1, n});
        const double held = last_good < 0 ? 0.0 : out.x[static_cast<std::size_t>(last_good)];
        std::fill(out.x.begin() + last_good + 1, out.x.end(), held);
    }
    for (const Stretch& gap : out.gaps) {
        out.n_missing += gap.last - gap.first;
    }
    return out;
}

std::vector<double> zero_phase_bandpass(Samples x, double low_hz, double high_hz, double fs, int order) {
    if (x.empty()) {
        return {};
    }
    const std::array<double, 2> edges{low_hz, std::min(high_hz, 0.45 * fs)};
    const Array<double> sos = signal::butter(order, edges, fs, signal::BandType::bandpass);
    // The design's default padding (a few samples) would need a minimum length; a second of held edge serves any.
    const auto n = static_cast<Index>(x.size());
    const Index pad = to_samples(1.0, fs);
    std::vector<double> padded(static_cast<std::size_t>(n + 2 * pad));
    std::fill(padded.begin(), padded.begin() + pad, x.front());
    std::copy(x.begin(), x.end(), padded.begin() + pad);
    std::fill(padded.begin() + pad + n, padded.end(), x.back());
    const Array<double> y = signal::sosfiltfilt(view(sos), as_row(padded));
    return {y.begin() + pad, y.begin() + pad + n};
}

std::vector<double> band_taps(double low_hz, double high_hz, double fs) {
    const Index half = to_samples(0.2, fs);
    std::vector<double> impulse(static_cast<std::size_t>(2 * half + 1), 0.0);
    impulse[static_cast<std::size_t>(half)] = 1;
    return zero_phase_bandpass(impulse, low_hz, high_hz, fs);
}

std::vector<double> moving_mean(Samples x, Index width) {
    const auto n = static_cast<Index>(x.size());
    const Index half = width / 2;
    std::vector<double> sum(static_cast<std::size_t>(n) + 1, 0.0);
    for (Index i = 0; i < n; ++i) {
        sum[static_cast<std::size_t>(i) + 1] = sum[static_cast<std::size_t>(i)] + x[static_cast<std::size_t>(i)];
    }
    std::vector<double> out(static_cast<std::size_t>(n));
    const auto mean = [&](Index i) {
        const Index first = std::max<Index>(0, i - half);
        const Index last = std::min(n, i + half + 1);
        out[static_cast<std::size_t>(i)] =
            (sum[static_cast<std::size_t>(last)] - sum[static_cast<std::size_t>(first)]) /
            static_cast<double>(last - first);
    };
    const Index inner = std::max(half, n - half);
    for (Index i = 0; i < std::min(n, half); ++i) {
        mean(i);
    }
    const double scale = 1 / static_cast<double>(2 * half + 1);
    for (Index i = half; i < n - half; ++i) {
        out[static_cast<std::size_t>(i)] =
            scale * (sum[static_cast<std::size_t>(i + half + 1)] - sum[static_cast<std::size_t>(i - half)]);
    }
    for (Index i = inner; i < n; ++i) {
        mean(i);
    }
    return out;
}

double quantile_in_place(std::vector<double>& v, double q) {
    std::erase_if(v, [](double a) { return !std::isfinite(a); });
    return biopotential::quantile_in_place(v, q);
}

double median_in_place(std::vector<double>& v) {
    return quantile_in_place(v, 0.5);
}

std::vector<double> sliding_medians(Samples x, std::size_t around) {
    SortedWindow window;
    std::vector<double> out(x.size());
    for (std::size_t k = 0; k < std::min(around, x.size()); ++k) {
        window.insert(x[k]);
    }
    for (std::size_t k = 0; k < x.size(); ++k) {
        if (k + around < x.size()) {
            window.insert(x[k + around]);
        }
        if (k > around) {
            window.erase(x[k - around - 1]);
        }
        out[k] = window.median();
    }
    return out;
}

std::vector<Candidate> find_candidates(Samples energy, Index apart, double least) {
    std::vector<Candidate> out;
    const auto n = static_cast<Index>(energy.size());
    for (Index i = 0; i < n; ++i) {
        const double v = energy[static_cast<std::size_t>(i)];
        const double before = i > 0 ? energy[static_cast<std::size_t>(i - 1)] : -1.0;
        const double after = i + 1 < n ? energy[static_cast<std::size_t>(i + 1)] : -1.0;
        if (!(v >= least) || !(v > before) || !(v >= after)) {
            continue;
        }
        if (!out.empty() && i - out.back().at < apart) {
            if (v > out.back().height) {
                out.back() = {i, v, 0};
            }
            continue;
        }
        out.push_back({i, v, 0});
    }
    return out;
}

void require_rate(const char* function, double fs) {
    require_sampling_rate(function, fs);
    if (fs < 50) {
        throw_invalid(function, "a sampling rate of at least 50 Hz", fs);
    }
}

}  // namespace biopotential::inline v0::ecg::detail
