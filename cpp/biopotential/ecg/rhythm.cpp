#include "biopotential/ecg/rhythm.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"

namespace biopotential::inline v0::ecg {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double start_tolerance_s = 0.030;
constexpr std::size_t least_matches = 5;
constexpr std::size_t least_intervals = 12;
constexpr Index rate_intervals = 8;
constexpr double regular_change = 0.02;

/// Rows of intervals that count, each as positions of the beats that end them: [first, last).
std::vector<detail::Stretch> rows_of(std::span<const std::uint8_t> counts) {
    std::vector<detail::Stretch> out;
    const auto n = static_cast<Index>(counts.size());
    for (Index i = 1; i < n; ++i) {
        if (counts[static_cast<std::size_t>(i)] == 0) {
            continue;
        }
        if (!out.empty() && out.back().last == i) {
            ++out.back().last;
        } else {
            out.push_back({i, i + 1});
        }
    }
    return out;
}

/// Stretches of at least `least` values for which `is` holds, as episodes.
template <class Is>
void add_episodes(std::vector<RhythmEpisode>& out, RhythmKind kind, const detail::Stretch& row, Index least,
                  std::span<const double> times_s, const std::vector<double>& values, double sign, Is is) {
    for (Index i = row.first; i < row.last;) {
        if (!is(values[static_cast<std::size_t>(i)])) {
            ++i;
            continue;
        }
        Index end = i;
        double extreme = values[static_cast<std::size_t>(i)];
        while (end < row.last && is(values[static_cast<std::size_t>(end)])) {
            extreme = sign * std::max(sign * extreme, sign * values[static_cast<std::size_t>(end)]);
            ++end;
        }
        if (end - i >= least) {
            const double onset = times_s[static_cast<std::size_t>(i - 1)];
            out.push_back({kind, i - 1, end - 1, onset, times_s[static_cast<std::size_t>(end - 1)] - onset, extreme});
        }
        i = end;
    }
}

}  // namespace

double coefficient_of_sample_entropy(std::span<const double> rr_s) {
    if (rr_s.size() < least_intervals) {
        return nan;
    }
    // Distances between intervals that have a successor, and between pairs of successive intervals.
    const std::size_t n = rr_s.size() - 1;
    std::vector<double> single;
    std::vector<double> pairs;
    double mean = 0;
    for (const double v : rr_s) {
        mean += v / static_cast<double>(rr_s.size());
    }
    for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t j = i + 1; j < n; ++j) {
            const double d = std::abs(rr_s[i] - rr_s[j]);
            single.push_back(d);
            pairs.push_back(std::max(d, std::abs(rr_s[i + 1] - rr_s[j + 1])));
        }
    }
    std::vector<double> sorted = pairs;
    const auto fifth = sorted.begin() + static_cast<std::ptrdiff_t>(least_matches - 1);
    std::nth_element(sorted.begin(), fifth, sorted.end());
    const double tolerance = std::max(start_tolerance_s, *fifth);
    const auto within = [&](const std::vector<double>& d) {
        return static_cast<double>(std::count_if(d.begin(), d.end(), [&](double v) { return v <= tolerance; }));
    };
    return -std::log(within(pairs) / within(single)) + std::log(2 * tolerance) - std::log(mean);
}

