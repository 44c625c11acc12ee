#include "biopotential/ecg/leads.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <string>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"

namespace biopotential::inline v0::ecg {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr Index n_independent = 8;
/// Before the QRS; its mean is what the vectors are taken from.
constexpr double level_s = 0.01;

using Weights = std::array<std::array<double, n_independent>, 3>;
using Vector = std::array<double, 3>;

//                                I      II     V1     V2     V3     V4     V5     V6
constexpr Weights kors_weights{{{0.38, -0.07, -0.13, 0.05, -0.01, 0.14, 0.06, 0.54},
                                {-0.07, 0.93, 0.06, -0.02, -0.05, 0.06, -0.17, 0.13},
                                {0.11, -0.23, -0.43, -0.06, -0.14, -0.20, -0.11, 0.31}}};
constexpr Weights inverse_dower_weights{{{0.156, -0.010, -0.172, -0.074, 0.122, 0.231, 0.239, 0.194},
                                         {-0.227, 0.887, 0.057, -0.019, -0.106, -0.022, 0.041, 0.048},
                                         {0.022, 0.102, -0.229, -0.310, -0.246, -0.063, 0.055, 0.108}}};
constexpr std::array<Vector, n_independent> dower_weights{{{0.632, -0.235, 0.059},
                                                           {0.235, 1.066, -0.132},
                                                           {-0.515, 0.157, -0.917},
                                                           {0.044, 0.164, -1.387},
                                                           {0.882, 0.098, -1.277},
                                                           {1.213, 0.127, -0.601},
                                                           {1.125, 0.127, -0.086},
                                                           {0.831, 0.076, 0.230}}};
constexpr std::array<std::array<double, 2>, 6> limb_weights{
    {{1, 0}, {0, 1}, {-1, 1}, {-0.5, -0.5}, {1, -0.5}, {-0.5, 1}}};

/// One row for each of `weights`: the sum of the rows of x, weighted.
template <std::size_t n_out, std::size_t n_in>
Array<double> weigh(const char* function, const char* wanted, const MatrixView& x,
                    const std::array<std::array<double, n_in>, n_out>& weights) {
    if (x.rows() != static_cast<Index>(n_in)) {
        throw_invalid(function, wanted, std::to_string(x.rows()) + " rows");
    }
    Array<double> out({static_cast<Index>(n_out), x.cols()});
    for (std::size_t r = 0; r < n_out; ++r) {
        const auto to = out.row(static_cast<Index>(r));
        for (std::size_t c = 0; c < n_in; ++c) {
            // A lead that takes no part may be missing.
            for (Index i = 0; i < x.cols() && weights[r][c] != 0; ++i) {
                to[static_cast<std::size_t>(i)] += weights[r][c] * x(static_cast<Index>(c), i);
            }
        }
    }
    return out;
}

double length(const Vector& v) {
    return std::hypot(v[0], v[1], v[2]);
}

double angle_deg(const Vector& a, const Vector& b) {
    const double both = length(a) * length(b);
    if (!(both > 0)) {
        return nan;
    }
    const double cosine = (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) / both;
    return std::acos(std::clamp(cosine, -1.0, 1.0)) * 180 / std::numbers::pi;
}

struct Stretch {
    Index first, end;
};

/// Samples from onset to offset, both included, where both are there and in the signal.
std::optional<Stretch> stretch(double onset, double offset, Index n) {
    if (!(onset >= 0 && offset >= onset && offset <= static_cast<double>(n - 1))) {
        return std::nullopt;
    }
    return Stretch{static_cast<Index>(std::lround(onset)), static_cast<Index>(std::lround(offset)) + 1};
}

Vector mean_of(const Array<double>& rows, Stretch where) {
    Vector out{};
    for (std::size_t r = 0; r < 3; ++r) {
        const auto row = rows.row(static_cast<Index>(r));
        for (Index i = where.first; i < where.end; ++i) {
            out[r] += row[static_cast<std::size_t>(i)] / static_cast<double>(where.end - where.first);
        }
    }
    return out;
}

Vector minus(Vector a, const Vector& b) {
    for (std::size_t r = 0; r < 3; ++r) {
        a[r] -= b[r];
    }
    return a;
}

/// The vector farthest from `level`; NaN where one of them is.
Vector longest(const Array<double>& rows, Stretch where, const Vector& level) {
    Vector out{};
    for (Index i = where.first; i < where.end; ++i) {
        const Vector v = minus({rows(0, i), rows(1, i), rows(2, i)}, level);
        if (!std::isfinite(length(v))) {
            return {nan, nan, nan};
        }
        if (length(v) > length(out)) {
            out = v;
        }
    }
    return out;
}

}  // namespace

