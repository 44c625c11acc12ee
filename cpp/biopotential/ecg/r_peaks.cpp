#include "biopotential/ecg/r_peaks.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <span>

#include "biopotential/core/check.hpp"
#include "biopotential/core/clones_internal.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/ecg/fiducial_internal.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"

namespace biopotential::inline v0::ecg {
namespace {

using detail::Candidate;
using detail::Stretch;
using detail::to_samples;

/// Beats are found at about this rate; only their place is sought in all samples.
constexpr double work_hz = 100.0;
/// Heights are judged against the maxima of stretches this long: one beat at 30 a minute.
constexpr double chunk_s = 2.0;
/// ... in this many stretches on either side.
constexpr Index chunks_around = 5;
/// Energy whose median reaches this share of its maxima has no peaks: mains, or nothing.
constexpr double flat_share = 0.75;
/// Noise reaches about half; so does a rhythm above 180 a minute, whose maxima are all about equal.
constexpr double noise_share = 0.47;
constexpr double steady_maxima = 0.8;
constexpr double longest_fast_s = 0.35;
/// A lead's local height is not taken lower than this share of its median over the recording: after a lead falls off,
/// what remains is not an ECG of tiny amplitude.
constexpr double height_floor = 0.12;
/// A lead with more contrast speaks louder, by this power.
constexpr double contrast_power = 6.0;
/// Artefacts count no more than this many beats.
constexpr double tallest = 1.4;
/// Lower maxima are no candidates.
constexpr double least_height = 0.12;
/// The threshold is this many times what lies between the beats, from this on up to the option's.
constexpr double threshold_over_noise = 5.0;
constexpr double lowest_threshold = 0.3;

/// What lies between beats is muscle noise as far as its lower quartile and its second difference (both as shares of
/// the beats' height) are above these, wholly from the second number on.
constexpr std::array<double, 2> noise_range{0.03, 0.08};
constexpr std::array<double, 2> rough_range{0.15, 0.40};
/// In muscle noise the threshold is higher by this, and an early beat in a regular rhythm costs this much for each
/// halving of the interval.
constexpr double rough_threshold = 0.15;
constexpr double regularity = 1.5;
/// A rhythm is regular up to the first and irregular from the second median distance of intervals from their median.
constexpr std::array<double, 2> spread_range{0.05, 0.15};
/// Half length of the QRS that is compared, and how far it may be moved for that.
constexpr double shape_half_s = 0.08;
constexpr double shape_lag_s = 0.04;
/// Beats that share a shape, with half as many before and after; fewer than the least have none.
constexpr std::size_t group_beats = 16;
constexpr std::size_t least_group = 8;
/// Beats without a regular rhythm that are no more alike than this are noise, if this is so for the groups around.
constexpr double least_likeness = 1.4;
constexpr double irregular_spread = 0.12;
constexpr std::size_t groups_around = 12;
/// With less than this between the beats they need not be alike.
constexpr double quiet_noise = 0.08;

/// The fiducial is sought in the first lead unless the beats of another have this many times its weight.
constexpr double lead_switch = 4.0;
/// What a short interval costs at most, besides what lower height adds.
constexpr double short_weight = 3.0;
constexpr double short_lower = 2.0;
/// What less than this share of the sharpness has, so soon after a beat, is its T wave, up to this cost.
constexpr double t_wave_share = 0.45;
constexpr double t_wave_s = 0.36;
constexpr double t_wave_weight = 4.0;
/// A gap above this many local RR intervals starts to cost.
constexpr double long_from = 1.35;
/// Highest gain of one beat: doublings of the threshold.
constexpr double gain_top = 1.6;

/// Energy changes slowly: one value for so many steps.
constexpr Index energy_steps = 2;
/// Long tracks are filtered in blocks of so many steps.
constexpr Index block_steps = 8192;

struct Lead {
    Index step = 1;                    // samples in a step of the tracks below
    double fs = 0;                     // steps in a second
    std::unique_ptr<double[]> memory;  // of the next three, not cleared before use
    std::span<double> low;             // (n_steps,) means of steps, gaps bridged
    std::span<double> band;            // (n_steps,) QRS band
    std::span<double> energy;          // (n_steps / energy_steps,) its RMS over a QRS
    detail::Baseline baseline;
    std::vector<Stretch> gaps;   // samples
    std::vector<double> height;  // (n_chunks,) local height of beats
    std::vector<double> noise;   // (n_chunks,) what lies between them, as a share of it
    std::vector<double> rough;   // (n_chunks,) 0 to 1: how much of that is muscle noise
    std::vector<double> weight;  // (n_chunks,) how far beats stand above the rest; 0 where there is nothing
};

std::size_t z(Index i) {
    return static_cast<std::size_t>(i);
}

/// 0 up to the first, 1 from the second number on, a straight line between; falls if the second is lower.
double rise(double v, const std::array<double, 2>& range) {
    return std::clamp((v - range[0]) / (range[1] - range[0]), 0.0, 1.0);
}

/// Share of [first, last) that lies in gaps.
double missing_share(const std::vector<Stretch>& gaps, Index first, Index last) {
    Index n = 0;
    for (const Stretch& gap : gaps) {
        n += std::max<Index>(0, std::min(gap.last, last) - std::max(gap.first, first));
    }
    return static_cast<double>(n) / static_cast<double>(last - first);
}

/// y[i] = h[half] x[i] + sum_k h[half + k] (x[i - k] + x[i + k]) for n outputs, in groups that stay in the cache.
BIOPOTENTIAL_CLONES void symmetric_fir(const double* h, Index half, const double* x, double* __restrict y, Index n) {
    constexpr Index group = 512;
    for (Index first = 0; first < n; first += group) {
        const Index count = std::min(group, n - first);
        double* __restrict out = y + first;
        const double* in = x + first;
        for (Index i = 0; i < count; ++i) {
            out[i] = h[half] * in[i];
        }
        // Four taps a pass: the outputs are loaded and stored less often.
        Index k = 1;
        for (; k + 4 <= half + 1; k += 4) {
            const double* const w = h + half + k;
            const double w0 = w[0];
            const double w1 = w[1];
            const double w2 = w[2];
            const double w3 = w[3];
            const double* const before = in - k;
            const double* const after = in + k;
            for (Index i = 0; i < count; ++i) {
                out[i] += (w0 * (before[i] + after[i]) + w1 * (before[i - 1] + after[i + 1])) +
                          (w2 * (before[i - 2] + after[i + 2]) + w3 * (before[i - 3] + after[i + 3]));
            }
        }
        for (; k <= half; ++k) {
            const double w = h[half + k];
            for (Index i = 0; i < count; ++i) {
                out[i] += w * (in[i - k] + in[i + k]);
            }
        }
    }
}

/// x convolved with a symmetric h; the ends are held. In blocks that stay in the cache.
void convolve_centred(Samples x, Samples h, std::span<double> y) {
    const auto half = static_cast<Index>(h.size() / 2);
    const auto n = static_cast<Index>(x.size());
    parallel_for((n + block_steps - 1) / block_steps, [&](Index block) {
        const Index first = block * block_steps;
        const Index last = std::min(n, first + block_steps);
        if (first >= half && last + half <= n) {
            symmetric_fir(h.data(), half, x.data() + first, y.data() + first, last - first);
            return;
        }
        std::vector<double> padded(z(last - first + 2 * half));
        for (Index i = 0; i < static_cast<Index>(padded.size()); ++i) {
            padded[z(i)] = x[z(std::clamp<Index>(first - half + i, 0, n - 1))];
        }
        symmetric_fir(h.data(), half, padded.data() + half, y.data() + first, last - first);
    });
}

/// RMS in a moving window of `width` steps, smoothed over `smooth`, every energy_steps.
void energy_of(Samples band, Index width, Index smooth, std::span<double> out) {
    const auto n = static_cast<Index>(band.size());
    // Two moving means are one weighted mean: sums of sums, and their differences.
    const Index a = width / 2;
    const Index b = smooth / 2;
    const Index pad = a + b + 1;
    const double scale = 1 / static_cast<double>((2 * a + 1) * (2 * b + 1));
    constexpr Index values = block_steps / energy_steps;
    const auto n_values = static_cast<Index>(out.size());
    parallel_for((n_values + values - 1) / values, [&](Index block) {
        const Index from = block * values;
        const Index to = std::min(n_values, from + values);
        std::vector<double> sums;
        const Index start = from * energy_steps - pad;
        sums.assign(z((to - from) * energy_steps + 2 * pad + 1), 0.0);
        double first = 0;
        double second = 0;
        for (Index i = 0; i + 1 < static_cast<Index>(sums.size()); ++i) {
            const Index k = start + i;
            first += k >= 0 && k < n ? band[z(k)] * band[z(k)] : 0.0;
            second += first;
            sums[z(i + 1)] = second;
        }
        for (Index k = from; k < to; ++k) {
            const double* at = sums.data() + (k - from) * energy_steps + pad;
            const double v = (at[a + b + 1] - at[a - b]) - (at[b - a] - at[-a - b - 1]);
            out[z(k)] = std::sqrt(std::max(v * scale, 0.0));
        }
    });
}

/// The highest of some values.
double highest(Samples x) {
    double top = x[0];
    for (const double v : x) {
        top = v > top ? v : top;
    }
    return top;
}

BIOPOTENTIAL_CLONES double highest_magnitude(const double* x, Index n) {
    constexpr Index lanes = 8;
    double top[lanes] = {};
    Index i = 0;
    for (; i + lanes <= n; i += lanes) {
        for (Index k = 0; k < lanes; ++k) {
            const double v = std::abs(x[i + k]);
            top[k] = v > top[k] ? v : top[k];
        }
    }
    for (; i < n; ++i) {
        top[0] = std::max(top[0], std::abs(x[i]));
    }
    return *std::max_element(top, top + lanes);
}

/// The value with `rank` smaller ones of n > rank, by counting: for some dozens of values faster than partitioning,
/// whose branches can't be predicted. NaN where that is none.
BIOPOTENTIAL_CLONES double of_rank(const double* x, Index n, Index rank) {
    using Values [[gnu::vector_size(32)]] = double;
    using Counts [[gnu::vector_size(32)]] = long;
    constexpr Index lanes = 4;
    for (Index first = 0; first < n; first += lanes) {
        const Index here = std::min(lanes, n - first);
        Values v = {};
        std::memcpy(&v, x + first, static_cast<std::size_t>(here) * sizeof(double));
        Counts less = {};
        Counts equal = {};
        for (Index k = 0; k < n; ++k) {
            const Values other = {x[k], x[k], x[k], x[k]};
            less -= other < v;  // true is -1
            equal -= other == v;
        }
        for (Index k = 0; k < here; ++k) {
            if (less[k] <= rank && rank < less[k] + equal[k]) {
                return v[k];
            }
        }
    }
    return std::numeric_limits<double>::quiet_NaN();
}

Lead prepare(const MatrixView& ecg, Index channel, double fs, const RPeakOptions& options) {
    Lead lead;
    lead.step = std::max<Index>(1, static_cast<Index>(fs / work_hz));
    lead.fs = fs / static_cast<double>(lead.step);
    const ContiguousRow row(ecg, channel);
    const Index n = (ecg.cols() + lead.step - 1) / lead.step;
    const Index n_energy = (n + energy_steps - 1) / energy_steps;
    lead.memory = std::make_unique_for_overwrite<double[]>(z(2 * n + n_energy));
    lead.low = {lead.memory.get(), z(n)};
    lead.band = {lead.low.data() + n, z(n)};
    lead.energy = {lead.band.data() + n, z(n_energy)};
    detail::block_means(row.samples(), lead.step, lead.low, lead.gaps);
    std::vector<Stretch> holes;
    if (!lead.gaps.empty()) {
        detail::Bridged bridged = detail::bridge(as_row(lead.low), 0);
        std::copy(bridged.x.begin(), bridged.x.end(), lead.low.begin());
        holes = std::move(bridged.gaps);
    }
    convolve_centred(lead.low, detail::band_taps(options.low_hz, options.high_hz, lead.fs), lead.band);
    // The second, short mean leaves one maximum a QRS instead of two.
    energy_of(lead.band, to_samples(options.energy_window_s, lead.fs),
              to_samples(0.4 * options.energy_window_s, lead.fs), lead.energy);
    lead.baseline = detail::baseline_of(lead.low, lead.step, lead.fs);
    const double amplitude = highest_magnitude(lead.low.data(), n);

    const Index chunk = to_samples(chunk_s, lead.fs);
    const Index n_chunks = std::max<Index>(1, n / chunk);
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> top(z(n_chunks), nan);
    std::vector<double> middle(z(n_chunks), nan);
    std::vector<double> quiet(z(n_chunks), nan);   // lower quartile
    std::vector<double> sharp(z(n_chunks), nan);   // median second difference: little but noise has it between beats
    std::vector<double> steady(z(n_chunks), nan);  // lowest maximum of a short block, relative to top
    const Index block = to_samples(longest_fast_s, lead.fs) / energy_steps;
    parallel_for_ranges(n_chunks, 64, [&](Index from, Index to) {
        std::vector<double> part;
        for (Index k = from; k < to; ++k) {
            const Index first = k * chunk;
            const Index last = k + 1 == n_chunks ? n : first + chunk;
            if (missing_share(holes, first, last) > 0.5) {
                continue;
            }
            const Samples energy = Samples(lead.energy)
                                       .subspan(z(first / energy_steps),
                                                z((last + energy_steps - 1) / energy_steps - first / energy_steps));
            double lowest_top = std::numeric_limits<double>::infinity();
            double top_here = 0;
            for (std::size_t at = 0; at < energy.size(); at += z(block)) {
                const double here = highest(energy.subspan(at, std::min(z(block), energy.size() - at)));
                top_here = std::max(top_here, here);
                // What is left at the end is too short to hold a beat.
                lowest_top = at + z(block) <= energy.size() ? std::min(lowest_top, here) : lowest_top;
            }
            top[z(k)] = top_here;
            steady[z(k)] = std::min(lowest_top, top_here) / top_here;
            // Every third value tells the quantiles.
            part.clear();
            for (std::size_t at = 0; at < energy.size(); at += 3) {
                part.push_back(energy[at]);
            }
            auto count = static_cast<Index>(part.size());
            middle[z(k)] = of_rank(part.data(), count, count / 2);
            quiet[z(k)] = of_rank(part.data(), count, count / 4);
            part.clear();
            for (Index i = std::max<Index>(1, first); i + 1 < last; i += 4) {
                part.push_back(std::abs(lead.low[z(i - 1)] - 2 * lead.low[z(i)] + lead.low[z(i + 1)]));
            }
            count = static_cast<Index>(part.size());
            sharp[z(k)] = count > 0 ? of_rank(part.data(), count, count / 2) : nan;
        }
    });
    std::vector<double> part = top;
    const double typical = detail::median_in_place(part);
    // Rounding of the filters is not a signal.
    const double least = std::max(height_floor * typical, 1e-9 * amplitude);
    lead.height.resize(z(n_chunks));
    lead.weight.resize(z(n_chunks));
    lead.noise.resize(z(n_chunks));
    lead.rough.resize(z(n_chunks));
    constexpr auto around = static_cast<std::size_t>(chunks_around);
    const std::vector<double> heights = detail::sliding_medians(top, around);
    const std::vector<double> rests = detail::sliding_medians(middle, around);
    const std::vector<double> evens = detail::sliding_medians(steady, around);
    const std::vector<double> quiets = detail::sliding_medians(quiet, 1);
    const std::vector<double> sharps = detail::sliding_medians(sharp, 1);
    const std::vector<double> betweens = detail::sliding_medians(middle, 1);
    for (std::size_t k = 0; k < z(n_chunks); ++k) {
        const double height = heights[k];
        const bool noise = rests[k] >= noise_share * height && !(evens[k] >= steady_maxima);
        const bool silent = !(height > least) || !(rests[k] < flat_share * height) || noise;
        lead.height[k] = std::isfinite(height) && height > least ? height : least;
        lead.noise[k] = std::isfinite(quiets[k]) ? std::min(1.0, quiets[k] / lead.height[k]) : 0.0;
        const double roughness = sharps[k] / lead.height[k];
        lead.rough[k] =
            std::isfinite(roughness) ? std::min(rise(roughness, rough_range), rise(lead.noise[k], noise_range)) : 0.0;
        const double between = betweens[k] / lead.height[k];
        const double contrast = silent || !std::isfinite(between) ? 0.0 : 1.0 - std::min(between, 0.9);
        lead.weight[k] = std::pow(contrast, contrast_power);
    }
    return lead;
}

/// Value of a per-chunk track at a step, linear between the middles of chunks.
class Track {
  public:
    Track(const std::vector<double>& values, double fs)
        : values_(values), per_step_(1 / static_cast<double>(to_samples(chunk_s, fs))) {}
    [[nodiscard]] double at(Index i) const {
        const double where = static_cast<double>(i) * per_step_ - 0.5;
        const auto last = static_cast<double>(values_.size() - 1);
        const double clamped = std::clamp(where, 0.0, last);
        const auto low = static_cast<std::size_t>(clamped);
        const std::size_t high = std::min(low + 1, values_.size() - 1);
        return values_[low] + (clamped - static_cast<double>(low)) * (values_[high] - values_[low]);
    }

