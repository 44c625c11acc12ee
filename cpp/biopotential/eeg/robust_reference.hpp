#pragma once

#include <span>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"
#include "biopotential/eeg/quality.hpp"

namespace biopotential::inline v0::eeg {

struct RobustReferenceOptions {
    BadChannelOptions bad;
    int max_iterations = 4;
};

struct RobustReference {
    Array<double> x;                  ///< minus the reference, bad channels interpolated; shape of the input
    Array<double> reference;          ///< uV, shape (n_samples,)
    std::vector<Index> excluded;      ///< channels that were interpolated when the reference was estimated
    std::vector<Index> interpolated;  ///< channels that are bad after it, or never usable, and so interpolated in x
};

/// The robust average reference of the PREP pipeline (Bigdely-Shamlo et al. 2015, Front Neuroinform 9:16): the mean of
/// the channels after those that are bad against it have been interpolated, found in rounds that start from the
/// median. Bad by the criteria of find_bad_channels; equal to pyprep's without RANSAC and its criterion on spectra.
/// \param x         uV, shape (n_channels, n_samples), at least 2 s; channels with NaN are bad
/// \param channels  names of the 10-10 system
/// \throws std::invalid_argument  bad fs, a name that is no electrode's, fewer than 3 good channels
[[nodiscard]] RobustReference robust_reference(const MatrixView& x, std::span<const std::string> channels, double fs,
                                               const RobustReferenceOptions& options = {});

}  // namespace biopotential::inline v0::eeg
