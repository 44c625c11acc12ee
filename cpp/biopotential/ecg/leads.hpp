#pragma once

#include <cstdint>
#include <span>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::ecg {

/// The six limb leads from two of them.
///
/// III = II - I (Einthoven), aVR = -(I + II) / 2, aVL = I - II / 2, aVF = II - I / 2 (Goldberger). On Mason-Likar
/// electrodes (on the trunk: exercise, Holter) the same sums hold, but the leads differ from those of the limbs.
///
/// \param x  shape (2, n_samples): I and II, any amplitude unit; NaN gives NaN
/// \return   shape (6, n_samples): I, II, III, aVR, aVL, aVF
/// \throws std::invalid_argument  not two rows
[[nodiscard]] Array<double> limb_leads(const MatrixView& x);

enum class FrankTransform : std::uint8_t {
    kors,          ///< by regression (Kors et al. 1990, Eur Heart J 11:1083)
    inverse_dower  ///< from the volume conductor (Edenbrandt & Pahlm 1988, J Electrocardiol 21:361)
};

/// Frank's orthogonal leads. X points to the left, Y to the feet, Z to the back.
///
/// \param x  shape (8, n_samples): I, II, V1 to V6, any amplitude unit; NaN gives NaN
/// \return   shape (3, n_samples): X, Y, Z in the unit of x
/// \throws std::invalid_argument  not eight rows
[[nodiscard]] Array<double> frank_leads(const MatrixView& x, FrankTransform transform = FrankTransform::kors);

/// What Frank's leads would show in the standard ones (Dower et al. 1980, Clin Cardiol 3:87).
///
/// \param xyz  shape (3, n_samples)
/// \return     shape (8, n_samples): I, II, V1 to V6
/// \throws std::invalid_argument  not three rows
[[nodiscard]] Array<double> leads_of_frank(const MatrixView& xyz);

/// Where the waves of each beat lie, in samples as delineate gives them; NaN: absent. All of one length.
struct BeatMarks {
    std::span<const double> qrs_onset, qrs_offset, t_onset, t_offset;
};

/// Measures of the heart's vector, one per beat; NaN where the wave is absent or the signal is missing in it.
struct VectorMeasures {
    Array<double> frontal_axis_deg;      ///< of the QRS, in (-180, 180]: 0 to the left, 90 to the feet
    Array<double> qrs_t_angle_deg;       ///< between the mean vectors of QRS and T, in [0, 180]
    Array<double> qrs_t_peak_angle_deg;  ///< between the longest vectors of QRS and T, in [0, 180]
    Array<double> qrs_magnitude;         ///< length of the longest vector of the QRS, unit of the leads
    Array<double> t_magnitude;           ///< length of the longest vector of the T wave
    Array<double> ventricular_gradient;  ///< length of the integral from QRS onset to T offset, unit of the leads x s
};

/// Measure the loops of QRS and T beat by beat (Kors et al. 2003, J Electrocardiol 36 Suppl:59; the frontal axis from
/// the areas of I and aVF, whose gain a bipolar lead has 2 / sqrt(3) times).
///
/// Vectors are taken from the level of the 10 ms before the QRS.
///
/// \param x   shape (8, n_samples): I, II, V1 to V6
/// \param fs  sampling rate in Hz
/// \throws std::invalid_argument  not eight rows, a bad fs, marks of different lengths
[[nodiscard]] VectorMeasures vector_measures(const MatrixView& x, double fs, const BeatMarks& marks,
                                             FrankTransform transform = FrankTransform::kors);

}  // namespace biopotential::inline v0::ecg
