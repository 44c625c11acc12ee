#include "biopotential/models/windows.hpp"

#include <algorithm>
#include <cmath>

#include "biopotential/core/errors.hpp"
#include "biopotential/core/intervals.hpp"
#include "biopotential/core/statistics.hpp"
#include "biopotential/models/shape_internal.hpp"

namespace biopotential::inline v0::models {

namespace {

using std::size_t;

constexpr double longest = 3;  // seconds, or times the local interval
constexpr Index neighbours = 10, many_neighbours = 150;
constexpr double early = 0.88;

const std::vector<std::string>& rhythm_names() {
    static const std::vector<std::string> names{
        "pre_rr_s",     "post_rr_s",      "local_rr_s",      "pre_ratio",         "post_ratio",
        "pre2_ratio",   "pre3_ratio",     "post2_ratio",     "pair_ratio",        "pre_change",
        "post_change",  "pre_long_ratio", "post_long_ratio", "local_long_ratio",  "early_share",
        "irregularity", "irregularity2",  "irregularity4",   "irregularity2_long"};
    return names;
}

/// Median of v[at - reach] ... v[at + reach - 1], as far as there are.
double median_around(std::span<const double> v, Index at, Index reach, std::vector<double>& work) {
    const Index first = std::max<Index>(0, at - reach);
    const Index last = std::min(static_cast<Index>(v.size()), at + reach);
    work.assign(v.begin() + first, v.begin() + last);
    return median_in_place(work);
}

/// One column per name, computed when it is asked for.
class Rhythm {
  public:
    explicit Rhythm(const IntervalContext& rr)
        : n_(rr.local_s.size()),
          rr_(rr.before_s.begin() + 1, rr.before_s.end()),
          local_(rr.local_s.begin(), rr.local_s.end()),
          pre_(rr.before_s.begin(), rr.before_s.end()),
          post_(rr.after_s.begin(), rr.after_s.end()) {
        pre_.front() = local_.front();
        post_.back() = local_.back();
    }

    [[nodiscard]] std::vector<double> column(const std::string& name) const {
        if (name == "pre_rr_s") {
            return pre_;
        }
        if (name == "post_rr_s") {
            return post_;
        }
        if (name == "local_rr_s") {
            return local_;
        }
        if (name == "pre_ratio") {
            return over(pre_, local_);
        }
        if (name == "post_ratio") {
            return over(post_, local_);
        }
        if (name == "pre2_ratio") {
            return over(moved(pre_, -1), local_);
        }
        if (name == "pre3_ratio") {
            return over(moved(pre_, -2), local_);
        }
        if (name == "post2_ratio") {
            return over(moved(post_, 1), local_);
        }
        if (name == "pair_ratio") {
            std::vector<double> out(pre_);
            for (size_t i = 0; i < out.size(); ++i) {
                out[i] = (pre_[i] + post_[i]) / (2 * local_[i]);
            }
            return out;
        }
        if (name == "pre_change") {
            return over(pre_, moved(pre_, -1));
        }
        if (name == "post_change") {
            return over(post_, pre_);
        }
        if (name == "early_share") {
            return early_share();
        }
        if (name.starts_with("irregularity")) {
            return irregularity(name == "irregularity"    ? 1
                                : name == "irregularity4" ? 4
                                                          : 2,
                                name == "irregularity2_long" ? 5 * neighbours : neighbours);
        }
        const std::vector<double> usual = around(rr_, many_neighbours);
        return over(name == "pre_long_ratio" ? pre_ : name == "post_long_ratio" ? post_ : local_, usual);
    }

  private:
    [[nodiscard]] std::vector<double> around(const std::vector<double>& v, Index reach) const {
        std::vector<double> out, work;
        for (Index i = 0; i < n_; ++i) {
            out.push_back(median_around(v, i, reach, work));
        }
        return out;
    }
    [[nodiscard]] static std::vector<double> over(const std::vector<double>& a, const std::vector<double>& b) {
        std::vector<double> out(a);
        for (size_t i = 0; i < out.size(); ++i) {
            out[i] = a[i] / b[i];
        }
        return out;
    }
    /// The value of the beat that far away, of the first or last where there is none.
    [[nodiscard]] std::vector<double> moved(const std::vector<double>& v, Index by) const {
        std::vector<double> out;
        out.reserve(v.size());
        for (Index i = 0; i < n_; ++i) {
            out.push_back(v[static_cast<size_t>(std::clamp<Index>(i + by, 0, n_ - 1))]);
        }
        return out;
    }
    [[nodiscard]] std::vector<double> early_share() const {
        std::vector<Index> count{0};
        count.reserve(pre_.size() + 1);
        for (size_t i = 0; i < pre_.size(); ++i) {
            count.push_back(count.back() + (pre_[i] / local_[i] < early ? 1 : 0));
        }
        std::vector<double> out;
        for (Index i = 0; i < n_; ++i) {
            const Index first = std::max<Index>(0, i - 3 * neighbours), last = std::min(n_, i + 3 * neighbours + 1);
            out.push_back(static_cast<double>(count[static_cast<size_t>(last)] - count[static_cast<size_t>(first)]) /
                          static_cast<double>(last - first));
        }
        return out;
    }
    [[nodiscard]] std::vector<double> irregularity(Index back, Index reach) const {
        std::vector<double> nearest;
        for (Index i = 0; i < n_; ++i) {
            const auto at = static_cast<size_t>(i);
            double least = std::abs(pre_[at] - pre_[static_cast<size_t>(std::max<Index>(0, i - 1))]);
            for (Index k = 2; k <= back; ++k) {
                least = std::min(least, std::abs(pre_[at] - pre_[static_cast<size_t>(std::max<Index>(0, i - k))]));
            }
            nearest.push_back(least / local_[at]);
        }
        return around(nearest, reach);
    }

    Index n_;
    std::vector<double> rr_, local_, pre_, post_;
};

void require_known(const char* function, std::span<const std::string> names, const std::vector<std::string>& known) {
    for (const std::string& name : names) {
        if (std::find(known.begin(), known.end(), name) == known.end()) {
            throw_invalid(function, "a known feature", name);
        }
    }
}

}  // namespace

const std::vector<std::string>& side_feature_names() {
    static const std::vector<std::string> names = [] {
        std::vector<std::string> all(rhythm_names());
        all.insert(all.end(), detail::shape_names().begin(), detail::shape_names().end());
        return all;
    }();
    return names;
}

bool is_shape_feature(const std::string& name) {
    const auto& names = detail::shape_names();
    return std::find(names.begin(), names.end(), name) != names.end();
}

Array<double> rr_side_features(std::span<const Index> r_peaks, double fs, std::span<const std::string> names) {
    constexpr const char* function = "models.rr_side_features";
    const IntervalContext rr = interval_context(function, r_peaks, fs);
    require_known(function, names, rhythm_names());
    const auto n_beats = static_cast<Index>(r_peaks.size());
    Array<double> out({n_beats, static_cast<Index>(names.size())});
    if (n_beats == 0 || names.empty()) {
        return out;
    }
    if (n_beats == 1) {
        throw_invalid(function, "at least two beats for RR intervals", "one");
    }
    const Rhythm rhythm(rr);
    for (size_t j = 0; j < names.size(); ++j) {
        const std::vector<double> column = rhythm.column(names[j]);
        for (Index i = 0; i < n_beats; ++i) {
            out(i, static_cast<Index>(j)) = std::min(column[static_cast<size_t>(i)], longest);
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
