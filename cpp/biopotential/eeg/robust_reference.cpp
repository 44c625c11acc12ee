#include "biopotential/eeg/robust_reference.hpp"

#include <algorithm>
#include <set>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/statistics.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/eeg/spline.hpp"
#include "biopotential/signal/filter.hpp"

namespace biopotential::inline v0::eeg {

namespace {

bool is_one_of(const std::vector<std::string>& reasons, std::initializer_list<const char*> wanted) {
    return std::ranges::any_of(wanted, [&](const char* w) { return std::ranges::find(reasons, w) != reasons.end(); });
}

/// Median over the given channels, sample by sample.
Eigen::RowVectorXd median_of(const Array<double>& x, const std::vector<Index>& rows) {
    Eigen::RowVectorXd out(x.shape(1));
    parallel_for_ranges(x.shape(1), 4096, [&](Index first, Index last) {
        std::vector<double> values(rows.size());
        for (Index i = first; i < last; ++i) {
            for (std::size_t k = 0; k < rows.size(); ++k) {
                values[k] = x(rows[k], i);
            }
            out[i] = median_in_place(values);
        }
    });
    return out;
}

Eigen::RowVectorXd mean_of(const Array<double>& x, const std::vector<Index>& rows) {
    Eigen::RowVectorXd out = Eigen::RowVectorXd::Zero(x.shape(1));
    for (const Index c : rows) {
        out += x.matrix().row(c);
    }
    return out / static_cast<double>(rows.size());
}

}  // namespace

RobustReference robust_reference(const MatrixView& x, std::span<const std::string> channels, double fs,
                                 const RobustReferenceOptions& options) {
    require_sampling_rate("robust_reference", fs);
    if (options.max_iterations < 1) {
        throw_invalid("robust_reference", "max_iterations >= 1", options.max_iterations);
    }
    if (static_cast<Index>(channels.size()) != x.rows()) {
        throw_invalid("robust_reference", std::to_string(x.rows()) + " channel names", std::to_string(channels.size()));
    }
    Array<double> raw({x.rows(), x.cols()});
    std::set<Index> unusable;
    for (Index c = 0; c < x.rows(); ++c) {
        if (x.row(c).allFinite()) {
            raw.matrix().row(c) = x.row(c);
        } else {
            unusable.insert(c);  // stays 0, and so flat
        }
    }
    BadChannelOptions filtered = options.bad;
    filtered.highpass = false;
    const Array<double> signal = signal::highpass(view(raw), 1, fs);
    const BadChannels first = find_bad_channels(view(signal), fs, filtered);
    for (Index c = 0; c < x.rows(); ++c) {
        const auto& reasons = first.reasons[static_cast<std::size_t>(c)];
        if (is_one_of(reasons, {"missing", "flat"}) ||
            (is_one_of(reasons, {"noise"}) && is_one_of(reasons, {"correlation"}))) {
            unusable.insert(c);
        }
    }
    std::vector<Index> used;
    for (Index c = 0; c < x.rows(); ++c) {
        if (!unusable.contains(c)) {
            used.push_back(c);
        }
    }
    if (used.size() < 3) {
        throw_invalid("robust_reference", "at least 3 good channels", std::to_string(used.size()));
    }
    const auto minus = [&](const Array<double>& from, const Eigen::RowVectorXd& reference) {
        Array<double> out = from.clone();
        for (const Index c : used) {
            out.matrix().row(c) -= reference;
        }
        return out;
    };
    const auto interpolated = [&](const Array<double>& from, const std::set<Index>& bad) {
        const std::vector<Index> rows(bad.begin(), bad.end());
        return interpolate(view(from), channels, rows);
    };
    Array<double> trial = minus(signal, median_of(signal, used));
    std::set<Index> bad;
    std::set<Index> before;
    for (int iteration = 0;; ++iteration) {
        const BadChannels found = find_bad_channels(view(trial), fs, filtered);
        for (Index c = 0; c < x.rows(); ++c) {
            const auto& reasons = found.reasons[static_cast<std::size_t>(c)];
            if (!reasons.empty() || is_one_of(first.reasons[static_cast<std::size_t>(c)], {"missing", "flat"})) {
                bad.insert(c);
            }
        }
        if ((iteration > 1 && (bad.empty() || bad == before)) || iteration > options.max_iterations) {
            break;
        }
        before = bad;
        trial = minus(signal, mean_of(interpolated(signal, bad), used));
    }
    // At the end every channel counts, those never usable as the others make them.
    const Eigen::RowVectorXd reference = interpolated(raw, bad).matrix().colwise().mean();
    RobustReference out;
    out.excluded.assign(bad.begin(), bad.end());
    Array<double> referenced = raw;
    for (Index c = 0; c < x.rows(); ++c) {
        referenced.matrix().row(c) -= reference;
    }
    const BadChannels rest = find_bad_channels(view(referenced), fs, options.bad);
    for (Index c = 0; c < x.rows(); ++c) {
        if (!rest.reasons[static_cast<std::size_t>(c)].empty()) {
            unusable.insert(c);
        }
    }
    out.interpolated.assign(unusable.begin(), unusable.end());
    out.x = interpolated(referenced, unusable);
    // What was interpolated shifts the mean once more.
    const Eigen::RowVectorXd rest_mean = out.x.matrix().colwise().mean();
    out.x.matrix().rowwise() -= rest_mean;
    out.reference = Array<double>({x.cols()});
    out.reference.matrix().row(0) = reference + rest_mean;
    return out;
}

}  // namespace biopotential::inline v0::eeg
