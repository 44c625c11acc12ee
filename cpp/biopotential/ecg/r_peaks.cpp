#include "biopotential/ecg/r_peaks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"

namespace biopotential::inline v0::ecg {
namespace {

using detail::Stretch;
using detail::to_samples;

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
constexpr double contrast_power = 12.0;
/// Artefacts count no more than this many beats.
constexpr double tallest = 2.0;
/// Lower edge of the band in which the fiducial is sought: a sharp deflection before a slow one.
constexpr double locate_low_hz = 3.0;
/// The fiducial is sought in the first lead unless the beats of another have this many times its weight.
constexpr double lead_switch = 4.0;
/// How far the direction of the beats around decides between up and down (logarithm of their ratio).
constexpr double lean_around = 0.4;
/// ... and how far upward is preferred where the two are about equal.
constexpr double lean_up = 0.1;
/// What a short interval costs at most, besides what lower height adds.
constexpr double short_weight = 3.0;
constexpr double short_lower = 2.0;
/// A gap above this many local RR intervals starts to cost.
constexpr double long_from = 1.35;
/// Highest gain of one beat: doublings of the threshold.
constexpr double gain_top = 1.6;

struct Lead {
    std::vector<double> energy;   // (n_samples,) divided by the local height of beats
    std::vector<double> located;  // (n_samples,) baseline removed, for the fiducial
    std::vector<Stretch> gaps;
    std::vector<double> height;  // (n_chunks,) local height of beats
    std::vector<double> weight;  // (n_chunks,) how far beats stand above the rest; 0 where there is nothing
};

struct Candidate {
    Index at = 0;
    double height = 0;  // energy; 1 is the height of the beats around
};

/// Share of [first, last) that lies in gaps.
double missing_share(const std::vector<Stretch>& gaps, Index first, Index last) {
    Index n = 0;
    for (const Stretch& gap : gaps) {
        n += std::max<Index>(0, std::min(gap.last, last) - std::max(gap.first, first));
    }
    return static_cast<double>(n) / static_cast<double>(last - first);
}

Lead prepare(const MatrixView& ecg, Index channel, double fs, const RPeakOptions& options) {
    Lead lead;
    detail::Bridged bridged = detail::bridge(ecg, channel);
    lead.gaps = std::move(bridged.gaps);
    const auto n = static_cast<Index>(bridged.x.size());
    std::vector<double> y = detail::zero_phase_bandpass(bridged.x, options.low_hz, options.high_hz, fs);
    for (double& v : y) {
        v *= v;
    }
    lead.energy = detail::moving_mean(y, to_samples(options.energy_window_s, fs));
    // A second, short mean leaves one maximum a QRS instead of two.
    lead.energy = detail::moving_mean(lead.energy, to_samples(0.4 * options.energy_window_s, fs));
    for (double& v : lead.energy) {
        v = std::sqrt(std::max(v, 0.0));
    }
    lead.located = detail::zero_phase_bandpass(bridged.x, locate_low_hz, 45.0, fs, 1);

    const Index chunk = to_samples(chunk_s, fs);
    const Index n_chunks = std::max<Index>(1, n / chunk);
    double amplitude = 0;
    for (const double v : bridged.x) {
        amplitude = std::max(amplitude, std::abs(v));
    }
    std::vector<double> top(static_cast<std::size_t>(n_chunks));
    std::vector<double> middle(static_cast<std::size_t>(n_chunks));
    std::vector<double> steady(static_cast<std::size_t>(n_chunks));  // lowest maximum of a short block, relative to top
    const Index block = to_samples(longest_fast_s, fs);
    std::vector<double> part;
    for (Index k = 0; k < n_chunks; ++k) {
        const Index first = k * chunk;
        const Index last = k + 1 == n_chunks ? n : first + chunk;
        if (missing_share(lead.gaps, first, last) > 0.5) {
            top[static_cast<std::size_t>(k)] = middle[static_cast<std::size_t>(k)] =
                steady[static_cast<std::size_t>(k)] = std::numeric_limits<double>::quiet_NaN();
            continue;
        }
        part.assign(lead.energy.begin() + first, lead.energy.begin() + last);
        top[static_cast<std::size_t>(k)] = *std::max_element(part.begin(), part.end());
        double lowest = top[static_cast<std::size_t>(k)];
        for (auto at = part.begin(); part.end() - at >= block; at += block) {
            lowest = std::min(lowest, *std::max_element(at, at + block));
        }
        steady[static_cast<std::size_t>(k)] = lowest / top[static_cast<std::size_t>(k)];
        middle[static_cast<std::size_t>(k)] = detail::median_in_place(part);
    }
    part = top;
    const double typical = detail::median_in_place(part);
    // Rounding of the filters is not a signal.
    const double least = std::max(height_floor * typical, 1e-9 * amplitude);
    lead.height.resize(static_cast<std::size_t>(n_chunks));
    lead.weight.resize(static_cast<std::size_t>(n_chunks));
    std::vector<double> background;
    for (Index k = 0; k < n_chunks; ++k) {
        const Index first = std::max<Index>(0, k - chunks_around);
        const Index last = std::min(n_chunks, k + chunks_around + 1);
        part.assign(top.begin() + first, top.begin() + last);
        background.assign(middle.begin() + first, middle.begin() + last);
        const double height = detail::median_in_place(part);
        const double rest = detail::median_in_place(background);
        part.assign(steady.begin() + first, steady.begin() + last);
        const bool noise = rest >= noise_share * height && !(detail::median_in_place(part) >= steady_maxima);
        const bool silent = !(height > least) || !(rest < flat_share * height) || noise;
        lead.height[static_cast<std::size_t>(k)] = std::isfinite(height) && height > least ? height : least;
        const double contrast = silent ? 0.0 : 1.0 - rest / height;
        lead.weight[static_cast<std::size_t>(k)] = std::pow(contrast, contrast_power);
    }
    return lead;
}

/// Value of a per-chunk track at a sample, linear between the middles of chunks.
class Track {
  public:
    Track(const std::vector<double>& values, double fs)
        : values_(values), chunk_(static_cast<double>(to_samples(chunk_s, fs))) {}
    [[nodiscard]] double at(Index i) const {
        const double where = static_cast<double>(i) / chunk_ - 0.5;
        const auto last = static_cast<double>(values_.size() - 1);
        const double clamped = std::clamp(where, 0.0, last);
        const auto low = static_cast<std::size_t>(clamped);
        const std::size_t high = std::min(low + 1, values_.size() - 1);
        return values_[low] + (clamped - static_cast<double>(low)) * (values_[high] - values_[low]);
    }

