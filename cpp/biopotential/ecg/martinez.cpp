#include "biopotential/ecg/martinez.hpp"

#include <algorithm>
#include <cmath>

#include "biopotential/ecg/fiducial_internal.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"

namespace biopotential::inline v0::ecg {

using detail::to_samples;

namespace {

std::size_t z(Index i) {
    return static_cast<std::size_t>(i);
}

/// A maximum of the modulus at one scale.
struct Maximum {
    Index at = 0;
    double value = 0;  ///< in units of the scale's threshold
};

/// RMS, in which no stretch counts more than four times the power of the median one: an artefact should not hide
/// minutes.
double usual_rms(Samples w, Index stretch) {
    std::vector<double> powers;
    for (std::size_t first = 0; first < w.size(); first += z(stretch)) {
        double power = 0;
        const Samples part = w.subspan(first, std::min(z(stretch), w.size() - first));
        for (const double v : part) {
            power += v * v;
        }
        powers.push_back(power / static_cast<double>(part.size()));
    }
    std::vector<double> sorted = powers;
    const double highest = 4 * detail::median_in_place(sorted);
    double sum = 0;
    for (const double p : powers) {
        sum += std::min(p, highest);
    }
    return std::sqrt(sum / static_cast<double>(powers.size()));
}

/// Maxima that reach half the threshold, threshold taken per excerpt. `shift` steps of delay are taken off.
std::vector<Maximum> maxima_of(const std::vector<double>& w, double share, Index shift, Index excerpt, Index stretch) {
    const auto n = static_cast<Index>(w.size());
    std::vector<Maximum> out;
    for (Index first = 0; first < n; first += excerpt) {
        const Index last = std::min(n, first + excerpt);
        const double threshold =
            std::max(share * usual_rms(Samples(w).subspan(z(first), z(last - first)), stretch), detail::rounding);
        for (Index i = std::max<Index>(1, first); i < std::min(n - 1, last); ++i) {
            const double v = std::abs(w[z(i)]);
            if (v >= 0.5 * threshold && v > std::abs(w[z(i - 1)]) && v >= std::abs(w[z(i + 1)])) {
                out.push_back({i + shift, w[z(i)] / threshold});
            }
        }
    }
    return out;
}

/// Maxima from the finest scale kept to the coarsest, the last.
std::vector<std::vector<Maximum>> scales_of(const detail::WorkingLead& lead, const MartinezOptions& options) {
    // The paper's coarsest scale for QRS is 2^4 at 250 Hz.
    const int coarsest = std::max(2, static_cast<int>(std::lround(std::log2(16 * lead.fs / 250))));
    const auto n = static_cast<Index>(lead.x.size());
    std::vector<double> smooth = lead.x;
    std::vector<double> next(smooth.size());
    std::vector<double> w(smooth.size());
    std::vector<std::vector<Maximum>> out;
    for (int level = 1; level <= coarsest; ++level) {
        const Index s = Index{1} << (level - 1);
        const auto at = [&](Index i) { return smooth[z(std::clamp<Index>(i, 0, n - 1))]; };
        if (level > coarsest - 4) {
            for (Index i = 0; i < n; ++i) {
                w[z(i)] = 2 * (at(i + s) - smooth[z(i)]);
            }
            // Half of each filter's length lies behind: together 2^(level - 1) - 1/2.
            out.push_back(maxima_of(w, options.threshold * (level == coarsest ? 0.5 : 1.0), s, options.excerpt_samples,
                                    to_samples(2.0, lead.fs)));
        }
        for (Index i = 0; i < n; ++i) {
            next[z(i)] = (at(i - s) + at(i + 2 * s) + 3 * (smooth[z(i)] + at(i + s))) / 8;
        }
        smooth.swap(next);
    }
    return out;
}

/// Maxima of the coarsest scale that reach `share` of the threshold at every scale. A line of maxima moves by no more
/// than half the coarser scale's support from one to the next.
std::vector<Maximum> lines_of(const std::vector<std::vector<Maximum>>& scales, double share, double fs) {
    std::vector<Maximum> found;
    std::vector<std::size_t> begin(scales.size(), 0);
    const Index reach = to_samples(0.048, fs);
    for (const Maximum& top : scales.back()) {
        if (std::abs(top.value) < share) {
            continue;
        }
        Maximum here = top;
        bool whole = true;
        Index near = reach;
        for (std::size_t level = scales.size() - 1; whole && level-- > 0; near = std::max<Index>(2, near / 2)) {
            const std::vector<Maximum>& finer = scales[level];
            while (begin[level] < finer.size() && finer[begin[level]].at < top.at - 2 * reach) {
                ++begin[level];
            }
            const Maximum* best = nullptr;
            for (std::size_t k = begin[level]; k < finer.size() && finer[k].at <= here.at + near; ++k) {
                const Maximum& m = finer[k];
                if (m.at >= here.at - near && m.value * top.value > 0 && std::abs(m.value) >= share &&
                    (best == nullptr || std::abs(m.value) > std::abs(best->value))) {
                    best = &m;
                }
            }
            whole = best != nullptr;
            if (whole) {
                here.at = best->at;
            }
        }
        if (whole) {
            found.push_back({here.at, top.value});
        }
    }
    return found;
}

struct Beat {
    Index at = 0;
    double strength = 0;
};

/// Zero crossings between neighbouring lines of opposite sign, the stronger one within the refractory time.
std::vector<Beat> pairs_of(const std::vector<Maximum>& lines, double fs, const MartinezOptions& options) {
    std::vector<Beat> out;
    for (std::size_t k = 1; k < lines.size(); ++k) {
        const Maximum& a = lines[k - 1];
        const Maximum& b = lines[k];
        if (!(a.value * b.value < 0) || b.at - a.at > to_samples(options.pair_s, fs)) {
            continue;
        }
        const Beat beat{(a.at + b.at) / 2, std::min(std::abs(a.value), std::abs(b.value))};
        if (out.empty() || beat.at - out.back().at >= to_samples(options.refractory_s, fs)) {
            out.push_back(beat);
        } else if (beat.strength > out.back().strength) {
            out.back() = beat;
        }
    }
    return out;
}

std::vector<Index> detect(const detail::WorkingLead& lead, const MartinezOptions& options) {
    const std::vector<std::vector<Maximum>> scales = scales_of(lead, options);
    const std::vector<Beat> strong = pairs_of(lines_of(scales, 1.0, lead.fs), lead.fs, options);
    const std::vector<Beat> weak = pairs_of(lines_of(scales, 0.5, lead.fs), lead.fs, options);
    const Index refractory = to_samples(options.refractory_s, lead.fs);
    std::vector<Index> out;
    std::vector<double> intervals;
    std::size_t next = 0;
    const auto take = [&](Index at) {
        if (!out.empty()) {
            intervals.push_back(static_cast<double>(at - out.back()));
            if (intervals.size() > 8) {
                intervals.erase(intervals.begin());
            }
        }
        out.push_back(at);
    };
    for (const Beat& beat : strong) {
        for (; next < weak.size() && weak[next].at <= beat.at - refractory; ++next) {
            double rr = intervals.empty() ? lead.fs : 0.0;
            for (const double v : intervals) {
                rr += v / static_cast<double>(intervals.size());
            }
            if (!out.empty() && weak[next].at - out.back() >= refractory &&
                static_cast<double>(beat.at - out.back()) > options.search_back * rr) {
                take(weak[next].at);
            }
        }
        take(beat.at);
    }
    return out;
}

}  // namespace

std::vector<Index> find_r_peaks_martinez(Samples ecg, double fs, const MartinezOptions& options) {
    return detail::detect_in_lead("find_r_peaks_martinez", ecg, fs,
                                  [&](const detail::WorkingLead& lead) { return detect(lead, options); });
}

}  // namespace biopotential::inline v0::ecg
