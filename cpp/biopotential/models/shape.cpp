#include <algorithm>
#include <cmath>
#include <map>

#include "biopotential/core/errors.hpp"
#include "biopotential/core/statistics.hpp"
#include "biopotential/models/shape_internal.hpp"
#include "biopotential/models/windows.hpp"

namespace biopotential::inline v0::models {

namespace {

using std::size_t;
using Beats = std::vector<std::vector<double>>;

constexpr double furthest_s = 0.04;  // that a beat is moved onto the usual one
constexpr double alike = 0.9;
constexpr Index max_for_usual = 2000, max_for_similar = 200, rounds = 3;
constexpr double most = 5;

struct Range {
    Index first = 0, last = 0;  // one past the end
};

Range range(Index before, double fs, double from_s, double to_s, Index n) {
    const Index first = before + static_cast<Index>(std::lround(from_s * fs));
    const Index last = before + static_cast<Index>(std::lround(to_s * fs)) + 1;
    return {std::clamp<Index>(first, 0, n), std::clamp<Index>(last, 0, n)};
}

std::span<const double> part(const std::vector<double>& x, Range r) {
    return std::span(x).subspan(static_cast<size_t>(r.first), static_cast<size_t>(r.last - r.first));
}

/// Pearson's; 0 where one of them is constant.
double correlation(std::span<const double> a, std::span<const double> b) {
    double ma = 0, mb = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        ma += a[i];
        mb += b[i];
    }
    ma /= static_cast<double>(a.size());
    mb /= static_cast<double>(a.size());
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        ab += (a[i] - ma) * (b[i] - mb);
        aa += (a[i] - ma) * (a[i] - ma);
        bb += (b[i] - mb) * (b[i] - mb);
    }
    const double scale = std::sqrt(aa) * std::sqrt(bb);
    return scale > 0 ? ab / scale : 0;
}

double ratio(double a, double b) {
    return b > 0 ? a / b : 0;
}

std::vector<double> moved(const std::vector<double>& x, Index by) {
    const auto n = static_cast<Index>(x.size());
    std::vector<double> out(x.size());
    for (Index i = 0; i < n; ++i) {
        out[static_cast<size_t>(i)] = x[static_cast<size_t>(std::clamp<Index>(i + by, 0, n - 1))];
    }
    return out;
}

/// Sample by sample.
std::vector<double> median_beat(const std::vector<const std::vector<double>*>& beats) {
    std::vector<double> out(beats.front()->size()), work(beats.size());
    for (size_t i = 0; i < out.size(); ++i) {
        work.resize(beats.size());
        for (size_t b = 0; b < beats.size(); ++b) {
            work[b] = (*beats[b])[i];
        }
        out[i] = median_in_place(work);
    }
    return out;
}

void subtract_median(std::vector<double>& x) {
    std::vector<double> work(x);
    const double median = median_in_place(work);
    for (double& v : x) {
        v -= median;
    }
}

/// At most `count` of n positions, evenly spaced.
std::vector<Index> spread(Index n, Index count) {
    std::vector<Index> out;
    count = std::min(n, count);
    for (Index i = 0; i < count; ++i) {
        const double at =
            count > 1 ? static_cast<double>(i) * static_cast<double>(n - 1) / static_cast<double>(count - 1) : 0;
        out.push_back(static_cast<Index>(std::lround(at)));
    }
    return out;
}

std::pair<double, double> extremes(std::span<const double> x) {
    const auto [low, high] = std::minmax_element(x.begin(), x.end());
    return {*low, *high};
}

double span_of(std::span<const double> x) {
    const auto [low, high] = extremes(x);
    return high - low;
}

double root_mean_square(std::span<const double> a, std::span<const double> b) {
    double sum = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return std::sqrt(sum / static_cast<double>(a.size()));
}

std::vector<double> steepness(const std::vector<double>& x) {
    std::vector<double> out(x.size());
    const size_t end = x.size() - 1;
    for (size_t i = 0; i <= end; ++i) {
        out[i] = i == 0     ? std::abs(x[1] - x[0])
                 : i == end ? std::abs(x[end] - x[end - 1])
                            : std::abs(x[i + 1] - x[i - 1]) / 2;
    }
    return out;
}

