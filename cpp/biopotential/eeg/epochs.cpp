#include "biopotential/eeg/epochs.hpp"

#include <cmath>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"

namespace biopotential::inline v0::eeg {

std::vector<Epoch> fixed_epochs(std::span<const Segment> segments, double fs, double length_s, double step_s) {
    require_sampling_rate("fixed_epochs", fs);
    require_positive("fixed_epochs", "length_s", length_s);
    if (!(std::isfinite(step_s) && step_s >= 0)) {
        throw_invalid("fixed_epochs", "step_s >= 0", step_s);
    }
    const double length = std::round(length_s * fs);
    const double step = step_s > 0 ? step_s * fs : length_s * fs;
    if (length < 1 || step < 1) {
        throw_invalid("fixed_epochs", "epochs and steps of at least one sample", std::min(length, step));
    }
    std::vector<Epoch> epochs;
    for (const Segment& segment : segments) {
        // Starts are rounded one by one: an fs that isn't whole must not make the grid drift.
        for (Index i = 0;; ++i) {
            const double start = std::round(static_cast<double>(i) * step);
            if (start + length > static_cast<double>(segment.n)) {
                break;
            }
            epochs.push_back({segment.first + static_cast<Index>(start), static_cast<Index>(length)});
        }
    }
    return epochs;
}

std::vector<Epoch> fixed_epochs(Index n_samples, double fs, double length_s, double step_s) {
    const Segment whole{0, 0, n_samples};
    return fixed_epochs(std::span(&whole, 1), fs, length_s, step_s);
}

}  // namespace biopotential::inline v0::eeg