  private:
    const std::vector<double>& values_;
    double chunk_;
};

/// The leads' energies in units of their local beats, averaged by weight. Zero where no lead shows beats.
std::vector<double> fuse(const std::vector<Lead>& leads, Index n, double fs) {
    std::vector<double> fused(static_cast<std::size_t>(n), 0.0);
    std::vector<double> total(static_cast<std::size_t>(n), 0.0);
    for (const Lead& lead : leads) {
        const Track height(lead.height, fs);
        const Track weight(lead.weight, fs);
        // Height and weight change slowly: one value for 50 ms.
        const Index block = to_samples(0.05, fs);
        for (Index first = 0; first < n; first += block) {
            const Index last = std::min(n, first + block);
            const double w = weight.at((first + last) / 2);
            const double h = height.at((first + last) / 2);
            if (w <= 0 || h <= 0) {
                continue;
            }
            for (Index i = first; i < last; ++i) {
                // An artefact in one lead should not outvote the others.
                fused[static_cast<std::size_t>(i)] +=
                    w * std::min(lead.energy[static_cast<std::size_t>(i)] / h, tallest);
                total[static_cast<std::size_t>(i)] += w;
            }
        }
    }
    for (Index i = 0; i < n; ++i) {
        if (total[static_cast<std::size_t>(i)] > 0) {
            fused[static_cast<std::size_t>(i)] /= total[static_cast<std::size_t>(i)];
        }
    }
    return fused;
}

/// Maxima of the energy, the higher one where two are nearer than `apart`.
std::vector<Candidate> find_candidates(const std::vector<double>& energy, Index apart, double least) {
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
                out.back() = {i, v};
            }
            continue;
        }
        out.push_back({i, v});
    }
    return out;
}

/// Median RR interval (samples) around each candidate, from the candidates that are beats by height alone.
std::vector<double> local_rr(const std::vector<Candidate>& candidates, double fs) {
    std::vector<Index> beats;
    for (const Candidate& c : candidates) {
        if (c.height > 0.5 && (beats.empty() || static_cast<double>(c.at - beats.back()) > 0.25 * fs)) {
            beats.push_back(c.at);
        }
    }
    std::vector<double> out(candidates.size(), 0.8 * fs);
    std::size_t next = 0;
    std::vector<double> rr;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        while (next < beats.size() && beats[next] < candidates[i].at) {
            ++next;
        }
        rr.clear();
        const std::size_t first = next > 9 ? next - 9 : 0;
        const std::size_t last = std::min(beats.size(), next + 9);
        for (std::size_t k = first + 1; k < last; ++k) {
            const auto d = static_cast<double>(beats[k] - beats[k - 1]);
            if (d < 3 * fs) {
                rr.push_back(d);
            }
        }
        if (rr.size() >= 2) {
            out[i] = std::clamp(detail::median_in_place(rr), 0.25 * fs, 2.0 * fs);
        }
    }
    return out;
}

