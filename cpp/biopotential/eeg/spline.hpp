#pragma once

#include <span>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::eeg {

struct SplineOptions {
    int stiffness = 4;
    int n_terms = 50;       ///< of the Legendre series
    double lambda2 = 1e-5;  ///< regularization
};

/// Weights that give the potentials at some places from those at others by spherical splines (Perrin et al. 1989, EEG
/// Clin Neurophysiol 72:184), shape (n_to, n_from); equal to mne's interpolation of bad EEG channels.
/// \param from, to  directions, shape (n, 3); their lengths don't matter
/// \throws std::invalid_argument  fewer than 3 places, or the same place twice, to interpolate from; NaN; a place in
///                                the middle of the head
[[nodiscard]] Array<double> spline_weights(const MatrixView& from, const MatrixView& to,
                                           const SplineOptions& options = {});

/// Replace channels by what spherical splines make of the others; each must be an electrode of the 10-10 system.
/// \param x         shape (n_channels, n_samples); NaN in a channel that is replaced doesn't matter, in another it
///                  propagates
/// \param channels  a name per row
/// \param bad       positions of the channels to replace
/// \throws std::invalid_argument  a name that is no electrode's, fewer than 3 good channels
[[nodiscard]] Array<double> interpolate(const MatrixView& x, std::span<const std::string> channels,
                                        std::span<const Index> bad, const SplineOptions& options = {});

/// Surface Laplacian (current source density) by spherical splines, after the average reference; equal to
/// mne.preprocessing.compute_current_source_density on a sphere of `radius`.
/// \param radius  of the head, in the unit that the result's unit per squared length means
/// \return        shape of x
[[nodiscard]] Array<double> surface_laplacian(const MatrixView& x, std::span<const std::string> channels,
                                              double radius = 1, const SplineOptions& options = {});

}  // namespace biopotential::inline v0::eeg