  private:
    const std::vector<double>& values_;
    double per_step_;
};

/// The leads' energies in units of their local beats, averaged by weight. Zero where no lead shows beats.
std::vector<double> fuse(const std::vector<Lead>& leads) {
    const auto n = static_cast<Index>(leads[0].energy.size());
    std::vector<double> fused(z(n), 0.0);
    std::vector<double> total(leads.size() > 1 ? z(n) : 0, 0.0);
    // Height and weight change slowly: one value for 50 ms.
    const Index block = std::max<Index>(1, to_samples(0.05, leads[0].fs) / energy_steps);
    for (const Lead& lead : leads) {
        const Track height(lead.height, lead.fs);
        const Track weight(lead.weight, lead.fs);
        for (Index first = 0; first < n; first += block) {
            const Index last = std::min(n, first + block);
            const Index middle = (first + last) / 2 * energy_steps;
            const double w = weight.at(middle);
            const double h = height.at(middle);
            if (w <= 0 || h <= 0) {
                continue;
            }
            const double scale = 1 / h;
            if (leads.size() == 1) {
                for (Index i = first; i < last; ++i) {
                    fused[z(i)] = std::min(lead.energy[z(i)] * scale, tallest);
                }
                continue;
            }
            for (Index i = first; i < last; ++i) {
                // An artefact in one lead should not outvote the others: bounded, and by the mean of roots, which asks
                // for more than one lead.
                fused[z(i)] += w * std::sqrt(std::min(lead.energy[z(i)] * scale, tallest));
                total[z(i)] += w;
            }
        }
    }
    for (std::size_t i = 0; i < total.size(); ++i) {
        if (total[i] > 0) {
            const double root = fused[i] / total[i];
            fused[i] = root * root;
        }
    }
    return fused;
}

/// Median distance of intervals from their median, as a share of it. Reorders its argument.
double spread_of(std::vector<double>& rr) {
    const double typical = detail::median_in_place(rr);
    for (double& v : rr) {
        v = std::abs(v / typical - 1);
    }
    return detail::median_in_place(rr);
}

struct RhythmAround {
    double rr = 0;       // median interval, steps
    double regular = 0;  // 1 where most intervals are about equal, 0 where they are not
};

/// The rhythm around each candidate, from the beats known so far.
std::vector<RhythmAround> rhythm_around(const std::vector<Candidate>& candidates, const std::vector<Candidate>& beats,
                                        bool with_regularity, double fs) {
    std::vector<RhythmAround> out(candidates.size());
    std::size_t next = 0;
    std::size_t known = beats.size() + 1;
    RhythmAround value;
    // Intervals k, from beat k - 1 to beat k, of up to nine beats before and after.
    std::size_t first = 1;
    std::size_t last = 1;
    detail::SortedWindow window;
    std::vector<double> rr;
    const auto interval = [&](std::size_t k) {
        const auto d = static_cast<double>(beats[k].at - beats[k - 1].at);
        return d < 3 * fs ? d : std::numeric_limits<double>::infinity();  // a pause tells nothing
    };
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        while (next < beats.size() && beats[next].at < candidates[i].at) {
            ++next;
        }
        if (next != known) {
            known = next;
            for (; last < std::min(beats.size(), next + 9); ++last) {
                window.insert(interval(last));
            }
            for (; first + 8 < next; ++first) {
                window.erase(interval(first));
            }
            value = {0.8 * fs, 0};
            if (window.size() >= 2) {
                value.rr = std::clamp(window.median(), 0.25 * fs, 2.0 * fs);
                if (with_regularity && window.size() >= 6) {
                    rr = window.values();
                    value.regular = 1 - rise(spread_of(rr), spread_range);
                }
            }
        }
        out[i] = value;
    }
    return out;
}

/// 0 to 1: how much b, so soon after a, looks like its T wave.
double like_t_wave(const Candidate& a, const Candidate& b, double fs) {
    if (static_cast<double>(b.at - a.at) >= t_wave_s * fs || !(a.sharpness > 0)) {
        return 0;
    }
    return std::clamp(2 * (1 - b.sharpness / (t_wave_share * a.sharpness)), 0.0, 1.0);
}

/// Largest second difference around each candidate, in units of the local height of beats, leads by weight.
void find_sharpness(std::vector<Candidate>& candidates, const std::vector<Lead>& leads) {
    const auto n = static_cast<Index>(leads[0].low.size());
    const Index half = to_samples(0.06, leads[0].fs);
    for (Candidate& c : candidates) {
        double total = 1e-9;
        for (const Lead& lead : leads) {
            const double w = leads.size() > 1 ? Track(lead.weight, lead.fs).at(c.at) : 1.0;
            double top = 0;
            for (Index i = std::max<Index>(1, c.at - half); i < std::min(n - 1, c.at + half + 1); ++i) {
                top = std::max(top, std::abs(lead.low[z(i - 1)] - 2 * lead.low[z(i)] + lead.low[z(i + 1)]));
            }
            c.sharpness += w * top / Track(lead.height, lead.fs).at(c.at);
            total += w;
        }
        c.sharpness /= total;
    }
}

/// Candidates that are beats by height alone.
std::vector<Candidate> tall(const std::vector<Candidate>& candidates, double fs) {
    std::vector<Candidate> beats;
    for (const Candidate& c : candidates) {
        if (c.height > 0.5 && (beats.empty() || (static_cast<double>(c.at - beats.back().at) > 0.25 * fs &&
                                                 like_t_wave(beats.back(), c, fs) < 0.5))) {
            beats.push_back(c);
        }
    }
    return beats;
}

/// Noise between the beats, all leads together.
class Surroundings {
  public:
    explicit Surroundings(const std::vector<Lead>& leads)
        : fs_(leads[0].fs), noise_(leads[0].noise.size()), rough_(noise_.size()) {
        for (std::size_t k = 0; k < noise_.size(); ++k) {
            double total = 1e-9;
            for (const Lead& lead : leads) {
                noise_[k] += lead.weight[k] * lead.noise[k];
                rough_[k] += lead.weight[k] * lead.rough[k];
                total += lead.weight[k];
            }
            noise_[k] /= total;
            rough_[k] /= total;
            roughest_ = std::max(roughest_, rough_[k]);
        }
    }
    [[nodiscard]] double noise_at(Index i) const { return Track(noise_, fs_).at(i); }
    [[nodiscard]] double rough_at(Index i) const { return Track(rough_, fs_).at(i); }
    [[nodiscard]] double roughest() const { return roughest_; }

