#include "biopotential/eeg/complexity.hpp"

#include <Eigen/QR>
#include <Eigen/SVD>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "biopotential/core/check.hpp"
#include "biopotential/core/clones_internal.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/eeg/kernels_internal.hpp"
#include "biopotential/signal/spectral.hpp"

namespace biopotential::inline v0::eeg {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
/// antropy adds this to the denominator of its regressions.
constexpr double regression_epsilon = 1e-9;

/// Channels that are worth a thread of their own: starting one costs as much as some 10,000 operations.
Index grain(double operations_per_channel) {
    return static_cast<Index>(std::ceil(40'000 / std::max(1.0, operations_per_channel)));
}

/// measure(channel) for each channel in parallel; NaN where the channel holds NaN or infinity. `operations` is about
/// what measuring costs per sample.
template <class Measure>
Array<double> per_channel(const MatrixView& x, const Measure& measure, double operations = 1) {
    Array<double> out({x.rows()});
    parallel_for_ranges(x.rows(), grain(operations * static_cast<double>(x.cols())), [&](Index first, Index last) {
        for (Index c = first; c < last; ++c) {
            const ContiguousRow row(x, c);
            out[c] = all_finite(row) ? measure(row.samples()) : nan;
        }
    });
    return out;
}

double mean_of(Samples x) {
    return sum(x) / static_cast<double>(x.size());
}

double variance(Samples x) {
    return sum_of_squares(x, mean_of(x)) / static_cast<double>(x.size());
}

double slope_of(Samples x, Samples y) {
    const auto n = static_cast<double>(x.size());
    double sx = 0;
    double sy = 0;
    double sxx = 0;
    double sxy = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        sx += x[i];
        sy += y[i];
        sxx += x[i] * x[i];
        sxy += x[i] * y[i];
    }
    return (n * sxy - sx * sy) / (n * sxx - sx * sx + regression_epsilon);
}

void require_at_least(const char* function, const char* name, Index value, Index least) {
    if (value < least) {
        throw_invalid(function, std::string(name) + " >= " + std::to_string(least), std::to_string(value));
    }
}

void require_tolerance(const char* function, std::optional<double> tolerance) {
    if (tolerance && !(std::isfinite(*tolerance) && *tolerance >= 0)) {
        throw_invalid(function, "a tolerance >= 0", *tolerance);
    }
}

// Template matching. All templates are compared by their distance in time: for one lag the n - lag comparisons of
// samples are one branch-free pass over memory, and templates agree where `order` neighbouring comparisons do.

BIOPOTENTIAL_CLONES void compare_upto(const double* a, const double* b, std::size_t n, double r, std::uint8_t* near) {
    for (std::size_t i = 0; i < n; ++i) {
        near[i] = static_cast<std::uint8_t>(std::abs(a[i] - b[i]) <= r);
    }
}

BIOPOTENTIAL_CLONES void all_of(const std::uint8_t* near, std::size_t n, Index order, std::uint8_t* agree) {
    std::copy(near, near + n, agree);
    for (Index k = 1; k < order; ++k) {
        for (std::size_t i = 0; i < n; ++i) {
            agree[i] = static_cast<std::uint8_t>(agree[i] & near[i + static_cast<std::size_t>(k)]);
        }
    }
}

BIOPOTENTIAL_CLONES void add_flags(const std::uint8_t* flags, std::size_t n, std::uint32_t* counts) {
    for (std::size_t i = 0; i < n; ++i) {
        counts[i] += flags[i];
    }
}

double sample_entropy_of(Samples x, Index order, std::optional<double> tolerance) {
    const double r = tolerance.value_or(0.2 * std::sqrt(variance(x)));
    const Matches matches = count_matches(x, order, r, x.size() < 5000);
    if (matches.shorter == 0) {
        return nan;
    }
    return matches.longer == 0 ? infinity
                               : -std::log(static_cast<double>(matches.longer) / static_cast<double>(matches.shorter));
}

double mean_log_share(const std::vector<std::uint32_t>& counts, std::size_t n) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        sum += std::log(static_cast<double>(counts[i]) / static_cast<double>(n));
    }
    return sum / static_cast<double>(n);
}

