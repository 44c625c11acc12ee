#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "biopotential/core/array.hpp"
#include "biopotential/eeg/epochs.hpp"

namespace biopotential::inline v0::eeg {

/// S is the cross spectrum of an epoch (a times the conjugate of b, tapers averaged), E the mean over epochs.
enum class Coupling {
    coh,            ///< |E S| / sqrt(E Saa E Sbb)
    imcoh,          ///< Im E S / sqrt(E Saa E Sbb) (Nolte et al. 2004)
    plv,            ///< |E S/|S|| (Lachaux et al. 1999)
    ciplv,          ///< |Im E S/|S|| / sqrt(1 - (Re E S/|S|)^2) (Bruna et al. 2018)
    ppc,            ///< plv^2 without its bias (Vinck et al. 2010)
    pli,            ///< |E sign Im S| (Stam et al. 2007)
    pli2_unbiased,  ///< pli^2 without its bias
    dpli,           ///< share of epochs with Im S > 0, in which a leads
    wpli,           ///< |E Im S| / E |Im S| (Vinck et al. 2011)
    wpli2_debiased  ///< wpli^2 without its bias
};

/// The coupling of that name ("coh" ...). \throws std::invalid_argument
[[nodiscard]] Coupling coupling_of(std::string_view name);

struct ConnectivityOptions {
    std::vector<Coupling> couplings = {Coupling::wpli};
    double low_hz = 1, high_hz = 45;  ///< both edges belong to the result
    bool multitaper =
        true;  ///< DPSS tapers with more than 90 % of their energy inside the band; false: one Hann window
    std::optional<double> bandwidth_hz;  ///< of the tapers, full width; absent: half bandwidth 4 in units of fs / n
};

struct Connectivity {
    Array<double> freqs;                         ///< Hz, shape (n_freqs,)
    std::vector<std::pair<Index, Index>> pairs;  ///< (a, b) with a < b
    std::vector<Array<double>> values;           ///< one per coupling, shape (n_pairs, n_freqs)
};

/// Coupling of all pairs of channels over epochs; equal to mne_connectivity.spectral_connectivity_epochs for pairs
/// (a, b).
/// \param x       shape (n_channels, n_samples); NaN and infinity are refused
/// \param epochs  all of one length, inside x
/// \throws std::invalid_argument  bad fs or options, no epoch, no frequency in the range
[[nodiscard]] Connectivity connectivity(const MatrixView& x, double fs, std::span<const Epoch> epochs,
                                        const ConnectivityOptions& options = {});

}  // namespace biopotential::inline v0::eeg