  private:
    double fs_;
    std::vector<double> noise_;
    std::vector<double> rough_;
    double roughest_ = 0;
};

/// What a candidate of this height gains as a beat: positive above the threshold, bounded both ways.
double gain(double height, double threshold) {
    return std::clamp(std::log2(std::max(height, 1e-6) / threshold), -4.0, gain_top);
}

/// What two beats in a row cost: an interval that is too short (a T wave, mostly), or one that hides a beat.
double cost(const Candidate& a, const Candidate& b, double rr_steps, double fs, const RPeakOptions& options) {
    const double s = static_cast<double>(b.at - a.at) / fs;
    const double rr = rr_steps / fs;
    const double early = std::min(0.36, 0.55 * rr);
    const double t_wave = t_wave_weight * like_t_wave(a, b, fs);
    if (s < early) {
        const double lower = std::min(a.height, b.height) / std::max(a.height, b.height);
        return short_weight * (early - s) / early * (1.0 + short_lower * (1.0 - lower)) + t_wave;
    }
    const double longer = s / (long_from * rr);
    if (longer > 1) {
        return options.missed_weight * std::min(std::log2(longer) / std::log2(2 / long_from), 3.0) + t_wave;
    }
    return t_wave;
}

std::vector<Candidate> best_path(const std::vector<Candidate>& candidates, const std::vector<Candidate>& known,
                                 const Surroundings& around, double fs, const RPeakOptions& options) {
    const std::vector<RhythmAround> rhythm = rhythm_around(candidates, known, around.roughest() > 0, fs);
    std::vector<double> threshold(candidates.size());
    std::vector<double> regular(candidates.size());
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const double noise = around.noise_at(candidates[i].at);
        const double share = around.rough_at(candidates[i].at);
        threshold[i] =
            std::clamp(threshold_over_noise * noise, std::min(lowest_threshold, options.threshold), options.threshold) +
            rough_threshold * share;
        regular[i] = regularity * share * rhythm[i].regular;
    }
    const std::size_t n = candidates.size();
    constexpr std::size_t look_back = 24;
    std::vector<double> best(n);
    std::vector<std::ptrdiff_t> from(n, -1);
    const double refractory = options.refractory_s * fs;
    for (std::size_t i = 0; i < n; ++i) {
        double top = 0.0;  // the first beat
        // Far back, nothing is known of the rhythm: a pause costs no more than the longest that is looked at.
        for (std::size_t back = 1; back <= look_back && back <= i; ++back) {
            const std::size_t j = i - back;
            const auto apart = static_cast<double>(candidates[i].at - candidates[j].at);
            if (apart < refractory) {
                continue;
            }
            if (apart > 5 * rhythm[i].rr && from[i] >= 0) {
                break;
            }
            const double typical = 0.5 * (rhythm[i].rr + rhythm[j].rr);
            double value = best[j] - cost(candidates[j], candidates[i], typical, fs, options);
            if (regular[i] > 0 && apart < typical) {
                value -= regular[i] * std::log2(typical / apart);
            }
            if (value > top || from[i] < 0) {
                top = value;
                from[i] = static_cast<std::ptrdiff_t>(j);
            }
        }
        best[i] = top + gain(candidates[i].height, threshold[i]);
    }
    std::vector<Candidate> path;
    if (n == 0) {
        return path;
    }
    // The last beat: the best end among the candidates of the last seconds, so that a late one is not lost.
    std::size_t end = n - 1;
    for (std::size_t back = 1; back <= look_back && back < n; ++back) {
        if (best[n - 1 - back] > best[end]) {
            end = n - 1 - back;
        }
    }
    for (auto i = static_cast<std::ptrdiff_t>(end); i >= 0; i = from[z(i)]) {
        if (candidates[z(i)].height >= 0.5 * threshold[z(i)]) {
            path.push_back(candidates[z(i)]);
        }
    }
    std::reverse(path.begin(), path.end());
    return path;
}

