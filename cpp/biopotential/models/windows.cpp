#include "biopotential/models/windows.hpp"

#include <algorithm>

#include "biopotential/core/errors.hpp"
#include "biopotential/core/intervals.hpp"

namespace biopotential::inline v0::models {

namespace {

constexpr double longest = 3;  // seconds, or times the local interval

}  // namespace

const std::vector<std::string>& side_feature_names() {
    static const std::vector<std::string> names{"pre_rr_s", "post_rr_s", "local_rr_s", "pre_ratio", "post_ratio"};
    return names;
}

Array<double> rr_side_features(std::span<const Index> r_peaks, double fs, std::span<const std::string> names) {
    constexpr const char* function = "models.rr_side_features";
    const IntervalContext rr = interval_context(function, r_peaks, fs);
    for (const std::string& name : names) {
        const auto& known = side_feature_names();
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            throw_invalid(function, "a known feature", name);
        }
    }
    const auto n_beats = static_cast<Index>(r_peaks.size());
    Array<double> out({n_beats, static_cast<Index>(names.size())});
    if (n_beats == 0 || names.empty()) {
        return out;
    }
    if (n_beats == 1) {
        throw_invalid(function, "at least two beats for RR intervals", "one");
    }
    for (Index i = 0; i < n_beats; ++i) {
        const double local = rr.local_s[i];
        const double pre = i > 0 ? rr.before_s[i] : local;
        const double post = i + 1 < n_beats ? rr.after_s[i] : local;
        for (std::size_t j = 0; j < names.size(); ++j) {
            const std::string& name = names[j];
            const double value = name == "pre_rr_s"     ? pre
                                 : name == "post_rr_s"  ? post
                                 : name == "local_rr_s" ? local
                                 : name == "pre_ratio"  ? pre / local
                                                        : post / local;
            out(i, static_cast<Index>(j)) = std::min(value, longest);
        }
    }
    return out;
}

Array<double> cut_windows(const MatrixView& x, std::span<const Index> starts, Index n) {
    const auto n_windows = static_cast<Index>(starts.size());
    if (n_windows > 0 && x.cols() == 0) {
        throw_invalid("models.cut_windows", "a signal with samples", "none");
    }
    Array<double> out({n_windows, x.rows(), n});
    for (Index w = 0; w < n_windows; ++w) {
        for (Index c = 0; c < x.rows(); ++c) {
            const std::span<double> row = out.row(w * x.rows() + c);
            for (Index i = 0; i < n; ++i) {
                const Index at = std::clamp<Index>(starts[static_cast<std::size_t>(w)] + i, 0, x.cols() - 1);
                row[static_cast<std::size_t>(i)] = x(c, at);
            }
        }
    }
    return out;
}

}  // namespace biopotential::inline v0::models
