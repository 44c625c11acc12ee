#include "biopotential/ecg/correct.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"

namespace biopotential::inline v0::ecg {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// Quantile of sorted values, linear between the ranks.
double quantile_of_sorted(const std::vector<double>& v, double q) {
    const double rank = q * static_cast<double>(v.size() - 1);
    const auto low = static_cast<std::size_t>(rank);
    const std::size_t high = std::min(low + 1, v.size() - 1);
    return v[low] + (rank - static_cast<double>(low)) * (v[high] - v[low]);
}

/// Call use(i, sorted) with the values of the centred window around each i, fewer at the ends.
template <class Use>
void over_windows(const std::vector<double>& x, Index width, Use use) {
    const auto n = static_cast<Index>(x.size());
    const Index half = width / 2;
    std::vector<double> sorted;
    const auto insert = [&](double v) { sorted.insert(std::upper_bound(sorted.begin(), sorted.end(), v), v); };
    for (Index i = 0; i < std::min(n, half); ++i) {
        insert(x[static_cast<std::size_t>(i)]);
    }
    for (Index i = 0; i < n; ++i) {
        if (i + half < n) {
            insert(x[static_cast<std::size_t>(i + half)]);
        }
        if (i - half - 1 >= 0) {
            sorted.erase(std::lower_bound(sorted.begin(), sorted.end(), x[static_cast<std::size_t>(i - half - 1)]));
        }
        use(static_cast<std::size_t>(i), sorted);
    }
}

std::vector<double> threshold_of(const std::vector<double>& x, const CorrectOptions& options) {
    std::vector<double> size(x.size());
    std::transform(x.begin(), x.end(), size.begin(), [](double v) { return std::abs(v); });
    std::vector<double> out(x.size());
    over_windows(size, options.window, [&](std::size_t i, const std::vector<double>& sorted) {
        out[i] = options.alpha * (quantile_of_sorted(sorted, 0.75) - quantile_of_sorted(sorted, 0.25)) / 2;
    });
    return out;
}

void in_units_of(std::vector<double>& x, const std::vector<double>& threshold) {
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = threshold[i] != 0 ? x[i] / threshold[i] : nan;
    }
}

double mean_from(const std::vector<double>& x, std::size_t first) {
    double sum = 0;
    for (std::size_t i = first; i < x.size(); ++i) {
        sum += x[i];
    }
    return sum / static_cast<double>(x.size() - first);
}

std::vector<BeatFault> faults_of(const std::vector<double>& beats_s, const CorrectOptions& options) {
    const std::size_t n = beats_s.size();
    std::vector<BeatFault> out(n, BeatFault::none);
    if (n < 4) {
        return out;
    }
    // rr[i] ends at beat i; the first, which has none, stands at the mean.
    std::vector<double> rr(n);
    std::vector<double> change(n);
    for (std::size_t i = 1; i < n; ++i) {
        rr[i] = beats_s[i] - beats_s[i - 1];
    }
    rr[0] = mean_from(rr, 1);
    for (std::size_t i = 1; i < n; ++i) {
        change[i] = rr[i] - rr[i - 1];
    }
    change[0] = mean_from(change, 1);
    in_units_of(change, threshold_of(change, options));

    std::vector<double> median(n);
    over_windows(rr, options.median_beats, [&](std::size_t i, const std::vector<double>& sorted) {
        median[i] = quantile_of_sorted(sorted, 0.5);
    });
    std::vector<double> distance(n);
    for (std::size_t i = 0; i < n; ++i) {
        const double d = rr[i] - median[i];
        distance[i] = d < 0 ? 2 * d : d;
    }
    const std::vector<double> apart = threshold_of(distance, options);
    in_units_of(distance, apart);

    // Beyond the ends the changes are mirrored.
    const auto at = [&](std::ptrdiff_t i) {
        const auto last = static_cast<std::ptrdiff_t>(n) - 1;
        const std::ptrdiff_t k = i < 0 ? -i : i > last ? 2 * last - i : i;
        return change[static_cast<std::size_t>(k)];
    };
    for (std::size_t i = 0; i + 2 < n;) {
        const auto k = static_cast<std::ptrdiff_t>(i);
        if (std::abs(change[i]) <= 1) {
            ++i;
            continue;
        }
        const double beside = change[i] > 0   ? std::max(at(k - 1), at(k + 1))
                              : change[i] < 0 ? std::min(at(k - 1), at(k + 1))
                                              : 0.0;
        if ((change[i] > 1 && beside < -options.c1 * change[i] - options.c2) ||
            (change[i] < -1 && beside > -options.c1 * change[i] + options.c2)) {
            out[i++] = BeatFault::ectopic;
            continue;
        }
        if (!(std::abs(change[i]) > 1 || std::abs(distance[i]) > 3)) {
            ++i;
            continue;
        }
        // The next beat can carry the fault too.
        const std::size_t candidates = std::abs(change[i + 1]) < std::abs(change[i + 2]) ? 2 : 1;
        const std::size_t first = i;
        for (std::size_t j = first; j < first + candidates; ++j, ++i) {
            const auto l = static_cast<std::ptrdiff_t>(j);
            const double after = change[j] >= 0  ? std::min(at(l + 1), at(l + 2))
                                 : change[j] < 0 ? std::max(at(l + 1), at(l + 2))
                                                 : 0.0;
            const bool rises = change[j] > 1 && after < -1;
            const bool falls = change[j] < -1 && after > 1;
            if (!rises && !falls && !(std::abs(distance[j]) > 3)) {
                continue;
            }
            if (falls && std::abs(rr[j] + rr[j + 1] - median[j]) < apart[j]) {
                out[j] = BeatFault::extra;
            } else if (rises && std::abs(rr[j] / 2 - median[j]) < apart[j]) {
                out[j] = BeatFault::missed;
            } else {
                out[j] = BeatFault::long_short;
            }
        }
    }
    // There is nothing to correct them by.
    out[0] = out[1] = out[n - 1] = BeatFault::none;
    return out;
}