/// Divide heights by the median of the beats around, and find the beats again: where the amplitude of beats changes
/// faster than the first estimate of height follows.
void rescale(std::vector<Candidate>& candidates, const std::vector<Candidate>& beats) {
    if (beats.size() < 5) {
        return;
    }
    constexpr std::size_t reach = 6;
    std::size_t next = 0;
    std::size_t known = beats.size() + 1;
    double level = 1;
    detail::SortedWindow before;
    detail::SortedWindow after;
    std::size_t end = 0;  // of the window after
    for (Candidate& c : candidates) {
        while (next < beats.size() && beats[next].at < c.at) {
            // A beat moves from the one window to the other.
            before.insert(beats[next].height);
            if (next >= reach) {
                before.erase(beats[next - reach].height);
            }
            if (next < end) {
                after.erase(beats[next].height);
            } else {
                end = next + 1;
            }
            ++next;
        }
        if (next != known) {
            known = next;
            for (; end < std::min(beats.size(), next + reach); ++end) {
                after.insert(beats[end].height);
            }
            const detail::SortedWindow& earlier = before.size() < 3 ? after : before;
            const detail::SortedWindow& later = after.size() < 3 ? earlier : after;
            level = std::clamp(std::sqrt(earlier.median() * later.median()), 0.4, 1.6);
        }
        c.height /= level;
    }
}