double app_entropy_of(Samples x, Index order, std::optional<double> tolerance) {
    const double r = tolerance.value_or(0.2 * std::sqrt(variance(x)));
    const std::size_t n = x.size();
    const auto m = static_cast<std::size_t>(order);
    std::vector<std::uint8_t> near(n);
    std::vector<std::uint8_t> agree(n);
    std::vector<std::uint32_t> shorter(n, 1);  // each template agrees with itself
    std::vector<std::uint32_t> longer(n, 1);
    for (std::size_t lag = 1; lag + m <= n; ++lag) {
        compare_upto(x.data(), x.data() + lag, n - lag, r, near.data());
        std::size_t templates = n - m + 1 - lag;
        all_of(near.data(), templates, order, agree.data());
        add_flags(agree.data(), templates, shorter.data());
        add_flags(agree.data(), templates, shorter.data() + lag);
        if (--templates > 0) {
            for (std::size_t i = 0; i < templates; ++i) {
                agree[i] = static_cast<std::uint8_t>(agree[i] & near[i + m]);
            }
            add_flags(agree.data(), templates, longer.data());
            add_flags(agree.data(), templates, longer.data() + lag);
        }
    }
    return mean_log_share(shorter, n - m + 1) - mean_log_share(longer, n - m);
}

/// Counts of ordinal patterns by their Lehmer code: for each sample how many later ones are smaller.
template <int order>
std::vector<std::uint32_t> ordinal_patterns(Samples x, std::size_t delay) {
    std::size_t n_patterns = 1;
    for (int i = 2; i <= order; ++i) {
        n_patterns *= static_cast<std::size_t>(i);
    }
    std::vector<std::uint32_t> counts(n_patterns);
    const std::size_t n = x.size() - static_cast<std::size_t>(order - 1) * delay;
    for (std::size_t at = 0; at < n; ++at) {
        std::uint32_t code = 0;
        for (int i = 0; i < order - 1; ++i) {
            std::uint32_t smaller = 0;
            const double value = x[at + static_cast<std::size_t>(i) * delay];
            for (int j = i + 1; j < order; ++j) {
                smaller += static_cast<std::uint32_t>(x[at + static_cast<std::size_t>(j) * delay] < value);
            }
            code = code * static_cast<std::uint32_t>(order - i) + smaller;
        }
        ++counts[code];
    }
    return counts;
}

std::vector<std::uint32_t> ordinal_patterns(Samples x, Index order, std::size_t delay) {
    switch (order) {
        case 6:
            return ordinal_patterns<6>(x, delay);
        case 7:
            return ordinal_patterns<7>(x, delay);
        case 8:
            return ordinal_patterns<8>(x, delay);
        default:
            return ordinal_counts(x, order, static_cast<Index>(delay));
    }
}

template <class Values>
double entropy_bits(const Values& values, double total) {
    double sum = 0;
    for (const auto v : values) {
        const double p = static_cast<double>(v) / total;
        if (p > 0) {
            sum += p * std::log2(p);
        }
    }
    return -sum;
}

/// Transitions of the automaton for few symbols: one table row a state.
class DenseTransitions {
  public:
    DenseTransitions(std::size_t n_symbols, std::size_t n_states)
        : n_symbols_(n_symbols), next_(n_symbols * n_states, -1) {}
    [[nodiscard]] int get(int state, std::uint32_t symbol) const { return next_[at(state, symbol)]; }
    void set(int state, std::uint32_t symbol, int to) { next_[at(state, symbol)] = to; }
    void copy(int from, int to) {
        std::copy_n(next_.begin() + static_cast<std::ptrdiff_t>(at(from, 0)), n_symbols_,
                    next_.begin() + static_cast<std::ptrdiff_t>(at(to, 0)));
    }

  private:
    [[nodiscard]] std::size_t at(int state, std::uint32_t symbol) const {
        return static_cast<std::size_t>(state) * n_symbols_ + symbol;
    }
    std::size_t n_symbols_;
    std::vector<int> next_;
};

/// The same for many symbols.
class SparseTransitions {
  public:
    SparseTransitions(std::size_t /*n_symbols*/, std::size_t n_states) : next_(n_states) {}
    [[nodiscard]] int get(int state, std::uint32_t symbol) const {
        const auto& row = next_[static_cast<std::size_t>(state)];
        const auto found = row.find(symbol);
        return found == row.end() ? -1 : found->second;
    }
    void set(int state, std::uint32_t symbol, int to) { next_[static_cast<std::size_t>(state)][symbol] = to; }
    void copy(int from, int to) { next_[static_cast<std::size_t>(to)] = next_[static_cast<std::size_t>(from)]; }

  private:
    std::vector<std::map<std::uint32_t, int>> next_;
};

