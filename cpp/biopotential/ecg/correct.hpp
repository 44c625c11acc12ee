#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

/// What is wrong with a beat's place in the rhythm.
enum class BeatFault : std::uint8_t {
    none = 0,
    ectopic = 1,     ///< premature, followed by a pause; or the reverse
    missed = 2,      ///< a beat is missing between the one before and this one
    extra = 3,       ///< no beat
    long_short = 4,  ///< misplaced
};

/// The constants of Lipponen & Tarvainen 2019.
struct CorrectOptions {
    double c1 = 0.13;         ///< slope and ...
    double c2 = 0.17;         ///< ... intercept of the lines that bound ectopic beats
    double alpha = 5.2;       ///< quartile deviations that make a threshold
    Index window = 91;        ///< beats around in which they are taken
    Index median_beats = 11;  ///< beats of the median that intervals are compared with
    bool iterate = true;      ///< correct again as long as there are fewer faults than before
};

struct Corrected {
    std::vector<BeatFault> faults;      ///< (n_beats,) of the beats that came in
    std::vector<double> r_peaks;        ///< (n_corrected,) ascending; inserted and moved beats between samples
    std::vector<std::uint8_t> changed;  ///< (n_corrected,) 1 where a beat was inserted or moved
    Index rounds = 0;                   ///< how often it was corrected
};

/// Find faults in a row of beats from its intervals alone, and what the beats would be without them (Lipponen &
/// Tarvainen 2019, J Med Eng Technol 43:173): differences of intervals and their distance from the running median, both
/// in units of thresholds that follow the quartile deviation around. Extra beats go, missed ones come in the middle,
/// ectopic and misplaced ones move to the middle of their neighbours. Nothing in the input is changed.
///
/// The first two beats and the last are never changed. Fewer than four beats have no faults.
///
/// \param r_peaks  ascending sample positions
/// \throws std::invalid_argument  bad fs, positions that do not ascend, an option that is not > 0
[[nodiscard]] Corrected correct_r_peaks(std::span<const Index> r_peaks, double fs, const CorrectOptions& options = {});

}  // namespace biopotential::inline v0::ecg
