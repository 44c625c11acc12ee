#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "biopotential/core/array.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"

namespace biopotential::inline v0::ecg::detail {

/// The threshold that Christov 2004 and Lourenco 2012 share: the mean of five values, each a share of the highest slope
/// of a beat; from the refractory time on it falls to that share of itself.
class SlopeThreshold {
  public:
    /// \param typical  highest slope that is typical of the record: learnt where a stretch has too little of it
    SlopeThreshold(double share, double refractory_s, double decay_s, double typical, double fs)
        : share_(share),
          refractory_(to_samples(refractory_s, fs)),
          decay_(to_samples(decay_s, fs)),
          typical_(typical) {}

    /// From the highest slope of a stretch.
    void learn(double highest) {
        recent_.fill(share_ * (highest < least_share * typical_ ? typical_ : highest));
        mean_ = recent_.front();
    }
    /// The highest slope in the refractory time of a beat; an artefact counts little more than the beat before.
    void beat(double highest) {
        const double before = recent_[(next_ + recent_.size() - 1) % recent_.size()];
        const double value = share_ * highest;
        recent_[next_++ % recent_.size()] = value > 1.5 * before ? 1.1 * before : value;
        next_ %= recent_.size();
        mean_ = std::accumulate(recent_.begin(), recent_.end(), 0.0) / static_cast<double>(recent_.size());
    }
    [[nodiscard]] double mean() const { return mean_; }
    /// So many steps after the last beat.
    [[nodiscard]] double at(Index since) const {
        const double fallen =
            static_cast<double>(since - refractory_) / static_cast<double>(std::max<Index>(1, decay_ - refractory_));
        return mean_ * std::lerp(1.0, share_, std::clamp(fallen, 0.0, 1.0));
    }

  private:
    static constexpr double least_share = 0.3;

    double share_;
    Index refractory_;
    Index decay_;
    double typical_;
    std::array<double, 5> recent_{};
    std::size_t next_ = 0;
    double mean_ = 0;
};

}  // namespace biopotential::inline v0::ecg::detail