Array<double> limb_leads(const MatrixView& x) {
    return weigh("limb_leads", "2 rows, I and II", x, limb_weights);
}

Array<double> frank_leads(const MatrixView& x, FrankTransform transform) {
    return weigh("frank_leads", "8 rows, I, II, V1 to V6", x,
                 transform == FrankTransform::kors ? kors_weights : inverse_dower_weights);
}

Array<double> leads_of_frank(const MatrixView& xyz) {
    return weigh("leads_of_frank", "3 rows, X, Y, Z", xyz, dower_weights);
}

VectorMeasures vector_measures(const MatrixView& x, double fs, const BeatMarks& marks, FrankTransform transform) {
    require_positive("vector_measures", "fs", fs);
    const std::size_t n_beats = marks.qrs_onset.size();
    for (const auto& other : {marks.qrs_offset, marks.t_onset, marks.t_offset}) {
        if (other.size() != n_beats) {
            throw_invalid("vector_measures", "as many of each mark as of QRS onsets, " + std::to_string(n_beats),
                          std::to_string(other.size()));
        }
    }
    const Array<double> xyz = frank_leads(x, transform);
    const auto n_level = std::max<Index>(1, std::lround(level_s * fs));
    VectorMeasures out;
    for (Array<double>* column : {&out.frontal_axis_deg, &out.qrs_t_angle_deg, &out.qrs_t_peak_angle_deg,
                                  &out.qrs_magnitude, &out.t_magnitude, &out.ventricular_gradient}) {
        *column = Array<double>({static_cast<Index>(n_beats)});
        std::ranges::fill(column->row(0), nan);
    }
    for (std::size_t b = 0; b < n_beats; ++b) {
        const auto qrs = stretch(marks.qrs_onset[b], marks.qrs_offset[b], x.cols());
        if (!qrs) {
            continue;
        }
        const auto at = static_cast<Index>(b);
        const Stretch before{std::max<Index>(0, qrs->first - n_level), std::max<Index>(1, qrs->first)};
        const Vector level = mean_of(xyz, before);
        const Vector qrs_mean = minus(mean_of(xyz, *qrs), level);
        const Vector qrs_peak = longest(xyz, *qrs, level);
        out.qrs_magnitude[at] = length(qrs_peak);

        std::array<double, 2> area{};
        for (Index lead = 0; lead < 2; ++lead) {
            double base = 0;
            for (Index i = before.first; i < before.end; ++i) {
                base += x(lead, i) / static_cast<double>(before.end - before.first);
            }
            for (Index i = qrs->first; i < qrs->end; ++i) {
                area[static_cast<std::size_t>(lead)] += x(lead, i) - base;
            }
        }
        const double feet = (area[1] - area[0] / 2) * 2 / std::numbers::sqrt3;
        if (area[0] != 0 || feet != 0) {
            out.frontal_axis_deg[at] = std::atan2(feet, area[0]) * 180 / std::numbers::pi;
        }

        const auto t = stretch(marks.t_onset[b], marks.t_offset[b], x.cols());
        if (!t || t->first < qrs->first) {
            continue;
        }
        const Vector t_peak = longest(xyz, *t, level);
        out.t_magnitude[at] = length(t_peak);
        out.qrs_t_angle_deg[at] = angle_deg(qrs_mean, minus(mean_of(xyz, *t), level));
        out.qrs_t_peak_angle_deg[at] = angle_deg(qrs_peak, t_peak);
        const Stretch whole{qrs->first, t->end};
        out.ventricular_gradient[at] =
            length(minus(mean_of(xyz, whole), level)) * static_cast<double>(whole.end - whole.first) / fs;
    }
    return out;
}

}  // namespace biopotential::inline v0::ecg