/// What a candidate of this height gains as a beat: positive above the threshold, bounded both ways.
double gain(double height, double threshold) {
    return std::clamp(std::log2(std::max(height, 1e-6) / threshold), -4.0, gain_top);
}

/// What two beats in a row cost: an interval that is too short (a T wave, mostly), or one that hides a beat.
double cost(const Candidate& a, const Candidate& b, double rr_samples, double fs, const RPeakOptions& options) {
    const double s = static_cast<double>(b.at - a.at) / fs;
    const double rr = rr_samples / fs;
    double c = 0;
    const double early = std::min(0.36, 0.55 * rr);
    if (s < early) {
        const double lower = std::min(a.height, b.height) / std::max(a.height, b.height);
        c += short_weight * (early - s) / early * (1.0 + short_lower * (1.0 - lower));
    }
    const double longer = s / (long_from * rr);
    if (longer > 1) {
        c += options.missed_weight * std::min(std::log2(longer) / std::log2(2 / long_from), 3.0);
    }
    return c;
}

std::vector<Candidate> best_path(const std::vector<Candidate>& candidates, const std::vector<double>& rr, double fs,
                                 const RPeakOptions& options) {
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
            if (static_cast<double>(candidates[i].at - candidates[j].at) < refractory) {
                continue;
            }
            const double value = best[j] - cost(candidates[j], candidates[i], 0.5 * (rr[i] + rr[j]), fs, options);
            if (value > top || from[i] < 0) {
                top = value;
                from[i] = static_cast<std::ptrdiff_t>(j);
            }
        }
        best[i] = top + gain(candidates[i].height, options.threshold);
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
    for (auto i = static_cast<std::ptrdiff_t>(end); i >= 0; i = from[static_cast<std::size_t>(i)]) {
        path.push_back(candidates[static_cast<std::size_t>(i)]);
    }
    std::reverse(path.begin(), path.end());
    std::erase_if(path, [&](const Candidate& c) { return c.height < 0.5 * options.threshold; });
    return path;
}

/// Divide heights by the median of the beats around, and find the beats again: where the amplitude of beats changes
/// faster than the first estimate of height follows.
void rescale(std::vector<Candidate>& candidates, const std::vector<Candidate>& beats) {
    if (beats.size() < 5) {
        return;
    }
    std::size_t next = 0;
    std::vector<double> before;
    std::vector<double> after;
    for (Candidate& c : candidates) {
        while (next < beats.size() && beats[next].at < c.at) {
            ++next;
        }
        before.clear();
        after.clear();
        for (std::size_t k = next > 6 ? next - 6 : 0; k < next; ++k) {
            before.push_back(beats[k].height);
        }
        for (std::size_t k = next; k < std::min(beats.size(), next + 6); ++k) {
            after.push_back(beats[k].height);
        }
        if (before.size() < 3) {
            before = after;
        }
        if (after.size() < 3) {
            after = before;
        }
        const double level = std::sqrt(detail::median_in_place(before) * detail::median_in_place(after));
        c.height /= std::clamp(level, 0.4, 1.6);
    }
}

/// The lead in which the fiducial is sought: where beats stand out and this one does too, the first of about equals.
std::size_t leading(const std::vector<Lead>& leads, Index at, double fs) {
    std::size_t best = 0;
    double top = -1;
    for (std::size_t k = 0; k < leads.size(); ++k) {
        const double height = Track(leads[k].height, fs).at(at);
        const double here = std::min(leads[k].energy[static_cast<std::size_t>(at)] / height, 1.0);
        const double w = Track(leads[k].weight, fs).at(at) * here * here;
        if (w > top * lead_switch || top < 0) {
            best = k;
            top = w;
        }
    }
    return best;
}

bool inside(const std::vector<Stretch>& gaps, Index i) {
    const auto after =
        std::upper_bound(gaps.begin(), gaps.end(), i, [](Index v, const Stretch& s) { return v < s.first; });
    return after != gaps.begin() && i < std::prev(after)->last;
}

struct Extremes {
    Index high = -1;
    Index low = -1;
};