/// The mean QRS of a group of beats in one lead's band.
struct Shape {
    std::vector<double> mean;  // (2 half + 1,)
    double norm = 0;           // its energy
    double likeness = 0;       // that energy over what is left in the beats: noise alone has about 0.8
};

double project(const Lead& lead, const Shape& shape, Index start) {
    double p = 0;
    for (std::size_t k = 0; k < shape.mean.size(); ++k) {
        p += lead.band[z(start) + k] * shape.mean[k];
    }
    return p;
}

/// Beats [from, to), aligned to their mean twice.
Shape shape_of(const Lead& lead, const std::vector<Candidate>& beats, std::size_t from, std::size_t to) {
    const auto n = static_cast<Index>(lead.band.size());
    const Index half = to_samples(shape_half_s, lead.fs);
    const Index lag = to_samples(shape_lag_s, lead.fs);
    Shape shape;
    shape.mean.assign(z(2 * half + 1), 0.0);
    std::vector<double> sum(shape.mean.size());
    for (int round = 0; round < 3; ++round) {
        std::fill(sum.begin(), sum.end(), 0.0);
        double count = 0;
        double energy = 0;
        for (std::size_t b = from; b < to; ++b) {
            Index best = beats[b].at - half;
            if (best - lag < 0 || best + lag + 2 * half >= n) {
                continue;
            }
            double top = -std::numeric_limits<double>::infinity();
            for (Index start = beats[b].at - half - lag; round > 0 && start <= beats[b].at - half + lag; ++start) {
                const double p = project(lead, shape, start);
                if (p > top) {
                    top = p;
                    best = start;
                }
            }
            for (std::size_t k = 0; k < sum.size(); ++k) {
                const double v = lead.band[z(best) + k];
                sum[k] += v;
                energy += v * v;
            }
            count += 1;
        }
        shape.norm = 0;
        for (std::size_t k = 0; k < sum.size(); ++k) {
            shape.mean[k] = count > 0 ? sum[k] / count : 0.0;
            shape.norm += shape.mean[k] * shape.mean[k];
        }
        shape.likeness = count > 0 ? shape.norm / std::max(energy / count - shape.norm, 0.01 * shape.norm) : 0.0;
    }
    return shape;
}

