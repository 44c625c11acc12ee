#pragma once

#include <span>
#include <string>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::eeg {

/// Each channel minus the mean of the channels at positions `reference`; all of them give the average reference. Equal
/// to mne.set_eeg_reference.
///
/// NaN propagates: where a channel of the reference misses a sample, all miss it.
/// \param x          shape (n_channels, n_samples)
/// \param reference  positions of channels, each once
/// \return           shape (n_channels, n_samples)
/// \throws std::invalid_argument  no reference, a position that isn't in x or comes twice
[[nodiscard]] Array<double> rereference(const MatrixView& x, std::span<const Index> reference);
/// The average reference.
[[nodiscard]] Array<double> rereference(const MatrixView& x);

/// One channel minus another, by their names.
struct Derivation {
    std::string anode, cathode;
};

/// The double banana: LB-18.1 of the American Clinical Neurophysiology Society (Acharya et al. 2016, J Clin
/// Neurophysiol 33:312).
[[nodiscard]] std::vector<Derivation> longitudinal_montage();
/// Chains from left to right: TB-18.1 of the same guideline.
[[nodiscard]] std::vector<Derivation> transverse_montage();

struct Bipolar {
    Array<double> x;                    ///< shape (n_derivations, n_samples)
    std::vector<std::string> channels;  ///< "Fp1-F7" ...
};

/// Bipolar derivations; equal to mne.set_bipolar_reference. Names are compared as clean_channel_name writes them, and a
/// derivation of which an electrode isn't there is left out.
/// \param channels  a name per row of x
/// \throws std::invalid_argument  as many names as channels wanted; no derivation is there; an electrode comes twice
[[nodiscard]] Bipolar bipolar(const MatrixView& x, std::span<const std::string> channels,
                              std::span<const Derivation> montage);

}  // namespace biopotential::inline v0::eeg