Extremes extremes(const Lead& lead, Index first, Index last) {
    Extremes out;
    for (Index i = first; i < last; ++i) {
        if (inside(lead.gaps, i)) {
            continue;
        }
        const double v = lead.located[static_cast<std::size_t>(i)];
        if (out.high < 0 || v > lead.located[static_cast<std::size_t>(out.high)]) {
            out.high = i;
        }
        if (out.low < 0 || v < lead.located[static_cast<std::size_t>(out.low)]) {
            out.low = i;
        }
    }
    return out;
}

/// Positions of the largest deflections. Where up and down are about equal, the direction of the beats around decides,
/// so that the fiducial does not jump between R and S.
std::vector<Index> locate(const std::vector<Candidate>& beats, const std::vector<Lead>& leads, Index n, double fs,
                          const RPeakOptions& options) {
    const Index before = to_samples(options.locate_before_s, fs);
    const Index after = to_samples(options.locate_after_s, fs);
    struct Found {
        Extremes where;
        std::size_t lead;
        double lean;  // log of up / down
    };
    std::vector<Found> found;
    for (const Candidate& c : beats) {
        std::size_t lead = leading(leads, c.at, fs);
        if (inside(leads[lead].gaps, c.at)) {
            for (std::size_t k = 0; k < leads.size(); ++k) {
                if (!inside(leads[k].gaps, c.at)) {
                    lead = k;
                    break;
                }
            }
        }
        const Extremes e = extremes(leads[lead], std::max<Index>(0, c.at - before), std::min(n, c.at + after + 1));
        if (e.high < 0 || inside(leads[lead].gaps, c.at)) {
            continue;
        }
        const double up = std::max(leads[lead].located[static_cast<std::size_t>(e.high)], 1e-12);
        const double down = std::max(-leads[lead].located[static_cast<std::size_t>(e.low)], 1e-12);
        found.push_back({e, lead, std::log(up / down)});
    }
    std::vector<Index> out;
    std::vector<double> leans;
    const auto count = static_cast<Index>(found.size());
    for (Index i = 0; i < count; ++i) {
        leans.clear();
        const Found& f = found[static_cast<std::size_t>(i)];
        for (Index k = std::max<Index>(0, i - 12); k < std::min(count, i + 13); ++k) {
            if (found[static_cast<std::size_t>(k)].lead == f.lead) {
                leans.push_back(std::clamp(found[static_cast<std::size_t>(k)].lean, -1.0, 1.0));
            }
        }
        const double around = detail::median_in_place(leans);
        const double lean = f.lean + lean_up + lean_around * std::clamp(around, -0.5, 0.5) / 0.5;
        out.push_back(lean >= 0 ? f.where.high : f.where.low);
    }
    return out;
}

void require_rate(const char* function, double fs) {
    require_sampling_rate(function, fs);
    if (fs < 50) {
        throw_invalid(function, "a sampling rate of at least 50 Hz", fs);
    }
}

}  // namespace

std::vector<Index> find_r_peaks(const MatrixView& ecg, double fs, const RPeakOptions& options) {
    require_rate("find_r_peaks", fs);
    const Index n = ecg.cols();
    if (ecg.rows() == 0 || static_cast<double>(n) < 0.5 * fs) {
        return {};
    }
    std::vector<Lead> leads(static_cast<std::size_t>(ecg.rows()));
    parallel_for(ecg.rows(), [&](Index c) { leads[static_cast<std::size_t>(c)] = prepare(ecg, c, fs, options); });
    const std::vector<double> energy = fuse(leads, n, fs);
    std::vector<Candidate> candidates = find_candidates(energy, to_samples(0.6 * options.refractory_s, fs), 0.08);
    std::vector<Candidate> beats = best_path(candidates, local_rr(candidates, fs), fs, options);
    rescale(candidates, beats);
    beats = best_path(candidates, local_rr(candidates, fs), fs, options);

    std::vector<Index> peaks = locate(beats, leads, n, fs, options);
    std::vector<Index> out;
    const Index apart = to_samples(0.8 * options.refractory_s, fs);
    for (const Index p : peaks) {
        if (out.empty() || p - out.back() >= apart) {
            out.push_back(p);
        }
    }
    return out;
}

