#include "biopotential/ecg/gqrs.hpp"

#include <algorithm>
#include <cmath>

#include "biopotential/ecg/fiducial_internal.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"
#include "biopotential/ecg/thresholds_internal.hpp"

namespace biopotential::inline v0::ecg {

using detail::to_samples;

namespace {

/// Of the height of beats (squared), at the default threshold.
constexpr double threshold_share = 0.16;
/// An overdue beat needs this much of the threshold.
constexpr double overdue_share = 0.4;
/// A T wave is no higher than this many times the ones before.
constexpr double t_wave_factor = 3.0;
constexpr double t_wave_highest = 0.4;  // ... nor than this share of its QRS
constexpr double adapt = 0.125;
constexpr double relearn_s = 8.0;
/// What is learnt is no lower than this share of the record's typical height.
constexpr double least_level = 0.01;

std::size_t z(Index i) {
    return static_cast<std::size_t>(i);
}

/// Squared output of a filter matched to a QRS: its middle half against the quarters around it.
std::vector<double> matched(const detail::WorkingLead& lead, double qrs_s) {
    const double fs = lead.fs;
    const auto n = static_cast<Index>(lead.x.size());
    const Index quarter = to_samples(qrs_s / 4, fs);
    // Two means in turn are a trapezoid.
    const std::vector<double> smooth =
        detail::moving_mean(detail::moving_mean(lead.x, quarter), std::max<Index>(1, quarter / 2));
    std::vector<double> sum(lead.x.size() + 1, 0.0);
    for (std::size_t i = 0; i < smooth.size(); ++i) {
        sum[i + 1] = sum[i] + smooth[i];
    }
    const auto mean = [&](Index first, Index last) {
        first = std::clamp<Index>(first, 0, n - 1);
        last = std::clamp<Index>(last, first + 1, n);
        return (sum[z(last)] - sum[z(first)]) / static_cast<double>(last - first);
    };
    std::vector<double> out(lead.x.size());
    for (Index i = 0; i < n; ++i) {
        const double v = mean(i - quarter, i + quarter + 1) -
                         0.5 * (mean(i - 3 * quarter, i - quarter) + mean(i + quarter + 1, i + 3 * quarter + 1));
        out[z(i)] = v * v;
    }
    // A biphasic QRS has two or three lobes; together they are one peak.
    return detail::moving_mean(out, 4 * quarter);
}

class Machine {
  public:
    Machine(const std::vector<double>& signal, double fs, const GqrsOptions& options)
        : signal_(signal),
          fs_(fs),
          options_(options),
          peaks_(detail::find_candidates(signal, to_samples(options.rr_min_s / 2, fs), detail::rounding)),
          least_(least_level * detail::typical_height(signal, fs)),
          rr_s_(options.rr_s),
          deviation_s_(options.rr_deviation_s) {
        level_ = learn(0, static_cast<Index>(signal.size()));
        t_level_ = 0.05 * level_;
    }

    std::vector<Index> run() {
        for (std::size_t k = 0; k < peaks_.size(); ++k) {
            const Index quiet = std::max(looked_at_, beats_.empty() ? 0 : beats_.back());
            if (static_cast<double>(peaks_[k].at - quiet) > relearn_s * fs_) {
                const double learnt = learn(quiet, peaks_[k].at);
                looked_at_ = peaks_[k].at;
                if (learnt >= least_ && learnt < level_) {
                    level_ = learnt;
                    k = next_;
                }
            }
            if (!beats_.empty() && since(peaks_[k]) > rr_s_ + 2.5 * deviation_s_) {
                overdue(k);
            }
            if (is_beat(peaks_[k], 1.0)) {
                accept(k);
            }
        }
        return std::move(beats_);
    }

  private:
    [[nodiscard]] double learn(Index first, Index last) const {
        const Index length = std::min(last - first, to_samples(relearn_s, fs_));
        return detail::typical_height(Samples(signal_).subspan(z(first), z(length)), fs_);
    }
    [[nodiscard]] double since(const detail::Candidate& p) const {
        return static_cast<double>(p.at - beats_.back()) / fs_;
    }

    bool is_beat(const detail::Candidate& p, double share) {
        if (!(p.height > share * options_.threshold * threshold_share * level_)) {
            return false;
        }
        if (beats_.empty()) {
            return true;
        }
        const double s = since(p);
        if (s >= options_.rt_min_s && s <= options_.rt_max_s && p.height < t_wave_highest * height_ &&
            p.height < t_wave_factor * t_level_) {
            t_level_ += adapt * (p.height - t_level_);
            return false;
        }
        // A peak soon after a beat is part of it or of what follows.
        return s >= options_.rr_min_s || (s >= 0.75 * options_.rr_min_s && p.height > 0.5 * height_);
    }

    void accept(std::size_t k) {
        const detail::Candidate& p = peaks_[k];
        if (!beats_.empty()) {
            // One interval moves the expectation by a fortieth at most.
            const double rr = since(p);
            deviation_s_ += adapt * (std::clamp(std::abs(rr - rr_s_), 0.02, 0.5) - deviation_s_);
            rr_s_ += std::clamp(rr - rr_s_, -rr_s_ / 40, rr_s_ / 40);
        }
        height_ = p.height;
        level_ += adapt * (std::min(p.height, 4 * level_) - level_);
        beats_.push_back(p.at);
        next_ = k + 1;
    }

    /// The highest peak before peak k that the lower threshold lets through.
    void overdue(std::size_t k) {
        std::size_t best = k;
        for (std::size_t j = next_; j < k; ++j) {
            if ((best == k || peaks_[j].height > peaks_[best].height) && since(peaks_[j]) > options_.rt_max_s &&
                is_beat(peaks_[j], overdue_share)) {
                best = j;
            }
        }
        if (best < k) {
            accept(best);
        }
    }

    const std::vector<double>& signal_;
    double fs_;
    const GqrsOptions& options_;
    std::vector<detail::Candidate> peaks_;
    double least_;
    double rr_s_;
    double deviation_s_;
    double level_ = 0;    // of beats
    double t_level_ = 0;  // of T waves
    double height_ = 0;   // of the last beat
    std::vector<Index> beats_;
    std::size_t next_ = 0;
    Index looked_at_ = 0;
};

}  // namespace

std::vector<Index> find_r_peaks_gqrs(Samples ecg, double fs, const GqrsOptions& options) {
    return detail::detect_in_lead("find_r_peaks_gqrs", ecg, fs, [&](const detail::WorkingLead& lead) {
        const std::vector<double> signal = matched(lead, options.qrs_s);
        return Machine(signal, lead.fs, options).run();
    });
}

}  // namespace biopotential::inline v0::ecg
