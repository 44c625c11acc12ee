#pragma once

#include <functional>
#include <span>
#include <vector>

#include "biopotential/core/array.hpp"
#include "biopotential/ecg/preprocess_internal.hpp"

namespace biopotential::inline v0::ecg::detail {

/// Means over blocks of `step` samples (the last may be shorter), NaN where a block has none, and the stretches that
/// are not finite.
/// \param out  shape (ceil(n_samples / step),), written
void block_means(Samples x, Index step, std::span<double> out, std::vector<Stretch>& gaps);
[[nodiscard]] std::vector<double> block_means(Samples x, Index step, std::vector<Stretch>& gaps);

/// What lies below a few hertz, so often that a straight line joins its values.
struct Baseline {
    std::vector<double> values;
    Index step = 1;  ///< samples from one to the next; the first stands in the middle of the first `step`
};

/// Of block means `low` (`step` samples each, gaps bridged), below locate_low_hz: forward and backward.
[[nodiscard]] Baseline baseline_of(Samples low, Index step, double fs);

/// Whether a sample lies in one of the ascending stretches.
[[nodiscard]] bool inside(const std::vector<Stretch>& gaps, Index i);

/// The two candidates for the fiducial of one beat: its highest and its lowest sample.
struct Deflections {
    Index high = -1;  ///< -1 where there is no sample
    Index low = -1;
    double up = 0;
    double down = 0;
    std::size_t lead = 0;
};

/// In [first, last), without the baseline, smoothed over 8 ms, outside gaps.
[[nodiscard]] Deflections deflections(Samples x, const Baseline& baseline, const std::vector<Stretch>& gaps, double fs,
                                      Index first, Index last);

/// The fiducial of each beat: its larger deflection. Where up and down are about equal, the direction of the beats
/// around in the same lead decides, so that the fiducial does not jump between R and S.
[[nodiscard]] std::vector<Index> choose_direction(std::span<const Deflections> beats);

/// Fiducials that are no nearer than `apart` to the one before.
[[nodiscard]] std::vector<Index> keep_apart(std::span<const Index> peaks, Index apart);

/// What the named detectors work on: one lead at 200 to 400 Hz, or its own rate where that is lower, so that a rate
/// of some kilohertz costs no more and filters that are given in samples mean the same.
struct WorkingLead {
    std::vector<double> x;  ///< gaps bridged, first sample 0, highest magnitude 1 (0 if all are equal)
    double fs = 0;
    Index step = 1;  ///< samples in one of x
};

/// Values of a working lead whose magnitude is no more than this are rounding.
constexpr double rounding = 1e-12;

/// The frame of the named detectors: check, bridge gaps, bring to the working rate, let `detect` give the middle of
/// each QRS in steps, and put each on its fiducial. None in gaps; empty where less than half a second is given.
[[nodiscard]] std::vector<Index> detect_in_lead(const char* function, Samples ecg, double fs,
                                                const std::function<std::vector<Index>(const WorkingLead&)>& detect);

}  // namespace biopotential::inline v0::ecg::detail