/// A group of beats, the stretch of steps that is theirs, and the wider group that gives their shape.
struct Group {
    std::size_t first, last;
    std::size_t from, to;
    Index begin, end;
};

std::vector<Group> groups_of(const std::vector<Candidate>& beats, Index n) {
    std::vector<Group> out;
    for (std::size_t first = 0; first < beats.size(); first += group_beats) {
        const std::size_t last = std::min(beats.size(), first + group_beats);
        out.push_back({first, last, first > group_beats / 2 ? first - group_beats / 2 : 0,
                       std::min(beats.size(), last + group_beats / 2),
                       first > 0 ? (beats[first - 1].at + beats[first].at) / 2 : 0,
                       last < beats.size() ? (beats[last - 1].at + beats[last].at) / 2 : n});
    }
    return out;
}

/// Where there is muscle noise between the beats, heights become those of a filter matched to the beats around.
void match_shape(std::vector<Candidate>& candidates, const std::vector<Candidate>& beats,
                 const std::vector<Lead>& leads, const Surroundings& around) {
    const auto n = static_cast<Index>(leads[0].band.size());
    const Index half = to_samples(shape_half_s, leads[0].fs);
    const Index lag = to_samples(shape_lag_s, leads[0].fs);
    std::size_t next = 0;
    std::vector<double> matched;
    for (const Group& g : groups_of(beats, n)) {
        double roughest = 0;
        for (std::size_t b = g.first; b < g.last; ++b) {
            roughest = std::max(roughest, around.rough_at(beats[b].at));
        }
        if (roughest <= 0 || g.to - g.from < least_group) {
            continue;
        }
        matched.assign(z(g.end - g.begin), 0.0);
        double total = 0;
        for (const Lead& lead : leads) {
            const Shape shape = shape_of(lead, beats, g.from, g.to);
            if (!(shape.norm > 0)) {
                continue;
            }
            // A lead counts by how much of its beats is common to them.
            total += shape.likeness;
            for (Index i = std::max(g.begin, half); i < std::min(g.end, n - half); ++i) {
                matched[z(i - g.begin)] += shape.likeness / shape.norm * project(lead, shape, i - half);
            }
        }
        if (!(total > 0)) {
            continue;
        }
        while (next < candidates.size() && candidates[next].at < g.begin) {
            ++next;
        }
        for (; next < candidates.size() && candidates[next].at < g.end; ++next) {
            Candidate& c = candidates[next];
            const double share = around.rough_at(c.at);
            if (share > 0) {
                const auto here = matched.begin() + (c.at - g.begin);
                const double top =
                    *std::max_element(here - std::min(lag, c.at - g.begin), here + std::min(lag + 1, g.end - c.at));
                c.height *= std::pow(std::clamp(top / total, 0.02, 2.0) / std::clamp(c.height, 0.02, 2.0), share);
            }
        }
    }
}