/// Number of phrases of the LZ76 parsing: each is the shortest string that doesn't occur earlier (overlaps allowed).
///
/// The suffix automaton (Blumer et al. 1985, TCS 40:31) of all symbols before the current one is grown symbol by
/// symbol, while `at` follows the current phrase through it.
template <class Transitions>
Index count_phrases(const std::vector<std::uint32_t>& s, std::size_t n_symbols) {
    const std::size_t n_states = 2 * s.size() + 1;
    Transitions next(n_symbols, n_states);
    std::vector<int> link(n_states, -1);
    std::vector<int> length(n_states, 0);
    int n_used = 1;
    int last = 0;
    const auto extend = [&](std::uint32_t symbol) {
        const int current = n_used++;
        const auto index = [](int state) { return static_cast<std::size_t>(state); };
        length[index(current)] = length[index(last)] + 1;
        int p = last;
        while (p != -1 && next.get(p, symbol) == -1) {
            next.set(p, symbol, current);
            p = link[index(p)];
        }
        if (p == -1) {
            link[index(current)] = 0;
        } else {
            const int q = next.get(p, symbol);
            if (length[index(p)] + 1 == length[index(q)]) {
                link[index(current)] = q;
            } else {
                const int clone = n_used++;
                length[index(clone)] = length[index(p)] + 1;
                next.copy(q, clone);
                link[index(clone)] = link[index(q)];
                while (p != -1 && next.get(p, symbol) == q) {
                    next.set(p, symbol, clone);
                    p = link[index(p)];
                }
                link[index(q)] = clone;
                link[index(current)] = clone;
            }
        }
        last = current;
    };
    Index phrases = 0;
    int at = 0;
    int matched = 0;
    for (const std::uint32_t symbol : s) {
        const int to = next.get(at, symbol);
        extend(symbol);
        if (to == -1) {
            ++phrases;
            at = 0;
            matched = 0;
            continue;
        }
        at = to;
        ++matched;
        // The state may have been split when the automaton grew: go to the part that holds strings of this length.
        while (link[static_cast<std::size_t>(at)] != -1 &&
               length[static_cast<std::size_t>(link[static_cast<std::size_t>(at)])] >= matched) {
            at = link[static_cast<std::size_t>(at)];
        }
    }
    return phrases + (matched > 0 ? 1 : 0);
}

double lziv_of(Samples x, bool normalize) {
    std::vector<double> symbols(x.size());
    std::transform(x.begin(), x.end(), symbols.begin(), [](double v) { return std::trunc(v); });
    std::vector<double> alphabet = symbols;
    std::sort(alphabet.begin(), alphabet.end());
    alphabet.erase(std::unique(alphabet.begin(), alphabet.end()), alphabet.end());
    std::vector<std::uint32_t> codes(symbols.size());
    std::transform(symbols.begin(), symbols.end(), codes.begin(), [&](double v) {
        return static_cast<std::uint32_t>(std::lower_bound(alphabet.begin(), alphabet.end(), v) - alphabet.begin());
    });
    const auto phrases =
        static_cast<double>(alphabet.size() <= 8 ? count_phrases<DenseTransitions>(codes, alphabet.size())
                                                 : count_phrases<SparseTransitions>(codes, alphabet.size()));
    if (!normalize) {
        return phrases;
    }
    const auto n = static_cast<double>(x.size());
    const double base = std::max(2.0, static_cast<double>(alphabet.size()));
    return phrases / (n / (std::log(n) / std::log(base)));
}

double higuchi_of(Samples x, std::size_t kmax) {
    const std::size_t n = x.size();
    std::vector<double> log_inverse(kmax);
    std::vector<double> log_length(kmax);
    std::vector<double> sums;
    for (std::size_t k = 1; k <= kmax; ++k) {
        lag_sums(x, static_cast<Index>(k), sums);
        double mean = 0;
        for (std::size_t m = 0; m < k; ++m) {
            const std::size_t whole_steps = (n - m - 1) / k;
            const auto steps = static_cast<double>(whole_steps);
            mean += sums[m] / static_cast<double>(k) * (static_cast<double>(n - 1) / (static_cast<double>(k) * steps));
        }
        mean /= static_cast<double>(k);
        log_inverse[k - 1] = std::log(1.0 / static_cast<double>(k));
        log_length[k - 1] = std::log(mean);
    }
    const double slope = slope_of(log_inverse, log_length);
    return std::isfinite(slope) ? slope : nan;
}

/// Window lengths of the fluctuation analysis: 4 * 1.2^i rounded down, without repeats, up to `most`.
std::vector<std::size_t> window_lengths(double most) {
    std::vector<std::size_t> lengths{4};
    const auto steps = static_cast<int>(std::floor(std::log(most / 4) / std::log(1.2)));
    for (int i = 0; i <= steps; ++i) {
        const auto n = static_cast<std::size_t>(4 * std::pow(1.2, i));
        if (n > lengths.back()) {
            lengths.push_back(n);
        }
    }
    return lengths;
}

