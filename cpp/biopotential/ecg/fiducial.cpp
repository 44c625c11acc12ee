#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "biopotential/core/clones_internal.hpp"
#include "biopotential/ecg/fiducial_internal.hpp"

namespace biopotential::inline v0::ecg::detail {
namespace {

std::size_t z(Index i) {
    return static_cast<std::size_t>(i);
}

/// Lower edge of the band in which the fiducial is sought: a sharp deflection before a slow one.
constexpr double locate_low_hz = 3.0;
/// The baseline has one value for so many block means.
constexpr Index baseline_steps = 4;
/// How far the direction of the beats around decides between up and down (logarithm of their ratio).
constexpr double lean_around = 0.4;
/// ... and how far upward is preferred where the two are about equal.
constexpr double lean_up = 0.1;
/// Beats before and after that tell the direction.
constexpr Index beats_around = 12;

/// The named detectors work at this rate or up to twice it.
constexpr double lowest_work_hz = 200.0;
/// Their baseline comes from block means at about this rate.
constexpr double baseline_hz = 100.0;
constexpr double locate_before_s = 0.12;
constexpr double locate_after_s = 0.09;
constexpr double apart_s = 0.16;

/// base <- mean of x in 2 half + 1 samples about each, less the base.
BIOPOTENTIAL_CLONES void above(const double* x, Index half, double scale, double* __restrict base, Index n) {
    if (half == 1) {
        for (Index i = 0; i < n; ++i) {
            base[i] = (x[i - 1] + x[i] + x[i + 1]) * scale - base[i];
        }
        return;
    }
    std::array<double, 128> sum{};
    for (Index k = -half; k <= half; ++k) {
        for (Index i = 0; i < n; ++i) {
            sum[z(i)] += x[i + k];
        }
    }
    for (Index i = 0; i < n; ++i) {
        base[i] = sum[z(i)] * scale - base[i];
    }
}

/// Highest and lowest of n > 0 values.
BIOPOTENTIAL_CLONES void extremes(const double* x, Index n, double& highest, double& lowest) {
    constexpr std::size_t lanes = 8;
    std::array<double, lanes> up;
    std::array<double, lanes> down;
    up.fill(x[0]);
    down.fill(x[0]);
    Index i = 0;
    for (; i + static_cast<Index>(lanes) <= n; i += static_cast<Index>(lanes)) {
        for (std::size_t k = 0; k < lanes; ++k) {
            const double v = x[z(i) + k];
            up[k] = v > up[k] ? v : up[k];
            down[k] = v < down[k] ? v : down[k];
        }
    }
    for (; i < n; ++i) {
        up[0] = std::max(up[0], x[i]);
        down[0] = std::min(down[0], x[i]);
    }
    highest = *std::max_element(up.begin(), up.end());
    lowest = *std::min_element(down.begin(), down.end());
}

/// block_means for a step that is known when compiling, so that its loop is unrolled; 0: any.
template <Index known>
void means_of_blocks(Samples x, Index any, std::span<double> out, std::vector<Stretch>& gaps) {
    const Index step = known > 0 ? known : any;
    const auto n = static_cast<Index>(x.size());
    const double scale = 1 / static_cast<double>(step);
    for (Index k = 0; k < static_cast<Index>(out.size()); ++k) {
        const Index first = k * step;
        const Index last = std::min(n, first + step);
        double sum = 0;
        if (first + step <= n) {
            const double* const block = x.data() + first;
            for (Index i = 0; i < step; ++i) {
                sum += block[i];
            }
            if (std::isfinite(sum)) {
                out[z(k)] = sum * scale;
                continue;
            }
        }
        sum = 0;
        Index count = 0;
        for (Index i = first; i < last; ++i) {
            if (std::isfinite(x[z(i)])) {
                sum += x[z(i)];
                ++count;
            } else if (!gaps.empty() && gaps.back().last == i) {
                ++gaps.back().last;
            } else {
                gaps.push_back({i, i + 1});
            }
        }
        out[z(k)] = count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
    }
}

}  // namespace

void block_means(Samples x, Index step, std::span<double> out, std::vector<Stretch>& gaps) {
    switch (step) {
        case 1:
            return means_of_blocks<1>(x, step, out, gaps);
        case 2:
            return means_of_blocks<2>(x, step, out, gaps);
        case 3:
            return means_of_blocks<3>(x, step, out, gaps);
        case 5:
            return means_of_blocks<5>(x, step, out, gaps);
        case 10:
            return means_of_blocks<10>(x, step, out, gaps);
        default:
            return means_of_blocks<0>(x, step, out, gaps);
    }
}

std::vector<double> block_means(Samples x, Index step, std::vector<Stretch>& gaps) {
    std::vector<double> out(z((static_cast<Index>(x.size()) + step - 1) / step));
    block_means(x, step, out, gaps);
    return out;
}

Baseline baseline_of(Samples low, Index step, double fs) {
    const double share = 1 - std::exp(-2 * std::numbers::pi * locate_low_hz * static_cast<double>(baseline_steps) / fs);
    const auto n = static_cast<Index>(low.size());
    Baseline out;
    out.step = step * baseline_steps;
    std::vector<double>& y = out.values;
    y.resize(z((n + baseline_steps - 1) / baseline_steps));
    double state = low.front();
    for (Index k = 0; k < static_cast<Index>(y.size()); ++k) {
        const Index last = std::min(n, (k + 1) * baseline_steps);
        double sum = 0;
        for (Index i = k * baseline_steps; i < last; ++i) {
            sum += low[z(i)];
        }
        y[z(k)] = state += share * (sum / static_cast<double>(last - k * baseline_steps) - state);
    }
    for (std::size_t k = y.size(); k-- > 0;) {
        y[k] = state += share * (y[k] - state);
    }
    return out;
}

bool inside(const std::vector<Stretch>& gaps, Index i) {
    const auto after =
        std::upper_bound(gaps.begin(), gaps.end(), i, [](Index v, const Stretch& s) { return v < s.first; });
    return after != gaps.begin() && i < std::prev(after)->last;
}

Deflections deflections(Samples x, const Baseline& baseline, const std::vector<Stretch>& gaps, double fs, Index first,
                        Index last) {
    const auto n = static_cast<Index>(x.size());
    const auto half = static_cast<Index>(std::lround(0.004 * fs));
    const double per_value = 1 / static_cast<double>(baseline.step);
    const auto top = static_cast<double>(baseline.values.size() - 1);
    const bool plain = gaps.empty() && first >= half && last + half <= n;
    const double scale = 1 / static_cast<double>(2 * half + 1);
    Deflections out;
    std::array<double, 128> v;  // a part of it, first the baseline, then what lies above it
    for (Index begin = first; begin < last; begin += static_cast<Index>(v.size())) {
        const Index count = std::min(static_cast<Index>(v.size()), last - begin);
        for (Index i = 0; i < count;) {
            // The baseline is a straight line up to its next value.
            const double where = std::clamp((static_cast<double>(begin + i) + 0.5) * per_value - 0.5, 0.0, top);
            const auto low = static_cast<std::size_t>(where);
            const std::size_t high = std::min(low + 1, baseline.values.size() - 1);
            const double along = where - static_cast<double>(low);
            const double rise = baseline.values[high] - baseline.values[low];
            const double base = baseline.values[low] + along * rise;
            const Index end = std::min(count, i + std::max<Index>(1, static_cast<Index>((1.0 - along) / per_value)));
            for (Index k = 0; i < end; ++i, ++k) {
                v[z(i)] = base + static_cast<double>(k) * (rise * per_value);
            }
        }
        const auto consider = [&](double highest, double lowest) {
            const auto at = [&](double value) {
                return begin + (std::find(v.begin(), v.begin() + count - 1, value) - v.begin());
            };
            if (out.high < 0 || highest > out.up) {
                out.high = at(highest);
                out.up = highest;
            }
            if (out.low < 0 || lowest < out.down) {
                out.low = at(lowest);
                out.down = lowest;
            }
        };
        if (plain) {
            above(x.data() + begin, half, scale, v.data(), count);
            double highest = 0;
            double lowest = 0;
            extremes(v.data(), count, highest, lowest);
            consider(highest, lowest);
            continue;
        }
        for (Index i = 0; i < count; ++i) {
            const Index at = begin + i;
            if (inside(gaps, at)) {
                continue;
            }
            double sum = 0;
            double finite = 0;
            for (Index k = std::max<Index>(0, at - half); k <= std::min(n - 1, at + half); ++k) {
                if (std::isfinite(x[z(k)])) {
                    sum += x[z(k)];
                    finite += 1;
                }
            }
            v[z(i)] = sum / finite - v[z(i)];
            if (out.high < 0 || v[z(i)] > out.up) {
                out.high = at;
                out.up = v[z(i)];
            }
            if (out.low < 0 || v[z(i)] < out.down) {
                out.low = at;
                out.down = v[z(i)];
            }
        }
    }
    return out;
}

std::vector<Index> choose_direction(std::span<const Deflections> beats) {
    const auto lean_of = [](const Deflections& d) {
        return std::log(std::max(d.up, 1e-12) / std::max(-d.down, 1e-12));
    };
    std::vector<Index> out;
    std::vector<double> leans;
    const auto count = static_cast<Index>(beats.size());
    for (Index i = 0; i < count; ++i) {
        const Deflections& d = beats[z(i)];
        double lean = lean_of(d) + lean_up;
        if (std::abs(lean) < lean_around) {
            leans.clear();
            for (Index k = std::max<Index>(0, i - beats_around); k < std::min(count, i + beats_around + 1); ++k) {
                if (beats[z(k)].lead == d.lead) {
                    leans.push_back(std::clamp(lean_of(beats[z(k)]), -1.0, 1.0));
                }
            }
            lean += lean_around * std::clamp(median_in_place(leans), -0.5, 0.5) / 0.5;
        }
        out.push_back(lean >= 0 ? d.high : d.low);
    }
    return out;
}

std::vector<Index> keep_apart(std::span<const Index> peaks, Index apart) {
    std::vector<Index> out;
    for (const Index p : peaks) {
        if (out.empty() || p - out.back() >= apart) {
            out.push_back(p);
        }
    }
    return out;
}

std::vector<Index> detect_in_lead(const char* function, Samples ecg, double fs,
                                  const std::function<std::vector<Index>(const WorkingLead&)>& detect) {
    require_rate(function, fs);
    const auto n = static_cast<Index>(ecg.size());
    if (static_cast<double>(n) < 0.5 * fs) {
        return {};
    }
    WorkingLead lead;
    lead.step = std::max<Index>(1, static_cast<Index>(fs / lowest_work_hz));
    lead.fs = fs / static_cast<double>(lead.step);
    std::vector<Stretch> gaps;
    lead.x = block_means(ecg, lead.step, gaps);
    if (!gaps.empty()) {
        lead.x = bridge(as_row(lead.x), 0).x;
    }
    std::vector<Stretch> none;
    const Index finer = std::max<Index>(1, static_cast<Index>(lead.fs / baseline_hz));
    const Baseline baseline = baseline_of(finer > 1 ? block_means(lead.x, finer, none) : lead.x, lead.step * finer,
                                          lead.fs / static_cast<double>(finer));
    const double origin = lead.x.front();
    double top = 0;
    for (double& v : lead.x) {
        v -= origin;
        top = std::max(top, std::abs(v));
    }
    // Next to a large offset, what remains of a constant is the offset's rounding.
    if (!(top > rounding * std::abs(origin)) || !std::isfinite(top)) {
        return {};
    }
    for (double& v : lead.x) {
        v /= top;
    }
    const Index before = to_samples(locate_before_s, fs);
    const Index after = to_samples(locate_after_s, fs);
    std::vector<Deflections> found;
    for (const Index at : detect(lead)) {
        const Index middle = std::min(n - 1, at * lead.step + lead.step / 2);
        const Deflections d =
            deflections(ecg, baseline, gaps, fs, std::max<Index>(0, middle - before), std::min(n, middle + after + 1));
        if (d.high >= 0 && !inside(gaps, middle)) {
            found.push_back(d);
        }
    }
    std::vector<Index> peaks = choose_direction(found);
    std::sort(peaks.begin(), peaks.end());
    return keep_apart(peaks, to_samples(apart_s, fs));
}

}  // namespace biopotential::inline v0::ecg::detail