double atrial_fibrillation_probability(std::span<const double> rr_s, std::span<const double> p_probability) {
    std::vector<double> rr;
    for (const double v : rr_s) {
        if (v > 0.2 && v < 3) {
            rr.push_back(v);
        }
    }
    std::vector<double> odds;
    for (const double p : p_probability) {
        if (std::isfinite(p)) {
            const double inside = std::clamp(p, 1e-4, 1 - 1e-4);
            odds.push_back(std::log(inside / (1 - inside)));
        }
    }
    if (rr.size() < 6 || odds.empty()) {
        return nan;
    }
    std::vector<double> scratch = rr;
    const double median = detail::median_in_place(scratch);
    std::vector<double> change;
    double squares = 0;
    double large = 0;
    for (std::size_t i = 1; i < rr.size(); ++i) {
        const double d = std::abs(rr[i] - rr[i - 1]) / median;
        change.push_back(d);
        squares += d * d;
        large += d > 0.1 ? 1 : 0;
    }
    const auto n = static_cast<double>(change.size());
    // Correlation of each interval with the next.
    double before = 0;
    double after = 0;
    for (std::size_t i = 1; i < rr.size(); ++i) {
        before += rr[i - 1] / n;
        after += rr[i] / n;
    }
    double xx = 0;
    double yy = 0;
    double xy = 0;
    for (std::size_t i = 1; i < rr.size(); ++i) {
        xx += (rr[i - 1] - before) * (rr[i - 1] - before);
        yy += (rr[i] - after) * (rr[i] - after);
        xy += (rr[i - 1] - before) * (rr[i] - after);
    }
    const double correlation = xx > 0 && yy > 0 ? xy / std::sqrt(xx * yy) : 0.0;
    const double median_change = detail::median_in_place(change);
    scratch = odds;
    const double median_odds = detail::median_in_place(scratch);
    const double upper_odds = detail::quantile_in_place(odds, 0.75);
    double score = 0.4968 * std::log(median_change + 0.005) - 0.2690 * std::log(std::sqrt(squares / n) + 0.01) -
                   0.1376 * median_odds + 4.8408 * large / n + 2.4640 / median - 1.9103 * correlation -
                   0.2687 * upper_odds - 4.4222;
    // Without P waves a regular rhythm is another one (junctional, paced, flutter).
    if (median_change < regular_change) {
        score = std::min(score, -2.0);
    }
    return 1 / (1 + std::exp(-score));
}

