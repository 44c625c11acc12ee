#include "biopotential/signal/wavelet.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/signal/kernels_internal.hpp"
#include "biopotential/signal/wavelet_internal.hpp"

namespace biopotential::inline v0::signal {

namespace {

constexpr int max_level = 62;

Array<double> to_array(std::span<const double> v) {
    Array<double> out{static_cast<Index>(v.size())};
    std::copy(v.begin(), v.end(), out.begin());
    return out;
}

Array<double> reversed(const Array<double>& h) {
    Array<double> out = h.clone();
    std::reverse(out.begin(), out.end());
    return out;
}

/// Every second tap with the other sign, from tap `first` on.
Array<double> alternating(const Array<double>& h, Index first) {
    Array<double> out = h.clone();
    for (Index i = first; i < out.size(); i += 2) {
        out[i] = -out[i];
    }
    return out;
}

/// One channel as it goes on beyond its ends.
std::vector<double> extended(const MatrixView& x, Index c, Index before, Index after, Extension mode) {
    const Index n = x.cols();
    std::vector<double> out(static_cast<std::size_t>(n + before + after));
    const auto at = [&](Index i) -> double {
        if (i >= 0 && i < n) {
            return x(c, i);
        }
        const auto wrapped = [](Index v, Index period) { return ((v % period) + period) % period; };
        switch (mode) {
            case Extension::zero:
                return 0;
            case Extension::constant:
                return x(c, i < 0 ? 0 : n - 1);
            case Extension::periodic:
            case Extension::periodization:
                return x(c, wrapped(i, n));
            case Extension::symmetric:
            case Extension::antisymmetric: {
                const Index p = wrapped(i, 2 * n);
                const double v = x(c, p < n ? p : 2 * n - 1 - p);
                return mode == Extension::antisymmetric && p >= n ? -v : v;
            }
            case Extension::smooth: {
                if (n == 1) {
                    return x(c, 0);
                }
                const double steps = static_cast<double>(i < 0 ? -i : i - (n - 1));
                return i < 0 ? x(c, 0) + steps * (x(c, 0) - x(c, 1))
                             : x(c, n - 1) + steps * (x(c, n - 1) - x(c, n - 2));
            }
            case Extension::reflect:
            case Extension::antireflect: {
                if (n == 1) {
                    return x(c, 0);
                }
                const Index period = 2 * (n - 1);
                const Index p = wrapped(i, period);
                const double v = x(c, p < n ? p : period - p);
                if (mode == Extension::reflect) {
                    return v;
                }
                // Each reflection is odd about its end, so that whole periods add twice the difference of the ends.
                const double whole = std::floor(static_cast<double>(i) / static_cast<double>(period));
                const double climb = 2 * whole * (x(c, n - 1) - x(c, 0));
                return (p < n ? v : 2 * x(c, n - 1) - v) + climb;
            }
        }
        return 0;
    };
    for (Index i = -before; i < n + after; ++i) {
        out[static_cast<std::size_t>(i + before)] = at(i);
    }
    return out;
}

void require_signal(const char* function, const MatrixView& x) {
    require_length(function, x.cols(), 1);
    require_finite(function, x);
}

/// out[k] = sum_j f[j] x[2 k + start - j].
void analyse(const std::vector<double>& padded, Index before, const Array<double>& backward_filter, Index start,
             std::span<double> out) {
    const Index n_taps = backward_filter.size();
    for (std::size_t k = 0; k < out.size(); ++k) {
        const Index last = 2 * static_cast<Index>(k) + start + before;
        out[k] = dot(backward_filter.data(), padded.data() + last - n_taps + 1, n_taps);
    }
}

/// out[i] += sum_k c[k] g[i + shift - 2 k], over whole turns of out where it is periodic.
void synthesise(const MatrixView& coefficients, Index c, const Array<double>& g, Index shift, bool periodic,
                std::span<double> out) {
    const auto n = static_cast<Index>(out.size());
    for (Index k = 0; k < coefficients.cols(); ++k) {
        const double v = coefficients(c, k);
        for (Index j = 0; j < g.size(); ++j) {
            Index i = j - shift + 2 * k;
            if (periodic) {
                i = ((i % n) + n) % n;
            } else if (i < 0 || i >= n) {
                continue;
            }
            out[static_cast<std::size_t>(i)] += v * g[j];
        }
    }
}

}  // namespace

Wavelet wavelet(std::string_view name) {
    const bool reverse = name.starts_with("rbio");
    const std::string wanted =
        reverse ? "bior" + std::string(name.substr(4)) : (name == "haar" ? "db1" : std::string(name));
    for (const WaveletTable& table : wavelet_tables()) {
        if (table.name != wanted) {
            continue;
        }
        Wavelet w;
        w.name = name;
        w.synthesis_low = to_array(table.synthesis);
        w.analysis_low = table.analysis.empty() ? reversed(w.synthesis_low) : to_array(table.analysis);
        if (reverse) {
            const Array<double> synthesis = reversed(w.analysis_low);
            w.analysis_low = reversed(w.synthesis_low);
            w.synthesis_low = synthesis;
        }
        w.analysis_high = alternating(w.synthesis_low, 0);
        w.synthesis_high = alternating(w.analysis_low, 1);
        return w;
    }
    throw_invalid("wavelet", "haar, db1 to db20, sym2 to sym20, coif1 to coif5, bior or rbio 1.1 to 6.8", name);
}

std::vector<std::string> wavelet_names() {
    std::vector<std::string> names{"haar"};
    for (const WaveletTable& table : wavelet_tables()) {
        names.emplace_back(table.name);
        if (table.name.starts_with("bior")) {
            names.push_back("rbio" + std::string(table.name.substr(4)));
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

DwtCoefficients dwt(const MatrixView& x, const Wavelet& w, Extension mode) {
    require_signal("dwt", x);
    const Index n = x.cols();
    const Index n_taps = w.analysis_low.size();
    const bool periodic = mode == Extension::periodization;
    const Index n_out = periodic ? (n + 1) / 2 : (n + n_taps - 1) / 2;
    DwtCoefficients out{Array<double>{x.rows(), n_out}, Array<double>{x.rows(), n_out}};
    const Array<double> low = reversed(w.analysis_low);
    const Array<double> high = reversed(w.analysis_high);
    parallel_for(x.rows(), [&](Index c) {
        const Index around = n_taps + 1;
        std::vector<double> padded;
        if (periodic && n % 2 == 1) {
            // An odd signal repeats its last sample before it repeats itself.
            Matrix even(1, n + 1);
            for (Index i = 0; i <= n; ++i) {
                even(0, i) = x(c, std::min(i, n - 1));
            }
            padded = extended(even, 0, around, around, mode);
        } else {
            padded = extended(x, c, around, around, mode);
        }
        const Index start = periodic ? n_taps / 2 : 1;
        analyse(padded, around, low, start, out.approximation.row(c));
        analyse(padded, around, high, start, out.detail.row(c));
    });
    return out;
}

Array<double> idwt(const MatrixView& approximation, const MatrixView& detail, const Wavelet& w, Extension mode) {
    require_signal("idwt", approximation);
    require_signal("idwt", detail);
    if (approximation.rows() != detail.rows() || approximation.cols() != detail.cols()) {
        throw_invalid("idwt", "approximation and detail of one shape",
                      std::to_string(approximation.cols()) + " and " + std::to_string(detail.cols()));
    }
    const Index n = approximation.cols();
    const Index n_taps = w.synthesis_low.size();
    const bool periodic = mode == Extension::periodization;
    const Index n_out = periodic ? 2 * n : 2 * n - n_taps + 2;
    require_length("idwt", n_out, 1);
    Array<double> y{approximation.rows(), n_out};
    const Index shift = periodic ? n_taps / 2 - 1 : n_taps - 2;
    parallel_for(approximation.rows(), [&](Index c) {
        synthesise(approximation, c, w.synthesis_low, shift, periodic, y.row(c));
        synthesise(detail, c, w.synthesis_high, shift, periodic, y.row(c));
    });
    return y;
}

int dwt_max_level(Index n_samples, const Wavelet& w) {
    int level = 0;
    for (Index length = w.analysis_low.size() - 1; 2 * length <= n_samples && level < max_level; length *= 2) {
        ++level;
    }
    return level;
}

std::vector<Array<double>> wavedec(const MatrixView& x, const Wavelet& w, std::optional<int> level, Extension mode) {
    require_signal("wavedec", x);
    const int n = level.value_or(dwt_max_level(x.cols(), w));
    if (n < 0 || n > max_level) {
        throw_invalid("wavedec", "a level of 0 to 62", n);
    }
    Array<double> rest{x.rows(), x.cols()};
    for (Index c = 0; c < x.rows(); ++c) {
        for (Index i = 0; i < x.cols(); ++i) {
            rest(c, i) = x(c, i);
        }
    }
    std::vector<Array<double>> out;
    for (int l = 0; l < n; ++l) {
        DwtCoefficients d = dwt(view(rest), w, mode);
        out.push_back(std::move(d.detail));
        rest = std::move(d.approximation);
    }
    out.push_back(std::move(rest));
    std::reverse(out.begin(), out.end());
    return out;
}

Array<double> waverec(const std::vector<Array<double>>& coefficients, const Wavelet& w, Extension mode) {
    if (coefficients.empty()) {
        throw_invalid("waverec", "at least one array of coefficients", "none");
    }
    Array<double> rest = coefficients[0].clone();
    for (std::size_t l = 1; l < coefficients.size(); ++l) {
        const Array<double>& detail = coefficients[l];
        // An odd level comes back one sample longer than it was.
        const Index extra = rest.shape(1) - detail.shape(1);
        if (extra != 0 && extra != 1) {
            throw_invalid("waverec", "coefficients whose lengths follow from each other",
                          std::to_string(rest.shape(1)) + " and " + std::to_string(detail.shape(1)));
        }
        rest = idwt(MatrixView(rest.matrix().leftCols(detail.shape(1))), view(detail), w, mode);
    }
    return rest;
}

std::vector<DwtCoefficients> swt(const MatrixView& x, const Wavelet& w, int level) {
    require_signal("swt", x);
    const Index n = x.cols();
    if (level < 1 || level > 40 || n % (Index{1} << level) != 0) {
        throw_invalid("swt", "a level >= 1 whose power of two divides the " + std::to_string(n) + " samples", level);
    }
    const Index n_taps = w.analysis_low.size();
    std::vector<DwtCoefficients> out;
    Array<double> rest;
    for (int l = 0; l < level; ++l) {
        const Index step = Index{1} << l;
        DwtCoefficients d{Array<double>{x.rows(), n}, Array<double>{x.rows(), n}};
        parallel_for(x.rows(), [&](Index c) {
            for (Index i = 0; i < n; ++i) {
                double low = 0;
                double high = 0;
                for (Index j = 0; j < n_taps; ++j) {
                    const Index at = (((i + n_taps * step / 2 - j * step) % n) + n) % n;
                    const double v = l == 0 ? x(c, at) : rest(c, at);
                    low += w.analysis_low[j] * v;
                    high += w.analysis_high[j] * v;
                }
                d.approximation(c, i) = low;
                d.detail(c, i) = high;
            }
        });
        rest = d.approximation;
        out.push_back(std::move(d));
    }
    std::reverse(out.begin(), out.end());
    return out;
}

Array<double> iswt(const std::vector<DwtCoefficients>& levels, const Wavelet& w) {
    if (levels.empty()) {
        throw_invalid("iswt", "at least one level", "none");
    }
    const Array<double>& first = levels[0].approximation;
    const Index n = first.shape(1);
    if (levels.size() > 40 || n % (Index{1} << levels.size()) != 0) {
        throw_invalid("iswt", "levels whose power of two divides the samples", static_cast<double>(n));
    }
    for (const DwtCoefficients& d : levels) {
        if (d.detail.shape() != first.shape() || d.approximation.shape() != first.shape()) {
            throw_invalid("iswt", "levels of one shape", "others");
        }
    }
    const Index n_taps = w.synthesis_low.size();
    Array<double> rest = first;
    for (std::size_t k = 0; k < levels.size(); ++k) {
        const Index step = Index{1} << (levels.size() - 1 - k);
        const Array<double>& detail = levels[k].detail;
        Array<double> y{first.shape(0), n};
        parallel_for(first.shape(0), [&](Index c) {
            for (Index i = 0; i < n; ++i) {
                double sum = 0;
                for (Index j = 0; j < n_taps; ++j) {
                    const Index at = (((i - n_taps * step / 2 + j * step) % n) + n) % n;
                    sum += w.synthesis_low[n_taps - 1 - j] * rest(c, at) +
                           w.synthesis_high[n_taps - 1 - j] * detail(c, at);
                }
                y(c, i) = sum / 2;
            }
        });
        rest = y;
    }
    return rest;
}

}  // namespace biopotential::inline v0::signal