/// Seconds between the first and the last slope of at least `share` of the steepest.
double width_s(std::span<const double> slopes, double share, double fs) {
    const double least = share * *std::max_element(slopes.begin(), slopes.end());
    const auto steep = [&](double v) { return v >= least; };
    const auto first = std::find_if(slopes.begin(), slopes.end(), steep);
    const auto last = std::find_if(slopes.rbegin(), slopes.rend(), steep);
    return static_cast<double>(last.base() - first - 1) / fs;
}

class Shapes {
  public:
    Shapes(const Array<double>& windows, Index before, double fs)
        : fs_(fs), n_(windows.shape(0)), furthest_(static_cast<Index>(std::lround(furthest_s * fs))) {
        const Index samples = windows.shape(2);
        qrs_ = range(before, fs, -0.12, 0.16, samples);
        beat_ = range(before, fs, -0.16, 0.45, samples);
        t_ = range(before, fs, 0.16, 0.55, samples);
        p_ = range(before, fs, -0.28, -0.07, samples);
        slopes_ = range(before, fs, -0.16, 0.22, samples);
        for (Index i = 0; i < n_; ++i) {
            const auto row = windows.row(i * windows.shape(1));
            beats_.emplace_back(row.begin(), row.end());
            subtract_median(beats_.back());
        }
        find_usual();
        const double amplitude = span_of(part(usual_, range(before, fs, -0.1, 0.1, samples)));
        const double scale = amplitude > 0 ? 1 / amplitude : 1;
        for (double& v : usual_) {
            v *= scale;
        }
        for (std::vector<double>& beat : beats_) {
            beat = moved(beat, aligned(beat).second);
            for (double& v : beat) {
                v *= scale;
            }
        }
        describe();
        compare();
    }

    void add_rhythm(const Array<double>& rhythm) {
        const std::vector<Index> sample = spread(n_, max_for_similar);
        std::vector<double>&share = columns_["similar_share"], &pre = columns_["similar_pre_ratio"],
        &post = columns_["similar_post_ratio"];
        for (Index i = 0; i < n_; ++i) {
            Index count = 0;
            double sum_pre = 0, sum_post = 0;
            for (const Index other : sample) {
                if (other != i && correlation(qrs(i), qrs(other)) > alike) {
                    ++count;
                    sum_pre += std::min(rhythm(other, 0), 2.0);
                    sum_post += std::min(rhythm(other, 1), 2.0);
                }
            }
            share.push_back(static_cast<double>(count) / static_cast<double>(sample.size()));
            pre.push_back(count > 0 ? sum_pre / static_cast<double>(count) : rhythm(i, 0));
            post.push_back(count > 0 ? sum_post / static_cast<double>(count) : rhythm(i, 1));
        }
    }

    [[nodiscard]] const std::vector<double>& column(const std::string& name) const { return columns_.at(name); }

  private:
    [[nodiscard]] const std::vector<double>& at(Index i) const { return beats_[static_cast<size_t>(i)]; }
    [[nodiscard]] std::span<const double> qrs(Index i) const { return part(at(i), qrs_); }

    /// Highest correlation with the usual QRS, and the move that gives it.
    [[nodiscard]] std::pair<double, Index> aligned(const std::vector<double>& beat) const {
        std::pair<double, Index> best{-2, 0};
        const auto n = static_cast<Index>(beat.size());
        for (Index by = -furthest_; by <= furthest_; ++by) {
            if (qrs_.first + by < 0 || qrs_.last + by > n) {
                continue;
            }
            const double c = correlation(part(beat, {qrs_.first + by, qrs_.last + by}), part(usual_, qrs_));
            if (c > best.first) {
                best = {c, by};
            }
        }
        return best;
    }