struct Row {
    std::vector<double> beats;
    std::vector<std::uint8_t> changed;
    std::vector<BeatFault> faults;
};

Row without_faults(const std::vector<double>& beats, const std::vector<std::uint8_t>& changed,
                   const std::vector<BeatFault>& faults) {
    Row out;
    for (std::size_t i = 0; i < beats.size(); ++i) {
        if (faults[i] == BeatFault::extra) {
            continue;
        }
        if (faults[i] == BeatFault::missed && !out.beats.empty()) {
            out.beats.push_back(0.5 * (out.beats.back() + beats[i]));
            out.changed.push_back(1);
            out.faults.push_back(BeatFault::none);
        }
        out.beats.push_back(beats[i]);
        out.changed.push_back(changed[i]);
        out.faults.push_back(faults[i]);
    }
    for (const BeatFault fault : {BeatFault::ectopic, BeatFault::long_short}) {
        const std::vector<double> before = out.beats;
        for (std::size_t i = 1; i + 1 < before.size(); ++i) {
            if (out.faults[i] == fault) {
                out.beats[i] = 0.5 * (before[i - 1] + before[i + 1]);
                out.changed[i] = 1;
            }
        }
    }
    // Neighbours that both moved may have changed places.
    std::sort(out.beats.begin(), out.beats.end());
    return out;
}

Index count_faults(const std::vector<BeatFault>& faults) {
    return std::count_if(faults.begin(), faults.end(), [](BeatFault f) { return f != BeatFault::none; });
}

}  // namespace

Corrected correct_r_peaks(std::span<const Index> r_peaks, double fs, const CorrectOptions& options) {
    require_sampling_rate("correct_r_peaks", fs);
    require_positions("correct_r_peaks", r_peaks);
    require_positive("correct_r_peaks", "alpha", options.alpha);
    if (options.window < 1 || options.median_beats < 1) {
        throw_invalid("correct_r_peaks", "windows of at least 1 beat",
                      std::to_string(options.window) + " and " + std::to_string(options.median_beats));
    }
    std::vector<double> beats_s;
    for (const Index p : r_peaks) {
        beats_s.push_back(static_cast<double>(p) / fs);
    }
    Corrected out;
    out.faults = faults_of(beats_s, options);
    std::vector<std::uint8_t> changed(beats_s.size(), 0);
    std::vector<BeatFault> faults = out.faults;
    Index n_faults = count_faults(faults);
    while (n_faults > 0) {
        const Row row = without_faults(beats_s, changed, faults);
        beats_s = row.beats;
        changed = row.changed;
        ++out.rounds;
        faults = faults_of(beats_s, options);
        const Index left = count_faults(faults);
        if (!options.iterate || left >= n_faults) {
            break;
        }
        n_faults = left;
    }
    for (const double s : beats_s) {
        out.r_peaks.push_back(s * fs);
    }
    out.changed = std::move(changed);
    return out;
}

}  // namespace biopotential::inline v0::ecg
