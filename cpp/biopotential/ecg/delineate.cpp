#include "biopotential/ecg/delineate.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/statistics.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"

namespace biopotential::inline v0::ecg {
namespace {

using detail::Stretch;
using detail::to_samples;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// QRS. The slope is the difference over slope_s, its envelope the mean of |slope| over smooth_s.
constexpr double slope_s = 0.012;
constexpr double smooth_s = 0.012;
/// How far from the R peak a QRS reaches.
constexpr double qrs_before_s = 0.14;
constexpr double qrs_after_s = 0.18;
/// The QRS begins and ends where the envelope is below this share of its top in the beat ...
constexpr double onset_share = 0.10;
constexpr double offset_share = 0.13;
/// ... or below this many times its lower values between the beats, up to a share of the top ...
constexpr double noise_factor = 2.5;
constexpr double highest_share = 0.3;
/// ... for longer than this.
constexpr double onset_quiet_s = 0.016;
constexpr double offset_quiet_s = 0.030;
/// A reader marks the ends a little outside of that.
constexpr double onset_shift_s = 0.009;
constexpr double offset_shift_s = 0.007;

/// Drift below is removed.
constexpr double drift_hz = 0.5;
/// P and T have little above.
constexpr double slow_high_hz = 15.0;

// T. Times that scale with the square root of the RR interval in seconds.
constexpr double t_from_s = 0.03;      ///< after the QRS
constexpr double t_peak_limit = 0.50;  ///< latest peak after R, times the root
constexpr double t_end_limit = 0.62;   ///< latest offset after R, times the root
constexpr double t_peak_share = 0.72;  ///< latest peak after R, share of the RR interval
constexpr double t_mid = 0.26;         ///< usual peak after R, times the root
constexpr double t_width = 0.12;       ///< ... and how far from there it may be (SD of a weight)
constexpr double t_other_side = 0.3;   ///< weight of the side on which the extreme stands out more
constexpr double t_after_s = 0.20;     ///< reach of the chord behind the peak
constexpr double t_before_s = 0.21;    ///< ... and before it
constexpr double t_on_shift_s = -0.006;
constexpr double t_off_shift_s = -0.005;
constexpr double t_window_s = 0.10;  ///< half of the stretch in which neighbours are compared

// P.
constexpr double p_before_s = 0.36;  ///< earliest, before the QRS ...
constexpr double p_share = 0.55;     ///< ... and as a share of the RR interval
constexpr double p_chord_s = 0.12;   ///< reach of the chord on both sides of the peak
constexpr double p_spread_s = 0.06;  ///< how far from the neighbours' place it may be (SD of a weight)
constexpr double p_negative = 0.7;   ///< weight of a negative wave
constexpr double p_off_shift_s = -0.010;
constexpr double p_window_s = 0.09;  ///< half of the stretch in which neighbours are compared

struct Wave {
    Index onset = -1, peak = -1, offset = -1;
    double probability = 0;
    [[nodiscard]] bool found() const { return peak >= 0; }
};

struct Beat {
    bool there = false;  // the lead has a QRS that no gap touches
    Index qrs_onset = 0, qrs_offset = 0;
    Wave p, t;
};

struct Lead {
    std::vector<double> x;     // (n_samples,) as recorded, gaps bridged
    std::vector<double> wide;  // (n_samples,) without drift, below 40 Hz
    std::vector<Stretch> gaps;
    std::vector<Beat> beats;
};

std::size_t z(Index i) {
    return static_cast<std::size_t>(i);
}

/// |difference over slope_s|, averaged over smooth_s.
std::vector<double> slope_envelope(const std::vector<double>& x, double fs) {
    const auto n = static_cast<Index>(x.size());
    const Index h = std::max<Index>(1, to_samples(slope_s / 2, fs));
    std::vector<double> slope(x.size());
    for (Index i = 0; i < n; ++i) {
        slope[z(i)] = std::abs(x[z(std::min(n - 1, i + h))] - x[z(std::max<Index>(0, i - h))]);
    }
    return detail::moving_mean(slope, to_samples(smooth_s, fs));
}

void find_qrs(Beat& beat, const std::vector<double>& envelope, Index r, Index low, Index high, double least, double fs,
              std::vector<double>& scratch) {
    const Index first = std::max(low, r - to_samples(qrs_before_s, fs));
    const Index last = std::min(high, r + to_samples(qrs_after_s, fs) + 1);
    const Index core = to_samples(0.06, fs);
    double top = 0;
    for (Index i = std::max(first, r - core); i < std::min(last, r + core); ++i) {
        top = std::max(top, envelope[z(i)]);
    }
    if (!(top > least) || last - first < 3) {
        return;
    }
    // Noise between the beats has slope too.
    scratch.assign(envelope.begin() + low, envelope.begin() + high);
    const double noise = noise_factor * quantile_in_place(scratch, 0.3);
    const double on = std::clamp(noise, onset_share * top, highest_share * top);
    const double off = std::clamp(noise, offset_share * top, highest_share * top);
    beat.there = true;
    Index quiet = to_samples(onset_quiet_s, fs);
    Index at = r;
    for (Index i = r - 1; i >= first && at - i <= quiet; --i) {
        if (envelope[z(i)] >= on) {
            at = i;
        }
    }
    beat.qrs_onset = std::clamp<Index>(at - std::lround(onset_shift_s * fs), first, r);
    quiet = to_samples(offset_quiet_s, fs);
    at = r;
    for (Index i = r + 1; i < last && i - at <= quiet; ++i) {
        if (envelope[z(i)] >= off) {
            at = i;
        }
    }
    beat.qrs_offset = std::clamp<Index>(at + std::lround(offset_shift_s * fs), r, last - 1);
    // At the very ends of the recording the QRS may be cut off at the R peak.
    beat.qrs_onset = std::min(beat.qrs_onset, std::max(low, r - 1));
    beat.qrs_offset = std::max(beat.qrs_offset, std::min(high - 1, r + 1));
    beat.there = beat.qrs_onset < beat.qrs_offset;
}

/// Position in (a, b) farthest from the chord between a and b on the side away from the wave; `sign` is the direction
/// of the wave. `b` may lie before or after `a`.
Index corner(const std::vector<double>& x, Index a, Index b, double sign) {
    Index best = b;
    double top = 0;
    const double rise = (x[z(b)] - x[z(a)]) / static_cast<double>(b - a);
    const Index step = b > a ? 1 : -1;
    for (Index i = a; i != b; i += step) {
        const double d = sign * (x[z(a)] + rise * static_cast<double>(i - a) - x[z(i)]);
        if (d > top) {
            top = d;
            best = i;
        }
    }
    return best;
}

struct Extreme {
    Index at = -1;
    double sign = 0;
    double left = 0, right = 0;  // how far it stands out on each side
};

Index stride_of(double fs) {
    return std::max<Index>(1, static_cast<Index>(fs / (8 * slow_high_hz)));
}

/// Local extremes of x in (first, last) and how far each stands out from the lowest on either side, within reach.
/// x has nothing above slow_high_hz, so that samples `stride` apart tell how far.
void find_extremes(const std::vector<double>& x, Index first, Index last, Index stride, std::vector<Extreme>& out) {
    out.clear();
    for (Index i = first + 1; i + 1 < last; ++i) {
        const double v = x[z(i)];
        double sign = 0;
        if (v > x[z(i - 1)] && v >= x[z(i + 1)]) {
            sign = 1;
        } else if (v < x[z(i - 1)] && v <= x[z(i + 1)]) {
            sign = -1;
        } else {
            continue;
        }
        out.push_back({i, sign, 0, 0});
    }
    for (Extreme& e : out) {
        const double v = e.sign * x[z(e.at)];
        for (Index i = e.at - 1; i >= first && e.sign * x[z(i)] <= v; i -= stride) {
            e.left = std::max(e.left, v - e.sign * x[z(i)]);
        }
        for (Index i = e.at + 1; i < last && e.sign * x[z(i)] <= v; i += stride) {
            e.right = std::max(e.right, v - e.sign * x[z(i)]);
        }
    }
}

void find_t(Beat& beat, const std::vector<double>& slow, Index r, Index next_onset, double rr_s, double fs,
            std::vector<Extreme>& scratch) {
    const double root = std::sqrt(std::clamp(rr_s, 0.25, 2.0));
    const Index first = beat.qrs_offset + to_samples(t_from_s, fs);
    const Index end = std::min(next_onset - to_samples(0.02, fs), r + to_samples(t_end_limit * root, fs));
    const double peak_limit = std::min(t_peak_limit * root, t_peak_share * rr_s);
    if (end - first < to_samples(0.06, fs)) {
        return;
    }
    find_extremes(slow, first, end, stride_of(fs), scratch);
    const Extreme* best = nullptr;
    double top = 0;
    for (const Extreme& e : scratch) {
        const double s = static_cast<double>(e.at - r) / fs;
        if (s > peak_limit) {
            continue;
        }
        const double d = (s / root - t_mid) / t_width;
        const double score =
            (std::min(e.left, e.right) + t_other_side * std::max(e.left, e.right)) * std::exp(-0.5 * d * d);
        if (score > top) {
            top = score;
            best = &e;
        }
    }
    if (best == nullptr) {
        return;
    }
    beat.t.peak = best->at;
    const Index after = std::min(end - 1, best->at + to_samples(t_after_s * std::sqrt(root), fs));
    const Index before = std::max(beat.qrs_offset, best->at - to_samples(t_before_s * root, fs));
    beat.t.offset = std::clamp<Index>(corner(slow, best->at, after, best->sign) + std::lround(t_off_shift_s * fs),
                                      best->at + 1, end);
    beat.t.onset = std::clamp<Index>(corner(slow, best->at, before, best->sign) + std::lround(t_on_shift_s * fs),
                                     beat.qrs_offset, best->at - 1);
}

void find_p(Beat& beat, const std::vector<double>& slow, Index floor, double rr_s, double fs, double expected_s,
            std::vector<Extreme>& scratch) {
    const Index last = beat.qrs_onset;
    const Index first = std::max(floor, last - to_samples(std::min(p_before_s, p_share * rr_s), fs));
    if (last - first < to_samples(0.05, fs)) {
        return;
    }
    find_extremes(slow, first, last, stride_of(fs), scratch);
    const Extreme* best = nullptr;
    double top = 0;
    for (const Extreme& e : scratch) {
        const double s = static_cast<double>(last - e.at) / fs;
        double score = std::min(e.left, e.right);
        score *= e.sign > 0 ? 1.0 : p_negative;
        if (std::isfinite(expected_s)) {
            const double d = (s - expected_s) / p_spread_s;
            score *= std::exp(-0.5 * d * d);
        }
        if (score > top) {
            top = score;
            best = &e;
        }
    }
    if (best == nullptr) {
        return;
    }
    const Index half = to_samples(p_chord_s, fs);
    beat.p.peak = best->at;
    beat.p.onset = std::min(corner(slow, best->at, std::max(first, best->at - half), best->sign), best->at - 1);
    beat.p.offset = std::max<Index>(
        corner(slow, best->at, std::min(last, best->at + half), best->sign) + std::lround(p_off_shift_s * fs),
        best->at + 1);
}

/// How much the neighbouring beats show the same wave.
struct Likeness {
    bool known = false;      // enough neighbours
    double coherence = 0;    // energy of the mean wave / mean energy of the waves, corrected for their number
    double correlation = 0;  // of this beat's wave with the mean of the others
};

/// Compare each beat's stretch of `half` samples around `middle` (-1: none) with those of the beats around. The stretch
/// loses its line, and what lies beyond `limit` is held: the QRS does not count.
void compare(const std::vector<double>& slow, const std::vector<Index>& middle, const std::vector<Index>& limit,
             Index half, Index around, double fs, std::vector<Likeness>& out) {
    const auto n_beats = static_cast<Index>(middle.size());
    const auto n = static_cast<Index>(slow.size());
    const Index step = std::max<Index>(1, to_samples(0.008, fs));
    const Index m = 2 * half / step + 1;
    const double centre = 0.5 * static_cast<double>(m - 1);
    std::vector<double> waves(z(n_beats * m), 0.0);
    std::vector<char> usable(z(n_beats), 0);
    for (Index b = 0; b < n_beats; ++b) {
        const Index first = middle[z(b)] - half;
        if (middle[z(b)] < 0 || first < 0 || middle[z(b)] + half >= n) {
            continue;
        }
        usable[z(b)] = 1;
        double mean = 0;
        double slope = 0;
        double norm = 0;
        double* w = waves.data() + b * m;
        for (Index k = 0; k < m; ++k) {
            const double t = static_cast<double>(k) - centre;
            w[k] = slow[z(std::min(first + k * step, limit[z(b)]))];
            mean += w[k] / static_cast<double>(m);
            slope += t * w[k];
            norm += t * t;
        }
        slope /= std::max(norm, 1.0);
        for (Index k = 0; k < m; ++k) {
            w[k] -= mean + slope * (static_cast<double>(k) - centre);
        }
    }
    out.assign(z(n_beats), {});
    std::vector<double> sum(z(m));
    for (Index b = 0; b < n_beats; ++b) {
        std::fill(sum.begin(), sum.end(), 0.0);
        double energy = 0;
        double count = 0;
        for (Index k = std::max<Index>(0, b - around); k < std::min(n_beats, b + around + 1); ++k) {
            if (usable[z(k)] == 0) {
                continue;
            }
            const double* w = waves.data() + k * m;
            for (Index i = 0; i < m; ++i) {
                sum[z(i)] += w[i];
                energy += w[i] * w[i];
            }
            count += 1;
        }
        if (count < 3 || usable[z(b)] == 0 || !(energy > 0)) {
            continue;
        }
        double total = 0;
        double own = 0;
        double others = 0;
        double both = 0;
        const double* w = waves.data() + b * m;
        for (Index i = 0; i < m; ++i) {
            total += sum[z(i)] * sum[z(i)];
            const double o = (sum[z(i)] - w[i]) / (count - 1);
            own += w[i] * w[i];
            others += o * o;
            both += o * w[i];
        }
        Likeness& like = out[z(b)];
        like.known = true;
        like.coherence = (total - energy) / (energy * (count - 1));
        like.correlation = own > 0 && others > 0 ? both / std::sqrt(own * others) : 0.0;
    }
}

double fisher(double correlation) {
    return std::atanh(std::clamp(correlation, -0.95, 0.95));
}

double logistic(double score) {
    return 1 / (1 + std::exp(-score));
}

/// Probability that the extreme before the QRS is a P wave: logistic, fitted to half of LUDB's patients (lead II).
/// `height` is relative to the QRS. A beat whose wave is unlike the others' (a ventricular one) has none, however alike
/// the others are.
double judge_p(const Likeness& like, double height) {
    const double size = std::log(std::max(height, 1e-3));
    double score = 1.86 * size + 6.88;
    if (like.known) {
        score = std::min(3.88 * fisher(like.coherence) + 0.93 * fisher(like.correlation) + 1.16 * size - 0.55,
                         4.0 * fisher(like.correlation) + 0.5);
    }
    return logistic(score);
}

/// Probability that there is a T wave: seldom none, where the signal is flat or without any likeness.
double judge_t(const Likeness& like, double height) {
    const double size = std::log(std::max(height, 1e-3));
    return logistic((like.known ? 3.0 * fisher(like.coherence) : 1.0) + 1.2 * size + 5.5);
}

/// How far a wave stands out from its lower end.
double height_of(const std::vector<double>& x, const Wave& w) {
    return std::min(std::abs(x[z(w.peak)] - x[z(w.onset)]), std::abs(x[z(w.peak)] - x[z(w.offset)]));
}

bool touches(const std::vector<Stretch>& gaps, Index first, Index last) {
    const auto after =
        std::upper_bound(gaps.begin(), gaps.end(), last, [](Index v, const Stretch& s) { return v < s.first; });
    return after != gaps.begin() && std::prev(after)->last > first;
}

Lead delineate_lead(const MatrixView& ecg, Index channel, std::span<const Index> r_peaks, double fs,
                    const DelineateOptions& options) {
    Lead lead;
    detail::Bridged bridged = detail::bridge(ecg, channel);
    lead.gaps = std::move(bridged.gaps);
    lead.x = std::move(bridged.x);
    const auto n = static_cast<Index>(lead.x.size());
    const auto n_beats = static_cast<Index>(r_peaks.size());
    lead.beats.resize(r_peaks.size());
    lead.wide = detail::zero_phase_bandpass(lead.x, drift_hz, 40.0, fs);
    const std::vector<double> envelope = slope_envelope(lead.wide, fs);
    // Rounding of the filters is not a signal.
    double amplitude = 0;
    for (const double v : lead.x) {
        amplitude = std::max(amplitude, std::abs(v));
    }
    std::vector<double> values;
    for (Index b = 0; b < n_beats; ++b) {
        const Index r = r_peaks[z(b)];
        const Index low = b > 0 ? (r_peaks[z(b - 1)] + r) / 2 : 0;
        const Index high = b + 1 < n_beats ? (r + r_peaks[z(b + 1)] + 1) / 2 : n;
        Beat& beat = lead.beats[z(b)];
        beat.qrs_onset = beat.qrs_offset = r;
        find_qrs(beat, envelope, r, low, high, 1e-9 * amplitude, fs, values);
        beat.there = beat.there && !touches(lead.gaps, beat.qrs_onset, beat.qrs_offset);
    }
    // The signal without the QRS.
    std::vector<double> slow = lead.wide;
    for (const Beat& beat : lead.beats) {
        const double from = slow[z(beat.qrs_onset)];
        const auto length = static_cast<double>(std::max<Index>(1, beat.qrs_offset - beat.qrs_onset));
        const double rise = (slow[z(beat.qrs_offset)] - from) / length;
        for (Index i = beat.qrs_onset + 1; i < beat.qrs_offset; ++i) {
            slow[z(i)] = from + rise * static_cast<double>(i - beat.qrs_onset);
        }
    }
    slow = detail::zero_phase_bandpass(slow, 0.1, slow_high_hz, fs, 1);

    const auto rr_after = [&](Index b) {
        const Index k = b + 1 < n_beats ? b : b - 1;
        return k >= 0 ? static_cast<double>(r_peaks[z(k + 1)] - r_peaks[z(k)]) / fs : 1.0;
    };
    const auto size_of = [&](const Beat& beat, const Wave& wave) {
        const auto [low, high] =
            std::minmax_element(lead.wide.begin() + beat.qrs_onset, lead.wide.begin() + beat.qrs_offset + 1);
        return height_of(slow, wave) / std::max(*high - *low, std::numeric_limits<double>::min());
    };
    std::vector<Extreme> scratch;
    std::vector<Index> middle(z(n_beats), -1);
    std::vector<Index> limit(z(n_beats), n);
    std::vector<Likeness> likeness;
    for (Index b = 0; b < n_beats; ++b) {
        Beat& beat = lead.beats[z(b)];
        const Index next = b + 1 < n_beats ? lead.beats[z(b + 1)].qrs_onset : n;
        if (beat.there) {
            find_t(beat, slow, r_peaks[z(b)], next, rr_after(b), fs, scratch);
        }
        if (beat.t.found() && touches(lead.gaps, beat.t.onset, beat.t.offset)) {
            beat.t = {};
        }
        if (beat.t.found()) {
            middle[z(b)] = beat.t.peak;
        }
    }
    compare(slow, middle, limit, to_samples(t_window_s, fs), options.template_beats, fs, likeness);
    for (Index b = 0; b < n_beats; ++b) {
        Beat& beat = lead.beats[z(b)];
        if (beat.t.found()) {
            beat.t.probability = judge_t(likeness[z(b)], size_of(beat, beat.t));
        }
    }

    const auto find_p_at = [&](Index b, double expected_s) {
        Beat& beat = lead.beats[z(b)];
        beat.p = {};
        if (!beat.there) {
            return;
        }
        Index floor = 0;
        if (b > 0) {
            const Beat& before = lead.beats[z(b - 1)];
            floor = (before.t.found() ? before.t.offset : before.qrs_offset) + 1;
        }
        find_p(beat, slow, floor, rr_after(std::max<Index>(0, b - 1)), fs, expected_s, scratch);
        if (beat.p.found() && touches(lead.gaps, beat.p.onset, beat.p.offset)) {
            beat.p = {};
        }
    };
    for (Index b = 0; b < n_beats; ++b) {
        find_p_at(b, nan);
    }
    // Where the beats around have it, by their median distance from the QRS.
    std::vector<double> expected(z(n_beats), nan);
    std::vector<double> distances;
    for (Index b = 0; b < n_beats; ++b) {
        distances.clear();
        for (Index k = std::max<Index>(0, b - options.template_beats);
             k < std::min(n_beats, b + options.template_beats + 1); ++k) {
            const Beat& beat = lead.beats[z(k)];
            if (beat.p.found()) {
                distances.push_back(static_cast<double>(beat.qrs_onset - beat.p.peak) / fs);
            }
        }
        expected[z(b)] = detail::median_in_place(distances);
    }
    for (Index b = 0; b < n_beats; ++b) {
        find_p_at(b, expected[z(b)]);
        const Beat& beat = lead.beats[z(b)];
        limit[z(b)] = beat.qrs_onset;
        middle[z(b)] =
            beat.there && std::isfinite(expected[z(b)]) ? beat.qrs_onset - to_samples(expected[z(b)], fs) : -1;
    }
    compare(slow, middle, limit, to_samples(p_window_s, fs), options.template_beats, fs, likeness);
    for (Index b = 0; b < n_beats; ++b) {
        Beat& beat = lead.beats[z(b)];
        if (beat.p.found()) {
            beat.p.probability = judge_p(likeness[z(b)], size_of(beat, beat.p));
        }
    }
    return lead;
}

/// Quantile q of whole positions.
Index pick(std::vector<double>& v, double q) {
    return static_cast<Index>(std::lround(detail::quantile_in_place(v, q)));
}

/// One wave from those of several leads: the lower quartile of onsets, the median of peaks, the upper quartile of
/// offsets over the leads that are likely to show it; its probability is the upper quartile over all.
Wave fuse_wave(const std::vector<Lead>& leads, std::size_t b, Wave Beat::* which, double min_probability) {
    if (leads.size() == 1) {
        return leads[0].beats[b].*which;
    }
    std::vector<double> onset;
    std::vector<double> peak;
    std::vector<double> offset;
    std::vector<double> probability;
    for (const Lead& lead : leads) {
        if (!lead.beats[b].there) {
            continue;
        }
        const Wave& w = lead.beats[b].*which;
        probability.push_back(w.probability);
        if (w.found() && w.probability >= min_probability) {
            onset.push_back(static_cast<double>(w.onset));
            peak.push_back(static_cast<double>(w.peak));
            offset.push_back(static_cast<double>(w.offset));
        }
    }
    Wave out;
    if (!probability.empty()) {
        out.probability = detail::quantile_in_place(probability, 0.75);
    }
    if (!peak.empty()) {
        out.onset = pick(onset, 0.25);
        out.peak = pick(peak, 0.5);
        out.offset = pick(offset, 0.75);
    }
    return out;
}

Beat fuse(const std::vector<Lead>& leads, std::size_t b, Index r, const DelineateOptions& options) {
    Beat out;
    std::vector<double> onset;
    std::vector<double> offset;
    for (const Lead& lead : leads) {
        if (lead.beats[b].there) {
            onset.push_back(static_cast<double>(lead.beats[b].qrs_onset));
            offset.push_back(static_cast<double>(lead.beats[b].qrs_offset));
        }
    }
    if (onset.empty()) {
        return out;
    }
    out.there = true;
    out.qrs_onset = pick(onset, 0.25);
    out.qrs_offset = pick(offset, 0.75);
    out.p = fuse_wave(leads, b, &Beat::p, options.min_probability);
    out.t = fuse_wave(leads, b, &Beat::t, options.min_probability);
    const auto drop = [](Wave& w) { w.onset = w.peak = w.offset = -1; };
    const auto ordered = [](const Wave& w) { return w.onset < w.peak && w.peak < w.offset; };
    out.p.offset = std::min(out.p.offset, std::min(out.qrs_onset, r));
    out.t.onset = std::max(out.t.onset, std::max(out.qrs_offset, r));
    if (!ordered(out.p) || out.p.probability < options.min_probability) {
        drop(out.p);
    }
    if (!ordered(out.t) || out.t.probability < options.min_probability) {
        drop(out.t);
    }
    return out;
}

/// Waves of neighbouring beats do not overlap.
void separate(Beat& before, Beat& after) {
    if (!before.t.found()) {
        return;
    }
    if (after.there && before.t.offset >= after.qrs_onset) {
        before.t.offset = after.qrs_onset - 1;
    }
    if (after.p.found() && before.t.offset >= after.p.onset) {
        if (before.t.offset + 1 < after.p.peak) {
            after.p.onset = before.t.offset + 1;
        } else {
            before.t.offset = std::min(before.t.offset, after.p.onset - 1);
        }
    }
    if (before.t.offset <= before.t.peak) {
        before.t.onset = before.t.peak = before.t.offset = -1;
    }
}

double mean_of(const std::vector<double>& x, Index first, Index last) {
    first = std::max<Index>(first, 0);
    last = std::min(last, static_cast<Index>(x.size()));
    double sum = 0;
    for (Index i = first; i < last; ++i) {
        sum += x[z(i)];
    }
    return last > first ? sum / static_cast<double>(last - first) : nan;
}

Delineation allocate(Index n_leads, Index n_beats) {
    Delineation d;
    for (Array<double>* a : {&d.p_onset, &d.p_peak, &d.p_offset, &d.qrs_onset, &d.qrs_offset, &d.t_onset, &d.t_peak,
                             &d.t_offset, &d.p_probability, &d.t_probability, &d.rr_ms, &d.pr_ms, &d.qrs_ms, &d.qt_ms,
                             &d.qtc_bazett_ms, &d.qtc_fridericia_ms, &d.qtc_framingham_ms, &d.qtc_hodges_ms}) {
        *a = Array<double>({n_beats});
        std::fill(a->begin(), a->end(), nan);
    }
    for (Array<double>* a : {&d.p_amplitude, &d.q_amplitude, &d.r_amplitude, &d.s_amplitude, &d.t_amplitude,
                             &d.st_level, &d.st_slope_per_s}) {
        *a = Array<double>({n_leads, n_beats});
        std::fill(a->begin(), a->end(), nan);
    }
    return d;
}

/// Amplitudes of beat `b` of a part in one lead, from the mean level of the 20 ms before the QRS.
void measure_lead(Delineation& out, const Lead& lead, Index channel, Index row, const Beat& beat, std::size_t own,
                  Index r, double fs) {
    if (!beat.there || !lead.beats[own].there) {
        return;
    }
    const double level =
        mean_of(lead.x, std::min(beat.qrs_onset - to_samples(0.02, fs), beat.qrs_onset - 1), beat.qrs_onset);
    if (!std::isfinite(level)) {
        return;
    }
    const auto lowest = [&](Index first, Index last) {
        double v = level;
        for (Index i = first; i <= last; ++i) {
            v = std::min(v, lead.x[z(i)]);
        }
        return v - level;
    };
    double largest = 0;
    for (Index i = beat.qrs_onset; i <= beat.qrs_offset; ++i) {
        const double v = lead.x[z(i)] - level;
        largest = std::abs(v) > std::abs(largest) ? v : largest;
    }
    out.r_amplitude(channel, row) = largest;
    out.q_amplitude(channel, row) = lowest(beat.qrs_onset, std::min(r, beat.qrs_offset));
    out.s_amplitude(channel, row) = lowest(std::max(r, beat.qrs_onset), beat.qrs_offset);
    const Index half = to_samples(0.01, fs);
    const auto wave = [&](const Wave& w) {
        return w.found() && !touches(lead.gaps, w.peak - half, w.peak + half)
                   ? mean_of(lead.x, w.peak - half, w.peak + half + 1) - level
                   : nan;
    };
    out.p_amplitude(channel, row) = wave(beat.p);
    out.t_amplitude(channel, row) = wave(beat.t);
    const auto st = [&](double after_s) {
        const Index at = beat.qrs_offset + to_samples(after_s, fs);
        return touches(lead.gaps, at - half, at + half) ? nan : mean_of(lead.x, at - half, at + half + 1) - level;
    };
    out.st_level(channel, row) = st(0.06);
    out.st_slope_per_s(channel, row) = (st(0.08) - st(0.02)) / 0.06;
}

void measure(Delineation& out, Index row, const Beat& beat, double rr_s, Index first_sample, double fs) {
    const auto at = [&](Index i) { return i < 0 ? nan : static_cast<double>(i + first_sample); };
    const auto ms = [&](double from, double to) { return 1000 * (to - from) / fs; };
    out.p_probability[row] = beat.p.probability;
    out.t_probability[row] = beat.t.probability;
    out.rr_ms[row] = 1000 * rr_s;
    if (!beat.there) {
        return;
    }
    out.p_onset[row] = at(beat.p.onset);
    out.p_peak[row] = at(beat.p.peak);
    out.p_offset[row] = at(beat.p.offset);
    out.qrs_onset[row] = at(beat.qrs_onset);
    out.qrs_offset[row] = at(beat.qrs_offset);
    out.t_onset[row] = at(beat.t.onset);
    out.t_peak[row] = at(beat.t.peak);
    out.t_offset[row] = at(beat.t.offset);
    out.pr_ms[row] = ms(out.p_onset[row], out.qrs_onset[row]);
    out.qrs_ms[row] = ms(out.qrs_onset[row], out.qrs_offset[row]);
    const double qt = ms(out.qrs_onset[row], out.t_offset[row]);
    out.qt_ms[row] = qt;
    out.qtc_bazett_ms[row] = qt / std::sqrt(rr_s);
    out.qtc_fridericia_ms[row] = qt / std::cbrt(rr_s);
    out.qtc_framingham_ms[row] = qt + 154 * (1 - rr_s);
    out.qtc_hodges_ms[row] = qt + 1.75 * (60 / rr_s - 60);
}

/// Beats [first, last) with as many around as the comparison of waves needs: parts bound the memory for long
/// recordings.
void delineate_part(Delineation& out, const MatrixView& ecg, std::span<const Index> r_peaks, Index first, Index last,
                    double fs, const DelineateOptions& options) {
    const auto n_beats = static_cast<Index>(r_peaks.size());
    const Index margin = options.template_beats + 2;
    const Index from = std::max<Index>(0, first - margin);
    const Index to = std::min(n_beats, last + margin);
    const Index start = from > 0 ? r_peaks[z(from - 1)] : 0;
    const Index end = to < n_beats ? r_peaks[z(to)] : ecg.cols();
    std::vector<Index> peaks;
    peaks.reserve(z(to - from));
    for (Index b = from; b < to; ++b) {
        peaks.push_back(r_peaks[z(b)] - start);
    }
    const MatrixView part(ecg.middleCols(start, end - start));
    std::vector<Lead> leads;
    leads.reserve(z(ecg.rows()));
    for (Index c = 0; c < ecg.rows(); ++c) {
        leads.push_back(delineate_lead(part, c, peaks, fs, options));
    }
    std::vector<Beat> beats;
    for (std::size_t k = 0; k < peaks.size(); ++k) {
        beats.push_back(fuse(leads, k, peaks[k], options));
        if (k > 0) {
            separate(beats[k - 1], beats[k]);
        }
    }
    for (Index b = first; b < last; ++b) {
        const std::size_t k = z(b - from);
        const double rr_s = b > 0 ? static_cast<double>(r_peaks[z(b)] - r_peaks[z(b - 1)]) / fs : nan;
        measure(out, b, beats[k], rr_s, start, fs);
        for (Index c = 0; c < ecg.rows(); ++c) {
            measure_lead(out, leads[z(c)], c, b, beats[k], k, peaks[k], fs);
        }
    }
}

}  // namespace

Delineation delineate(const MatrixView& ecg, std::span<const Index> r_peaks, double fs,
                      const DelineateOptions& options) {
    require_sampling_rate("delineate", fs);
    if (fs < 50) {
        throw_invalid("delineate", "a sampling rate of at least 50 Hz", fs);
    }
    require_positions("delineate", r_peaks, ecg.cols());
    if (ecg.rows() == 0) {
        throw_invalid("delineate", "at least one lead", "none");
    }
    if (options.template_beats < 1) {
        throw_invalid("delineate", "template_beats of at least 1", static_cast<double>(options.template_beats));
    }
    const auto n_beats = static_cast<Index>(r_peaks.size());
    Delineation out = allocate(ecg.rows(), n_beats);
    constexpr Index part = 400;
    parallel_for((n_beats + part - 1) / part, [&](Index k) {
        delineate_part(out, ecg, r_peaks, k * part, std::min(n_beats, (k + 1) * part), fs, options);
    });
    return out;
}

}  // namespace biopotential::inline v0::ecg