Rhythm rhythm(std::span<const double> times_s, std::span<const std::uint8_t> counts, const RhythmOptions& options,
              std::span<const double> p_probability) {
    const auto n = static_cast<Index>(times_s.size());
    if (counts.size() != times_s.size()) {
        throw_invalid("rhythm", "one value of counts a beat", std::to_string(counts.size()));
    }
    for (std::size_t i = 0; i < times_s.size(); ++i) {
        if (!std::isfinite(times_s[i]) || (i > 0 && !(times_s[i] > times_s[i - 1]))) {
            throw_invalid("rhythm", "finite times that ascend", times_s[i]);
        }
    }
    require_positive("rhythm", "bradycardia_bpm", options.bradycardia_bpm);
    require_positive("rhythm", "tachycardia_bpm", options.tachycardia_bpm);
    require_positive("rhythm", "pause_s", options.pause_s);
    require_positive("rhythm", "asystole_s", options.asystole_s);
    if (options.episode_beats < 1 || options.irregular_beats < static_cast<Index>(least_intervals)) {
        throw_invalid("rhythm", "episode_beats >= 1 and irregular_beats >= 12",
                      std::to_string(options.episode_beats) + " and " + std::to_string(options.irregular_beats));
    }
    if (!p_probability.empty() && p_probability.size() != times_s.size()) {
        throw_invalid("rhythm", "one P wave probability a beat", std::to_string(p_probability.size()));
    }
    Rhythm out;
    out.af_probability = Array<double>({n});
    std::fill(out.af_probability.begin(), out.af_probability.end(), nan);
    out.entropy = Array<double>({n});
    std::fill(out.entropy.begin(), out.entropy.end(), nan);
    std::vector<double> rr(times_s.size(), nan);
    std::vector<double> rate(times_s.size(), nan);
    std::vector<double> around;
    double total = 0;
    double number = 0;
    double lowest = nan;
    double highest = nan;
    double irregular = 0;
    double fibrillation = 0;
    const std::vector<detail::Stretch> rows = rows_of(counts);
    for (const detail::Stretch& row : rows) {
        for (Index i = row.first; i < row.last; ++i) {
            const auto k = static_cast<std::size_t>(i);
            rr[k] = times_s[k] - times_s[k - 1];
            total += rr[k];
            number += 1;
        }
    }
    for (const detail::Stretch& row : rows) {
        const auto at = [&](Index i) { return rr.begin() + static_cast<std::ptrdiff_t>(i); };
        for (Index i = row.first; i < row.last; ++i) {
            around.assign(at(std::max(row.first, i - 2)), at(std::min(row.last, i + 3)));
            rate[static_cast<std::size_t>(i)] = 60 / detail::median_in_place(around);
            if (i + rate_intervals <= row.last) {
                double sum = 0;
                for (auto v = at(i); v != at(i + rate_intervals); ++v) {
                    sum += *v;
                }
                const double bpm = 60 * static_cast<double>(rate_intervals) / sum;
                lowest = std::isfinite(lowest) ? std::min(lowest, bpm) : bpm;
                highest = std::isfinite(highest) ? std::max(highest, bpm) : bpm;
            }
            const Index first = std::clamp<Index>(i - options.irregular_beats / 2, row.first,
                                                  std::max(row.first, row.last - options.irregular_beats));
            const Index last = std::min(row.last, first + options.irregular_beats);
            if (!p_probability.empty()) {
                out.af_probability[i] = atrial_fibrillation_probability(
                    {rr.data() + first, static_cast<std::size_t>(last - first)},
                    p_probability.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(last - first)));
            }
            out.entropy[i] = coefficient_of_sample_entropy({rr.data() + first, static_cast<std::size_t>(last - first)});
        }
        std::vector<RhythmEpisode>& e = out.episodes;
        add_episodes(e, RhythmKind::bradycardia, row, options.episode_beats, times_s, rate, -1,
                     [&](double v) { return v < options.bradycardia_bpm; });
        add_episodes(e, RhythmKind::tachycardia, row, options.episode_beats, times_s, rate, 1,
                     [&](double v) { return v > options.tachycardia_bpm; });
        for (Index i = row.first; i < row.last; ++i) {
            const auto k = static_cast<std::size_t>(i);
            if (rr[k] > options.pause_s || rr[k] >= options.asystole_s) {
                e.push_back({rr[k] >= options.asystole_s ? RhythmKind::asystole : RhythmKind::pause, i - 1, i,
                             times_s[k - 1], rr[k], rr[k]});
            }
        }
        const std::vector<double> entropy(out.entropy.begin(), out.entropy.end());
        const auto before = static_cast<std::ptrdiff_t>(e.size());
        add_episodes(e, RhythmKind::irregular, row, options.irregular_beats, times_s, entropy, 1,
                     [&](double v) { return v > options.irregular_entropy; });
        for (auto i = e.begin() + before; i != e.end(); ++i) {
            irregular += i->duration_s;
        }
        const std::vector<double> probability(out.af_probability.begin(), out.af_probability.end());
        const auto found = static_cast<std::ptrdiff_t>(e.size());
        add_episodes(e, RhythmKind::atrial_fibrillation, row, options.irregular_beats, times_s, probability, 1,
                     [&](double v) { return v > options.af_probability; });
        for (auto i = e.begin() + found; i != e.end(); ++i) {
            fibrillation += i->duration_s;
        }
    }
    out.mean_hr_bpm = number > 0 ? 60 * number / total : nan;
    out.min_hr_bpm = std::isfinite(lowest) ? lowest : out.mean_hr_bpm;
    out.max_hr_bpm = std::isfinite(highest) ? highest : out.mean_hr_bpm;
    out.af_share = number > 0 && !p_probability.empty() ? fibrillation / total : nan;
    out.irregular_share = number > 0 ? irregular / total : nan;
    std::stable_sort(out.episodes.begin(), out.episodes.end(),
                     [](const RhythmEpisode& a, const RhythmEpisode& b) { return a.onset_s < b.onset_s; });
    return out;
}

}  // namespace biopotential::inline v0::ecg
