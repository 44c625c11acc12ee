#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::eeg {

enum class IcaMethod {
    picard,  ///< preconditioned L-BFGS on Infomax's likelihood (Ablin, Cardoso & Gramfort 2018, IEEE TSP 66:4040)
    fastica  ///< symmetric FastICA, log cosh (Hyvarinen 1999, IEEE TNN 10:626)
};

struct IcaOptions {
    IcaMethod method = IcaMethod::picard;
    std::optional<Index> n_components;  ///< of the principal components that whiten; absent: the rank of the data
    int max_iterations = 500;
    double tolerance = 1e-7;  ///< picard: largest entry of the gradient; fastica: change of the directions' cosines
    std::uint64_t seed = 1;   ///< of the first directions
};

/// Components are ordered by the variance that they explain; each has variance 1, and its largest weight in the mixing
/// is positive.
struct Ica {
    Array<double> unmixing;   ///< sources = unmixing * (x - mean), shape (n_components, n_channels)
    Array<double> mixing;     ///< shape (n_channels, n_components)
    Array<double> mean;       ///< shape (n_channels,)
    Array<double> explained;  ///< share of the variance of x, shape (n_components,)
    int iterations = 0;
    bool converged = false;
};

/// Independent components of x, shape (n_channels, n_samples), after removing means and whitening by principal
/// components. The result doesn't depend on the number of threads.
/// \throws std::invalid_argument  NaN, fewer samples than channels, more components than the rank, no signal
[[nodiscard]] Ica ica(const MatrixView& x, const IcaOptions& options = {});

/// x without the components `exclude`, shape of x. What lies outside the components is kept.
/// \throws std::invalid_argument  another number of channels, components that aren't there
[[nodiscard]] Array<double> without_components(const MatrixView& x, const Ica& ica, std::span<const Index> exclude);

}  // namespace biopotential::inline v0::eeg