std::vector<Index> find_r_peaks_pan_tompkins(Samples ecg, double fs, const PanTompkinsOptions& options) {
    require_rate("find_r_peaks_pan_tompkins", fs);
    require_finite("find_r_peaks_pan_tompkins", ecg);
    const auto n = static_cast<Index>(ecg.size());
    if (static_cast<double>(n) < 0.5 * fs) {
        return {};
    }
    const std::vector<double> y = detail::zero_phase_bandpass(ecg, options.low_hz, options.high_hz, fs);
    // Five-point derivative of the paper, on a spacing of 1 / 200 s whatever the rate.
    const Index h = to_samples(0.005, fs);
    const auto at = [&](Index i) { return y[static_cast<std::size_t>(std::clamp<Index>(i, 0, n - 1))]; };
    std::vector<double> slope(static_cast<std::size_t>(n));
    std::vector<double> squared(static_cast<std::size_t>(n));
    for (Index i = 0; i < n; ++i) {
        const double d = (2 * at(i + 2 * h) + at(i + h) - at(i - h) - 2 * at(i - 2 * h)) / 8;
        slope[static_cast<std::size_t>(i)] = std::abs(d);
        squared[static_cast<std::size_t>(i)] = d * d;
    }
    const std::vector<double> integral = detail::moving_mean(squared, to_samples(options.integration_s, fs));
    double scale = 0;
    for (const double v : ecg) {
        scale = std::max(scale, std::abs(v));
    }
    const double rounding = 1e-18 * scale * scale;
    const std::vector<Candidate> peaks = find_candidates(integral, to_samples(options.refractory_s, fs),
                                                         std::max(rounding, std::numeric_limits<double>::min()));

    // Learning: two seconds.
    double signal_level = 0;
    double noise_level = 0;
    const Index learn = std::min(n, to_samples(2.0, fs));
    for (Index i = 0; i < learn; ++i) {
        signal_level = std::max(signal_level, integral[static_cast<std::size_t>(i)]);
        noise_level += integral[static_cast<std::size_t>(i)] / static_cast<double>(learn);
    }
    signal_level *= 0.5;
    noise_level *= 0.5;

    const auto steepest = [&](Index centre) {
        double top = 0;
        const Index half = to_samples(options.integration_s / 2, fs);
        for (Index i = std::max<Index>(0, centre - half); i < std::min(n, centre + half + 1); ++i) {
            top = std::max(top, slope[static_cast<std::size_t>(i)]);
        }
        return top;
    };
    std::vector<Index> beats;
    std::vector<double> intervals;
    const auto mean_rr = [&] {
        if (intervals.empty()) {
            return 1.0 * fs;
        }
        double sum = 0;
        const std::size_t first = intervals.size() > 8 ? intervals.size() - 8 : 0;
        for (std::size_t k = first; k < intervals.size(); ++k) {
            sum += intervals[k];
        }
        return sum / static_cast<double>(intervals.size() - first);
    };
    const auto accept = [&](const Candidate& p, double share) {
        signal_level = share * p.height + (1 - share) * signal_level;
        if (!beats.empty()) {
            intervals.push_back(static_cast<double>(p.at - beats.back()));
        }
        beats.push_back(p.at);
    };
    std::size_t searched = 0;  // peaks before this one are settled
    for (std::size_t k = 0; k < peaks.size(); ++k) {
        const Candidate& p = peaks[k];
        const double threshold = noise_level + 0.25 * (signal_level - noise_level);
        if (!beats.empty() && static_cast<double>(p.at - beats.back()) > options.search_back * mean_rr()) {
            // Search back: the highest peak of the gap above half the threshold.
            const Candidate* missed = nullptr;
            std::size_t where = searched;
            for (std::size_t j = searched; j < k; ++j) {
                if (static_cast<double>(peaks[j].at - beats.back()) > options.t_wave_s * fs &&
                    peaks[j].height > threshold / 2 && (missed == nullptr || peaks[j].height > missed->height)) {
                    missed = &peaks[j];
                    where = j + 1;
                }
            }
            if (missed != nullptr) {
                accept(*missed, 0.25);
                searched = where;
            }
        }
        bool beat = p.height > threshold;
        if (beat && !beats.empty()) {
            const auto since = static_cast<double>(p.at - beats.back());
            const bool t_wave = since < options.t_wave_s * fs && steepest(p.at) < 0.5 * steepest(beats.back());
            beat = since >= options.refractory_s * fs && !t_wave;
        }
        if (beat) {
            accept(p, 0.125);
            searched = k + 1;
        } else {
            noise_level = 0.125 * p.height + 0.875 * noise_level;
        }
    }
    // The fiducial: the largest deflection of the band-passed signal in the window.
    std::vector<Index> out;
    const Index half = to_samples(options.integration_s / 2, fs);
    for (const Index b : beats) {
        Index top = b;
        for (Index i = std::max<Index>(0, b - half); i < std::min(n, b + half + 1); ++i) {
            if (std::abs(y[static_cast<std::size_t>(i)]) > std::abs(y[static_cast<std::size_t>(top)])) {
                top = i;
            }
        }
        if (out.empty() || top > out.back()) {
            out.push_back(top);
        }
    }
    return out;
}

}  // namespace biopotential::inline v0::ecg
