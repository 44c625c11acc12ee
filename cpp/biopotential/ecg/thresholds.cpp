#include <algorithm>
#include <array>
#include <deque>

#include "biopotential/ecg/thresholds_internal.hpp"

namespace biopotential::inline v0::ecg::detail {
namespace {

constexpr double relearn_s = 8.0;

/// Mean of the last eight values.
class LastEight {
  public:
    void push(double v) { values_[count_++ % values_.size()] = v; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] double mean() const {
        const std::size_t n = std::min(count_, values_.size());
        double sum = 0;
        for (std::size_t k = 0; k < n; ++k) {
            sum += values_[k];
        }
        return sum / static_cast<double>(n);
    }

  private:
    std::array<double, 8> values_{};
    std::size_t count_ = 0;
};

class Machine {
  public:
    Machine(const std::vector<Candidate>& peaks, Samples signal, Samples slope, double fs, const ThresholdRules& rules,
            const std::function<Levels(Stretch)>& learn)
        : peaks_(peaks),
          slope_(slope),
          fs_(fs),
          rules_(rules),
          learn_(learn),
          n_(static_cast<Index>(signal.size())),
          least_(rules.least_level * typical_height(signal, fs)) {}

    std::vector<Index> run() {
        adopt(learn_({0, n_}));
        for (std::size_t k = 0; k < peaks_.size(); ++k) {
            const Candidate& p = peaks_[k];
            if (static_cast<double>(p.at - quiet_since()) > relearn_s * fs_) {
                const Levels learnt = learn_({quiet_since(), p.at});
                looked_at_ = p.at;
                if (learnt.beat >= least_ && learnt.beat < levels_.beat) {
                    adopt(learnt);
                    k = next_;
                }
            }
            step(k);
        }
        return std::move(beats_);
    }

  private:
    [[nodiscard]] Index quiet_since() const { return std::max(looked_at_, beats_.empty() ? 0 : beats_.back()); }
    [[nodiscard]] double since(const Candidate& p) const { return static_cast<double>(p.at - beats_.back()) / fs_; }
    [[nodiscard]] double threshold() const { return levels_.noise + rules_.share * (levels_.beat - levels_.noise); }
    [[nodiscard]] double mean_rr_s() const { return intervals_.empty() ? 1.0 : intervals_.mean(); }

    void adopt(const Levels& levels) {
        levels_ = levels;
        beat_heights_ = {};
        noise_heights_ = {};
    }

    void update(double& level, LastEight& heights, double height, double share) const {
        heights.push(height);
        level = rules_.last_eight ? heights.mean() : share * height + (1 - share) * level;
    }

    [[nodiscard]] double steepest(Index centre) const {
        const Index half = to_samples(rules_.slope_half_s, fs_);
        const auto first = slope_.begin() + std::max<Index>(0, centre - half);
        return *std::max_element(first, slope_.begin() + std::min(n_, centre + half + 1));
    }

    void accept(const Candidate& p, double share, std::size_t next) {
        update(levels_.beat, beat_heights_, p.height, share);
        if (!beats_.empty() && since(p) < relearn_s) {
            intervals_.push(since(p));
        }
        beats_.push_back(p.at);
        next_ = next;
    }

    /// The highest peak of the gap before peak k that reaches half the threshold.
    void search_back(std::size_t k) {
        const Candidate* missed = nullptr;
        std::size_t where = next_;
        for (std::size_t j = next_; j < k; ++j) {
            if (since(peaks_[j]) > rules_.search_back_after_s && peaks_[j].height > threshold() / 2 &&
                (missed == nullptr || peaks_[j].height > missed->height)) {
                missed = &peaks_[j];
                where = j + 1;
            }
        }
        if (missed != nullptr) {
            accept(*missed, 0.25, where);
        }
    }

    void step(std::size_t k) {
        const Candidate& p = peaks_[k];
        if (!beats_.empty() && since(p) > rules_.search_back * mean_rr_s()) {
            search_back(k);
        }
        bool beat = p.height > threshold();
        if (beat && !beats_.empty()) {
            const bool t_wave = since(p) < rules_.t_wave_s && steepest(p.at) < 0.5 * steepest(beats_.back());
            beat = since(p) >= rules_.refractory_s && !t_wave;
        }
        if (beat) {
            accept(p, 0.125, k + 1);
        } else {
            update(levels_.noise, noise_heights_, p.height, 0.125);
        }
    }

    const std::vector<Candidate>& peaks_;
    Samples slope_;
    double fs_;
    const ThresholdRules& rules_;
    const std::function<Levels(Stretch)>& learn_;
    Index n_;
    double least_;
    Levels levels_;
    LastEight beat_heights_, noise_heights_, intervals_;
    std::vector<Index> beats_;
    std::size_t next_ = 0;  // the first peak after the last beat
    Index looked_at_ = 0;   // up to here levels have been learnt
};

}  // namespace

std::vector<Index> beats_by_thresholds(const std::vector<Candidate>& peaks, Samples signal, Samples slope, double fs,
                                       const ThresholdRules& rules, const std::function<Levels(Stretch)>& learn) {
    return Machine(peaks, signal, slope, fs, rules, learn).run();
}

double typical_height(Samples signal, double fs) {
    const std::size_t width = static_cast<std::size_t>(to_samples(2.0, fs));
    std::vector<double> tops;
    for (std::size_t first = 0; first < signal.size(); first += width) {
        const Samples part = signal.subspan(first, std::min(width, signal.size() - first));
        tops.push_back(*std::max_element(part.begin(), part.end()));
    }
    return median_in_place(tops);
}

std::vector<double> trailing_maximum(Samples x, Index width) {
    std::vector<double> out(x.size());
    std::deque<std::size_t> falling;  // positions in the window whose values fall
    for (std::size_t i = 0; i < x.size(); ++i) {
        while (!falling.empty() && x[falling.back()] <= x[i]) {
            falling.pop_back();
        }
        falling.push_back(i);
        if (i - falling.front() >= static_cast<std::size_t>(width)) {
            falling.pop_front();
        }
        out[i] = x[falling.front()];
    }
    return out;
}

}  // namespace biopotential::inline v0::ecg::detail