double dfa_of(Samples x) {
    const double mean = mean_of(x);
    std::vector<double> walk(x.size());
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        sum += x[i] - mean;
        walk[i] = sum;
    }
    std::vector<double> log_n;
    std::vector<double> log_fluctuation;
    for (const std::size_t n : window_lengths(0.1 * static_cast<double>(x.size()))) {
        const double total = detrended_sum(walk, static_cast<Index>(n));
        const double fluctuation = std::sqrt(
            total / static_cast<double>(x.size() / n));  // NOLINT(bugprone-integer-division): whole windows only
        if (fluctuation != 0) {
            log_n.push_back(std::log(static_cast<double>(n)));
            log_fluctuation.push_back(std::log(fluctuation));
        }
    }
    return log_n.empty() ? nan : slope_of(log_n, log_fluctuation);
}

double svd_entropy_of(Samples x, Index order, Index delay, bool normalize) {
    const Index n = static_cast<Index>(x.size()) - (order - 1) * delay;
    Eigen::MatrixXd embedded(n, order);
    for (Index k = 0; k < order; ++k) {
        embedded.col(k) = Eigen::Map<const Eigen::VectorXd>(x.data() + k * delay, n);
    }
    // The singular values are those of R of the QR decomposition, which is small and loses no digits.
    Eigen::MatrixXd small = embedded;
    if (n > order) {
        const Eigen::HouseholderQR<Eigen::MatrixXd> qr(embedded);
        small = qr.matrixQR().topRows(order).triangularView<Eigen::Upper>();
    }
    const Eigen::VectorXd values = Eigen::JacobiSVD<Eigen::MatrixXd>(small).singularValues();
    const double total = values.sum();
    if (total == 0) {
        return nan;
    }
    const double entropy = entropy_bits(std::span(values.data(), static_cast<std::size_t>(values.size())), total);
    return normalize ? entropy / std::log2(static_cast<double>(order)) : entropy;
}

}  // namespace

Array<double> sample_entropy(const MatrixView& x, Index order, std::optional<double> tolerance) {
    require_at_least("sample_entropy", "order", order, 1);
    require_tolerance("sample_entropy", tolerance);
    require_length("sample_entropy", x.cols(), order + 2);
    return per_channel(
        x, [&](Samples row) { return sample_entropy_of(row, order, tolerance); }, 0.2 * static_cast<double>(x.cols()));
}

Array<double> app_entropy(const MatrixView& x, Index order, std::optional<double> tolerance) {
    require_at_least("app_entropy", "order", order, 1);
    require_tolerance("app_entropy", tolerance);
    require_length("app_entropy", x.cols(), order + 2);
    return per_channel(
        x, [&](Samples row) { return app_entropy_of(row, order, tolerance); }, 0.3 * static_cast<double>(x.cols()));
}

Array<double> perm_entropy(const MatrixView& x, Index order, Index delay, bool normalize) {
    if (order < 2 || order > 8) {
        throw_invalid("perm_entropy", "order from 2 to 8", std::to_string(order));
    }
    require_at_least("perm_entropy", "delay", delay, 1);
    require_length("perm_entropy", x.cols(), (order - 1) * delay + 1);
    return per_channel(
        x,
        [&](Samples row) {
            const std::vector<std::uint32_t> counts = ordinal_patterns(row, order, static_cast<std::size_t>(delay));
            const double entropy = entropy_bits(counts, static_cast<double>(x.cols() - (order - 1) * delay));
            return normalize ? std::clamp(entropy / std::log2(static_cast<double>(counts.size())), 0.0, 1.0) : entropy;
        },
        static_cast<double>(order));
}

Array<double> spectral_entropy(const MatrixView& x, double fs, const SpectralEntropyOptions& options) {
    require_sampling_rate("spectral_entropy", fs);
    require_at_least("spectral_entropy", "nperseg", options.nperseg, 1);
    require_length("spectral_entropy", x.cols(), 2);
    signal::WelchOptions welch;
    welch.nperseg = std::min(options.nperseg, x.cols());
    return per_channel(
        x,
        [&](Samples row) {
            const signal::Spectrum spectrum = options.method == EntropySpectrum::fft
                                                  ? signal::periodogram(as_row(row), fs)
                                                  : signal::welch(as_row(row), fs, welch);
            const std::span<const double> psd = spectrum.psd.row(0);
            const double total = std::accumulate(psd.begin(), psd.end(), 0.0);
            if (!(total > 0)) {
                return nan;
            }
            const double entropy = entropy_bits(psd, total);
            return options.normalize ? entropy / std::log2(static_cast<double>(psd.size())) : entropy;
        },
        20);
}