/// Without beats that are no more alike than noise is, for minutes.
std::vector<Candidate> alike(const std::vector<Candidate>& beats, const std::vector<Lead>& leads,
                             const Surroundings& around) {
    const std::vector<Group> groups = groups_of(beats, static_cast<Index>(leads[0].band.size()));
    std::vector<double> likeness(groups.size(), 0.0);
    std::vector<double> rr;
    for (std::size_t k = 0; k < groups.size(); ++k) {
        const Group& g = groups[k];
        double noise = 0;
        for (std::size_t b = g.first; b < g.last; ++b) {
            noise = std::max(noise, around.noise_at(beats[b].at));
        }
        rr.clear();
        for (std::size_t b = g.from + 1; b < g.to; ++b) {
            rr.push_back(static_cast<double>(beats[b].at - beats[b - 1].at));
        }
        if (noise < quiet_noise || g.to - g.from < least_group || spread_of(rr) < irregular_spread) {
            likeness[k] = 2 * least_likeness;
            continue;
        }
        for (const Lead& lead : leads) {
            likeness[k] = std::max(likeness[k], shape_of(lead, beats, g.from, g.to).likeness);
        }
    }
    std::vector<Candidate> out;
    std::vector<double> near;
    for (std::size_t k = 0; k < groups.size(); ++k) {
        near.assign(likeness.begin() + static_cast<std::ptrdiff_t>(k > groups_around ? k - groups_around : 0),
                    likeness.begin() + static_cast<std::ptrdiff_t>(std::min(groups.size(), k + groups_around + 1)));
        if (detail::quantile_in_place(near, 0.75) >= least_likeness) {
            out.insert(out.end(), beats.begin() + static_cast<std::ptrdiff_t>(groups[k].first),
                       beats.begin() + static_cast<std::ptrdiff_t>(groups[k].last));
        }
    }
    return out;
}

