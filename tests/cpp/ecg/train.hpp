#pragma once

#include <cmath>
#include <vector>

#include "biopotential/core/array.hpp"

namespace biopotential::test {

/// Gaussian deflections of 10 ms (SD) at the given times: a lead whose fiducials are known to the sample.
inline std::vector<double> qrs_train(const std::vector<double>& times_s, double fs, double duration_s,
                                     double amplitude = 1.0) {
    std::vector<double> x(static_cast<std::size_t>(duration_s * fs), 0.0);
    for (const double t : times_s) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            const double d = (static_cast<double>(i) / fs - t) / 0.010;
            x[i] += std::abs(d) < 8 ? amplitude * std::exp(-0.5 * d * d) : 0.0;
        }
    }
    return x;
}

inline std::vector<double> every(double interval_s, double duration_s, double first_s = 0.5) {
    std::vector<double> t;
    for (double at = first_s; at < duration_s - 0.2; at += interval_s) {
        t.push_back(at);
    }
    return t;
}

}  // namespace biopotential::test