Array<double> svd_entropy(const MatrixView& x, Index order, Index delay, bool normalize) {
    require_at_least("svd_entropy", "order", order, 2);
    require_at_least("svd_entropy", "delay", delay, 1);
    require_length("svd_entropy", x.cols(), order * delay);
    return per_channel(
        x, [&](Samples row) { return svd_entropy_of(row, order, delay, normalize); }, 10 * static_cast<double>(order));
}

Array<double> lziv_complexity(const MatrixView& symbols, bool normalize) {
    require_length("lziv_complexity", symbols.cols(), 1);
    for (Index c = 0; c < symbols.rows(); ++c) {
        for (Index i = 0; i < symbols.cols(); ++i) {
            if (symbols(c, i) <= -1) {
                throw_invalid("lziv_complexity", "symbols >= 0 (binarize a signal first, for instance x >= median)",
                              symbols(c, i));
            }
        }
    }
    return per_channel(symbols, [&](Samples row) { return lziv_of(row, normalize); }, 50);
}

Array<double> higuchi_fd(const MatrixView& x, Index kmax) {
    require_at_least("higuchi_fd", "kmax", kmax, 2);
    require_length("higuchi_fd", x.cols(), 2 * kmax);
    return per_channel(
        x, [&](Samples row) { return higuchi_of(row, static_cast<std::size_t>(kmax)); }, static_cast<double>(kmax));
}

Array<double> katz_fd(const MatrixView& x) {
    require_length("katz_fd", x.cols(), 2);
    return per_channel(x, [](Samples row) {
        const double length = path_length(row);
        const double extent = largest_distance(row);
        const double step = length / static_cast<double>(row.size() - 1);
        return std::log10(length / step) / std::log10(extent / step);
    });
}

Array<double> petrosian_fd(const MatrixView& x) {
    require_length("petrosian_fd", x.cols(), 2);
    return per_channel(x, [](Samples row) {
        const auto n = static_cast<double>(row.size());
        const auto changes = static_cast<double>(difference_sign_changes(row));
        return std::log10(n) / (std::log10(n) + std::log10(n / (n + 0.4 * changes)));
    });
}

Array<double> detrended_fluctuation(const MatrixView& x) {
    require_length("detrended_fluctuation", x.cols(), 40);
    return per_channel(x, dfa_of, 60);
}

Hjorth hjorth(const MatrixView& x, std::optional<double> fs) {
    if (fs) {
        require_sampling_rate("hjorth", *fs);
    }
    require_length("hjorth", x.cols(), 3);
    Hjorth out{Array<double>({x.rows()}), Array<double>({x.rows()}), Array<double>({x.rows()})};
    const auto measure = [&](Index c) {
        const ContiguousRow row(x, c);
        if (!all_finite(row)) {
            out.activity[c] = out.mobility[c] = out.complexity[c] = nan;
            return;
        }
        const SquareSums sums = square_sums(row);
        const double v0 = sums.signal / static_cast<double>(x.cols());
        const double v1 = sums.first / static_cast<double>(x.cols() - 1);
        const double v2 = sums.second / static_cast<double>(x.cols() - 2);
        const double mobility = std::sqrt(v1 / v0);
        out.activity[c] = v0;
        out.mobility[c] = mobility * fs.value_or(1);
        out.complexity[c] = std::sqrt(v2 / v1) / mobility;
    };
    parallel_for_ranges(x.rows(), grain(8 * static_cast<double>(x.cols())), [&](Index first, Index last) {
        for (Index c = first; c < last; ++c) {
            measure(c);
        }
    });
    return out;
}

Array<double> line_length(const MatrixView& x, bool mean) {
    require_length("line_length", x.cols(), 2);
    return per_channel(x, [&](Samples row) {
        const double length = path_length(row);
        return mean ? length / static_cast<double>(row.size() - 1) : length;
    });
}

Array<double> zero_crossings(const MatrixView& x, bool normalize) {
    require_length("zero_crossings", x.cols(), 1);
    return per_channel(x, [&](Samples row) {
        const auto changes = static_cast<double>(sign_changes(row));
        return normalize ? changes / static_cast<double>(row.size()) : changes;
    });
}

}  // namespace biopotential::inline v0::eeg