/// The lead in which the fiducial is sought: where beats stand out and this one does too, the first of about equals.
std::size_t leading(const std::vector<Lead>& leads, Index at) {
    std::size_t best = 0;
    double top = -1;
    for (std::size_t k = 0; k < leads.size(); ++k) {
        const double height = Track(leads[k].height, leads[k].fs).at(at);
        const double here = std::min(leads[k].energy[z(at / energy_steps)] / height, 1.0);
        const double w = Track(leads[k].weight, leads[k].fs).at(at) * here * here;
        if (w > top * lead_switch || top < 0) {
            best = k;
            top = w;
        }
    }
    return best;
}

/// Positions of the largest deflections.
std::vector<Index> locate(const std::vector<Candidate>& beats, const MatrixView& ecg, const std::vector<Lead>& leads,
                          double fs, const RPeakOptions& options) {
    const Index n = ecg.cols();
    const Index before = to_samples(options.locate_before_s, fs);
    const Index after = to_samples(options.locate_after_s, fs);
    std::vector<ContiguousRow> rows;
    rows.reserve(leads.size());
    for (std::size_t k = 0; k < leads.size(); ++k) {
        rows.emplace_back(ecg, static_cast<Index>(k));
    }
    std::vector<detail::Deflections> found;
    for (const Candidate& c : beats) {
        const Index middle = std::min(n - 1, c.at * leads[0].step + leads[0].step / 2);
        std::size_t lead = leading(leads, c.at);
        if (detail::inside(leads[lead].gaps, middle)) {
            for (std::size_t k = 0; k < leads.size(); ++k) {
                if (!detail::inside(leads[k].gaps, middle)) {
                    lead = k;
                    break;
                }
            }
        }
        detail::Deflections d =
            detail::deflections(rows[lead].samples(), leads[lead].baseline, leads[lead].gaps, fs,
                                std::max<Index>(0, middle - before), std::min(n, middle + after + 1));
        if (d.high >= 0 && !detail::inside(leads[lead].gaps, middle)) {
            d.lead = lead;
            found.push_back(d);
        }
    }
    return detail::choose_direction(found);
}

}  // namespace

std::vector<Index> find_r_peaks(const MatrixView& ecg, double fs, const RPeakOptions& options) {
    detail::require_rate("find_r_peaks", fs);
    const Index n = ecg.cols();
    if (ecg.rows() == 0 || static_cast<double>(n) < 0.5 * fs) {
        return {};
    }
    std::vector<Lead> leads(z(ecg.rows()));
    parallel_for(ecg.rows(), [&](Index c) { leads[z(c)] = prepare(ecg, c, fs, options); });
    const double work_fs = leads[0].fs;
    const std::vector<double> energy = fuse(leads);
    std::vector<Candidate> candidates =
        detail::find_candidates(energy, to_samples(0.6 * options.refractory_s, work_fs) / energy_steps, least_height);
    for (Candidate& c : candidates) {
        c.at *= energy_steps;
    }
    find_sharpness(candidates, leads);
    const Surroundings around(leads);
    std::vector<Candidate> beats = best_path(candidates, tall(candidates, work_fs), around, work_fs, options);
    rescale(candidates, beats);
    if (around.roughest() > 0) {
        match_shape(candidates, beats, leads, around);
    }
    beats = alike(best_path(candidates, beats, around, work_fs, options), leads, around);

    return detail::keep_apart(locate(beats, ecg, leads, fs, options), to_samples(0.8 * options.refractory_s, fs));
}

}  // namespace biopotential::inline v0::ecg
