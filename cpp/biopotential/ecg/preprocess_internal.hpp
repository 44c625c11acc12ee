#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg::detail {

/// A stretch [first, last) of samples.
struct Stretch {
    Index first = 0;
    Index last = 0;
};

/// One lead with its non-finite stretches replaced by straight lines (held flat at the ends), and where they were.
struct Bridged {
    std::vector<double> x;      ///< (n_samples,)
    std::vector<Stretch> gaps;  ///< ascending, disjoint
    Index n_missing = 0;
};
[[nodiscard]] Bridged bridge(const MatrixView& x, Index channel);

/// Zero-phase Butterworth band-pass of one lead; an edge above 0.45 fs is moved there. Empty for an empty lead.
[[nodiscard]] std::vector<double> zero_phase_bandpass(Samples x, double low_hz, double high_hz, double fs,
                                                      int order = 2);

/// The impulse response of that, 0.2 s to either side: a symmetric FIR.
[[nodiscard]] std::vector<double> band_taps(double low_hz, double high_hz, double fs);

/// Centred moving mean over `width` samples (made odd upward), shorter at the ends.
[[nodiscard]] std::vector<double> moving_mean(Samples x, Index width);

/// Median of the finite values; NaN if there is none. Reorders its argument.
[[nodiscard]] double median_in_place(std::vector<double>& v);

/// The core's quantile of the finite values. Reorders its argument.
[[nodiscard]] double quantile_in_place(std::vector<double>& v, double q);

/// The finite ones of some values, sorted: medians of windows that move along.
class SortedWindow {
  public:
    void insert(double v) {
        if (std::isfinite(v)) {
            sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), v), v);
        }
    }
    void erase(double v) {
        if (std::isfinite(v)) {
            sorted_.erase(std::lower_bound(sorted_.begin(), sorted_.end(), v));
        }
    }
    [[nodiscard]] std::size_t size() const { return sorted_.size(); }
    /// NaN where there is none.
    [[nodiscard]] double median() const {
        const std::size_t n = sorted_.size();
        return n == 0 ? std::numeric_limits<double>::quiet_NaN() : 0.5 * (sorted_[(n - 1) / 2] + sorted_[n / 2]);
    }
    [[nodiscard]] const std::vector<double>& values() const { return sorted_; }

  private:
    std::vector<double> sorted_;
};

/// Medians of up to 2 around + 1 values about each, finite ones only.
[[nodiscard]] std::vector<double> sliding_medians(Samples x, std::size_t around);

[[nodiscard]] inline Index to_samples(double seconds, double fs) {
    const double n = seconds * fs;
    return n < 1 ? 1 : static_cast<Index>(std::lround(n));
}

/// A maximum of a detection signal.
struct Candidate {
    Index at = 0;
    double height = 0;
    double sharpness = 0;  ///< where a detector uses it
};

/// Maxima of at least `least`, the higher one where two are nearer than `apart`.
[[nodiscard]] std::vector<Candidate> find_candidates(Samples x, Index apart, double least);

/// A sampling rate of at least 50 Hz; throws std::invalid_argument otherwise.
void require_rate(const char* function, double fs);

}  // namespace biopotential::inline v0::ecg::detail