    void find_usual() {
        std::vector<const std::vector<double>*> sample;
        for (const Index i : spread(n_, max_for_usual)) {
            sample.push_back(&at(i));
        }
        usual_ = median_beat(sample);
        for (Index round = 0; round < rounds; ++round) {
            std::vector<std::pair<double, Index>> found;
            std::vector<double> sorted;
            for (const auto* beat : sample) {
                found.push_back(aligned(*beat));
                sorted.push_back(found.back().first);
            }
            std::sort(sorted.begin(), sorted.end());
            double least = alike;
            if (static_cast<double>(std::count_if(sorted.begin(), sorted.end(), [](double c) { return c >= alike; })) <
                0.2 * static_cast<double>(sorted.size())) {
                least = sorted[(sorted.size() - 1) * 3 / 5];
            }
            Beats chosen;
            for (size_t i = 0; i < sample.size(); ++i) {
                if (found[i].first >= least) {
                    chosen.push_back(moved(*sample[i], found[i].second));
                }
            }
            std::vector<const std::vector<double>*> pointers;
            for (const std::vector<double>& beat : chosen) {
                pointers.push_back(&beat);
            }
            usual_ = median_beat(pointers);
        }
        subtract_median(usual_);
    }

    void describe() {
        const std::vector<double> usual_slopes = steepness(usual_);
        const auto usual_part = part(usual_slopes, slopes_);
        const double usual_steepest = extremes(part(usual_slopes, qrs_)).second;
        double usual_power = 0, usual_area = 0;
        for (const double v : part(usual_, qrs_)) {
            usual_power += v * v;
            usual_area += std::abs(v);
        }
        const auto usual_t = extremes(part(usual_, t_));
        usual_power = std::sqrt(usual_power / static_cast<double>(qrs_.last - qrs_.first));
        for (const std::vector<double>& beat : beats_) {
            const auto add = [&](const char* name, double value) { columns_[name].push_back(value); };
            const auto q = part(beat, qrs_);
            const auto [low, high] = extremes(q);
            add("usual_correlation", correlation(q, part(usual_, qrs_)));
            add("usual_correlation_beat", correlation(part(beat, beat_), part(usual_, beat_)));
            add("usual_correlation_t", correlation(part(beat, t_), part(usual_, t_)));
            add("usual_correlation_p", correlation(part(beat, p_), part(usual_, p_)));
            add("usual_error_qrs", ratio(root_mean_square(q, part(usual_, qrs_)), usual_power));
            add("usual_error_t", root_mean_square(part(beat, t_), part(usual_, t_)));
            add("usual_error_p", root_mean_square(part(beat, p_), part(usual_, p_)));
            add("qrs_amplitude", high - low);
            add("qrs_max", high);
            add("qrs_min", low);
            double area = 0;
            for (const double v : q) {
                area += std::abs(v);
            }
            add("qrs_area", ratio(area, usual_area));
            const std::vector<double> slopes = steepness(beat);
            const auto mine = part(slopes, slopes_);
            add("qrs_width_s", width_s(mine, 0.3, fs_));
            add("qrs_width15_change_s", width_s(mine, 0.15, fs_) - width_s(usual_part, 0.15, fs_));
            add("qrs_width30_change_s", width_s(mine, 0.3, fs_) - width_s(usual_part, 0.3, fs_));
            add("qrs_width50_change_s", width_s(mine, 0.5, fs_) - width_s(usual_part, 0.5, fs_));
            const double steepest = extremes(part(slopes, qrs_)).second;
            add("slope", ratio(steepest, usual_steepest));
            add("sharpness", ratio(steepest, high - low));
            add("p_amplitude", span_of(part(beat, p_)));
            const auto [t_low, t_high] = extremes(part(beat, t_));
            add("t_max_change", t_high - usual_t.second);
            add("t_min_change", t_low - usual_t.first);
        }
    }

