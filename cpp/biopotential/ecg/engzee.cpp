#include "biopotential/ecg/engzee.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "biopotential/ecg/fiducial_internal.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"
#include "biopotential/ecg/slope_threshold_internal.hpp"
#include "biopotential/ecg/thresholds_internal.hpp"
#include "biopotential/signal/design.hpp"
#include "biopotential/signal/filter.hpp"

namespace biopotential::inline v0::ecg {

using detail::to_samples;

namespace {

constexpr double learn_s = 5.0;

std::size_t z(Index i) {
    return static_cast<std::size_t>(i);
}

/// x[i + 2h] - x[i - 2h], smoothed by the binomial 1 4 6 4 1; h is one sample at 250 Hz.
std::vector<double> smoothed_difference(const std::vector<double>& x, double fs) {
    const Index h = to_samples(0.004, fs);
    const auto n = static_cast<Index>(x.size());
    const auto at = [n](const std::vector<double>& v, Index i) { return v[z(std::clamp<Index>(i, 0, n - 1))]; };
    std::vector<double> difference(x.size());
    std::vector<double> out(x.size());
    for (Index i = 0; i < n; ++i) {
        difference[z(i)] = at(x, i + 2 * h) - at(x, i - 2 * h);
    }
    for (Index i = 0; i < n; ++i) {
        out[z(i)] = at(difference, i - 2 * h) + at(difference, i + 2 * h) +
                    4 * (at(difference, i - h) + at(difference, i + h)) + 6 * difference[z(i)];
    }
    return out;
}

std::vector<double> without_mains(const std::vector<double>& x, double fs, double mains_hz) {
    const std::array<double, 2> edges{mains_hz - 2, mains_hz + 2};
    if (!(edges[0] > 0) || edges[1] >= 0.5 * fs) {
        return x;
    }
    const Array<double> sos = signal::butter(4, edges, fs, signal::BandType::bandstop);
    signal::SosFiltFiltOptions padding;
    padding.pad_samples = std::min(static_cast<Index>(x.size()) - 1, to_samples(0.25, fs));
    const Array<double> y = signal::sosfiltfilt(view(sos), as_row(x), padding);
    return {y.begin(), y.end()};
}

std::vector<Index> detect(const detail::WorkingLead& lead, const EngzeeOptions& options) {
    const double fs = lead.fs;
    const auto n = static_cast<Index>(lead.x.size());
    const std::vector<double> y = smoothed_difference(without_mains(lead.x, fs, options.mains_hz), fs);
    const Index refractory = to_samples(options.refractory_s, fs);
    const Index learn = to_samples(learn_s, fs);
    const Index turn = to_samples(options.turn_s, fs);
    const Index width = to_samples(options.turn_width_s, fs);
    const auto highest_in = [&](Index first, Index last) {
        const auto [lowest, highest] = std::minmax_element(y.begin() + first, y.begin() + std::min(n, last));
        return std::max(-*lowest, *highest);
    };
    detail::SlopeThreshold steep(options.share, options.refractory_s, options.decay_s, detail::typical_height(y, fs),
                                 fs);
    steep.learn(highest_in(0, learn));
    std::vector<Index> beats;
    Index last = -1;
    Index since = 0;
    for (Index i = 0; i < n; ++i) {
        if (last >= 0 && i < last + refractory) {
            continue;
        }
        if (last >= 0 && i == last + refractory) {
            steep.beat(highest_in(last, i));
        }
        if (i - since >= learn) {
            steep.learn(highest_in(since + refractory, i));
            since = i;
        }
        const double m = std::max(last < 0 ? steep.mean() : steep.at(i - last), detail::rounding);
        if (!(std::abs(y[z(i)]) > m)) {
            continue;
        }
        last = since = i;
        // The R lies where the slope turns: between its rise (or fall) and the first stretch the other way.
        const double side = y[z(i)] > 0 ? 1 : -1;
        Index beyond = 0;
        for (Index k = i; k < std::min(n, i + turn); ++k) {
            beyond = side * y[z(k)] < 0 ? beyond + 1 : 0;
            if (beyond >= width) {
                Index top = k;
                while (top > i && side * y[z(top)] < 0) {
                    --top;
                }
                beats.push_back(top);
                break;
            }
        }
    }
    return beats;
}

}  // namespace

std::vector<Index> find_r_peaks_engzee(Samples ecg, double fs, const EngzeeOptions& options) {
    return detail::detect_in_lead("find_r_peaks_engzee", ecg, fs,
                                  [&](const detail::WorkingLead& lead) { return detect(lead, options); });
}

}  // namespace biopotential::inline v0::ecg
