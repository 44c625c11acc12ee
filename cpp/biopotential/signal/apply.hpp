#pragma once

#include "biopotential/core/array.hpp"
#include "biopotential/core/pipeline.hpp"

namespace biopotential::inline v0::signal {

struct Applied {
    Array<double> x;  ///< shape (n_channels, n_samples), fewer or more samples after a resample step
    double fs;        ///< Hz, after a resample step the new one
};

/// Run a declared pipeline over one stretch without a gap.
///
/// | function    | parameters (in brackets: optional)                                            |
/// |-------------|-------------------------------------------------------------------------------|
/// | bandpass    | low, high [method "fir" / "iir", order, padding "scipy" / "mne"]              |
/// | bandstop    | the same                                                                      |
/// | highpass    | low [method, order, padding]                                                  |
/// | lowpass     | high [method, order, padding]                                                 |
/// | notch       | freqs (list or number) [method, width_hz, transition_hz, q]                   |
/// | resample    | fs                                                                            |
/// | detrend     | [type "constant" / "linear" (default)]                                        |
/// | standardize | none: each channel minus its mean, by its standard deviation (ddof 0); a constant channel becomes 0
/// | | scale       | factor [offset]: x * factor + offset                                          | | clip        |
/// low, high                                                                     |
///
/// \throws std::invalid_argument  an unknown step, parameter, type or version, named in the message
[[nodiscard]] Applied apply(const Pipeline& pipeline, const MatrixView& x, double fs);

}  // namespace biopotential::inline v0::signal