    void compare() {
        const std::vector<double> usual_correlation = columns_["usual_correlation"];
        std::vector<double> work;
        for (Index i = 0; i < n_; ++i) {
            const auto add = [&](const char* name, double value) { columns_[name].push_back(value); };
            add("previous_correlation", i > 0 ? correlation(qrs(i), qrs(i - 1)) : 1);
            add("next_correlation", i + 1 < n_ ? correlation(qrs(i), qrs(i + 1)) : 1);
            Beats near;
            for (Index k = -8; k <= 8; ++k) {
                const auto q = qrs(std::clamp<Index>(i + k, 0, n_ - 1));
                near.emplace_back(q.begin(), q.end());
            }
            std::vector<const std::vector<double>*> pointers;
            for (const std::vector<double>& beat : near) {
                pointers.push_back(&beat);
            }
            const std::vector<double> local = median_beat(pointers);
            add("local_correlation", correlation(qrs(i), local));
            add("local_usual_correlation", correlation(local, part(usual_, qrs_)));
            const Index first = std::max<Index>(0, i - 5), last = std::min(n_, i + 5);
            work.assign(usual_correlation.begin() + first, usual_correlation.begin() + last);
            add("usual_correlation_median", median_in_place(work));
        }
    }

    double fs_;
    Index n_, furthest_;
    Range qrs_, beat_, t_, p_, slopes_;
    Beats beats_;
    std::vector<double> usual_;
    std::map<std::string, std::vector<double>> columns_;
};

}  // namespace

const std::vector<std::string>& detail::shape_names() {
    static const std::vector<std::string> names{"usual_correlation",
                                                "usual_correlation_beat",
                                                "usual_correlation_t",
                                                "usual_correlation_p",
                                                "usual_error_qrs",
                                                "usual_error_t",
                                                "usual_error_p",
                                                "qrs_amplitude",
                                                "qrs_max",
                                                "qrs_min",
                                                "qrs_area",
                                                "qrs_width_s",
                                                "qrs_width15_change_s",
                                                "qrs_width30_change_s",
                                                "qrs_width50_change_s",
                                                "slope",
                                                "sharpness",
                                                "p_amplitude",
                                                "t_max_change",
                                                "t_min_change",
                                                "previous_correlation",
                                                "next_correlation",
                                                "local_correlation",
                                                "local_usual_correlation",
                                                "usual_correlation_median",
                                                "similar_share",
                                                "similar_pre_ratio",
                                                "similar_post_ratio"};
    return names;
}

Array<double> shape_side_features(const Array<double>& windows, Index before, double fs, const Array<double>& rhythm,
                                  std::span<const std::string> names) {
    constexpr const char* function = "models.shape_side_features";
    for (const std::string& name : names) {
        if (!is_shape_feature(name)) {
            throw_invalid(function, "a known feature", name);
        }
    }
    if (!(fs >= shape_least_fs) || !std::isfinite(fs)) {
        throw_invalid(function, "windows at 50 Hz or more", fs);
    }
    if (windows.ndim() != 3 || windows.shape(1) < 1 || static_cast<double>(before) < shape_before_s * fs ||
        static_cast<double>(windows.shape(2) - 1 - before) < shape_after_s * fs) {
        throw_invalid(function,
                      "windows (n_beats, n_channels, n_samples) from 0.28 s before to 0.55 s after the R peak",
                      std::to_string(before) + " samples before it");
    }
    const Index n = windows.shape(0);
    if (rhythm.ndim() != 2 || rhythm.shape(0) != n || rhythm.shape(1) != 2) {
        throw_invalid(function, "pre_ratio and post_ratio of each beat", std::to_string(rhythm.size()) + " values");
    }
    Array<double> out({n, static_cast<Index>(names.size())});
    if (n == 0 || names.empty()) {
        return out;
    }
    Shapes shapes(windows, before, fs);
    shapes.add_rhythm(rhythm);
    for (size_t j = 0; j < names.size(); ++j) {
        const std::vector<double>& column = shapes.column(names[j]);
        for (Index i = 0; i < n; ++i) {
            out(i, static_cast<Index>(j)) = std::clamp(column[static_cast<size_t>(i)], -most, most);
        }
    }
    return out;
}

}  // namespace biopotential::inline v0::models
