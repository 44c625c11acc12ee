#include "biopotential/signal/fir_design.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <string>
#include <vector>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/signal/fft_internal.hpp"

namespace biopotential::inline v0::signal {

namespace {

using std::numbers::pi;

constexpr Index max_taps = 1'000'000;

double sinc(double x) {
    return x == 0 ? 1.0 : std::sin(pi * x) / (pi * x);
}

void require_taps(const char* function, Index n_taps, Index least, Index most) {
    if (n_taps < least || n_taps > most) {
        throw_invalid(function, "n_taps of " + std::to_string(least) + " to " + std::to_string(most),
                      static_cast<double>(n_taps));
    }
}

/// Edges in pairs, ascending inside [0, fs / 2]; weights of one a band, 1 where there are none.
std::vector<double> checked_bands(const char* function, std::span<const double> bands_hz, double fs,
                                  std::span<const double> weights) {
    require_sampling_rate(function, fs);
    if (bands_hz.empty() || bands_hz.size() % 2 != 0) {
        throw_invalid(function, "bands_hz as pairs of edges", std::to_string(bands_hz.size()) + " edges");
    }
    double before = 0;
    for (std::size_t i = 0; i < bands_hz.size(); ++i) {
        const double f = bands_hz[i];
        if (!(f >= before && f <= fs / 2) || (i % 2 == 1 && f == before)) {
            throw_invalid(function, "edges ascending inside [0, fs / 2 = " + std::to_string(fs / 2) + "] Hz", f);
        }
        before = f;
    }
    if (weights.empty()) {
        return std::vector<double>(bands_hz.size() / 2, 1.0);
    }
    if (weights.size() != bands_hz.size() / 2) {
        throw_invalid(function, "one weight a band", std::to_string(weights.size()));
    }
    for (const double w : weights) {
        require_positive(function, "a weight", w);
    }
    return {weights.begin(), weights.end()};
}

/// A polynomial in cos(2 pi f) through points, by barycentric interpolation.
class CosinePolynomial {
  public:
    /// `x`: distinct cosines; one value each goes in by set_values.
    explicit CosinePolynomial(std::vector<double> x) : x_(std::move(x)), w_(x_.size()) {
        // Products of many differences leave the range of doubles, so their logarithms are added.
        std::vector<double> logs(x_.size());
        for (std::size_t i = 0; i < x_.size(); ++i) {
            double sign = 1;
            for (std::size_t j = 0; j < x_.size(); ++j) {
                if (j != i) {
                    const double d = x_[i] - x_[j];
                    logs[i] -= std::log(std::abs(2 * d));
                    sign = d < 0 ? -sign : sign;
                }
            }
            w_[i] = sign;
        }
        const double largest = std::accumulate(logs.begin(), logs.end(), -std::numeric_limits<double>::infinity(),
                                               [](double a, double b) { return std::max(a, b); });
        for (std::size_t i = 0; i < x_.size(); ++i) {
            w_[i] *= std::exp(logs[i] - largest);
        }
    }

    [[nodiscard]] const std::vector<double>& weights() const { return w_; }
    void set_values(std::vector<double> y) { y_ = std::move(y); }

    [[nodiscard]] double operator()(double x) const {
        double above = 0;
        double below = 0;
        for (std::size_t i = 0; i < x_.size(); ++i) {
            const double d = x - x_[i];
            if (d == 0) {
                return y_[i];
            }
            const double c = w_[i] / d;
            above += c * y_[i];
            below += c;
        }
        return above / below;
    }

  private:
    std::vector<double> x_, w_, y_;
};

struct Grid {
    std::vector<double> f, desired, weight;  // f in cycles a sample
    std::vector<std::size_t> band;
};

/// Points of all bands; for an even length gain and weight are those of the factor beside cos(pi f).
Grid make_grid(std::span<const double> bands_hz, std::span<const double> desired, const std::vector<double>& weights,
               double fs, Index n_functions, int density, bool even) {
    const double step = 0.5 / (static_cast<double>(density) * static_cast<double>(n_functions));
    Grid grid;
    for (std::size_t b = 0; b < weights.size(); ++b) {
        const double first = bands_hz[2 * b] / fs;
        const double last = bands_hz[2 * b + 1] / fs;
        std::vector<double> points;
        for (int i = 0; first + i * step <= last; ++i) {
            points.push_back(first + i * step);
        }
        points.back() = last;
        for (const double f : points) {
            if (even && f > 0.5 - step) {
                continue;  // an even length has no gain there, whatever its taps
            }
            const double factor = even ? std::cos(pi * f) : 1.0;
            grid.f.push_back(f);
            grid.desired.push_back(desired[b] / factor);
            grid.weight.push_back(weights[b] * factor);
            grid.band.push_back(b);
        }
    }
    return grid;
}

/// Extremes of the weighted error with alternating signs, `wanted` of them, the largest kept.
std::vector<std::size_t> alternation(const Grid& grid, const std::vector<double>& error, std::size_t wanted) {
    std::vector<std::size_t> peaks;
    for (std::size_t i = 0; i < error.size(); ++i) {
        const bool starts = i == 0 || grid.band[i - 1] != grid.band[i];
        const bool ends = i + 1 == error.size() || grid.band[i + 1] != grid.band[i];
        const double sign = error[i] < 0 ? -1 : 1;
        const bool over_left = starts || sign * error[i] >= sign * error[i - 1];
        const bool over_right = ends || sign * error[i] > sign * error[i + 1];
        if (!over_left || !over_right) {
            continue;
        }
        if (!peaks.empty() && (error[peaks.back()] < 0) == (error[i] < 0)) {
            if (std::abs(error[i]) > std::abs(error[peaks.back()])) {
                peaks.back() = i;
            }
        } else {
            peaks.push_back(i);
        }
    }
    while (peaks.size() > wanted) {
        if (peaks.size() == wanted + 1) {
            // One too many: the weaker end goes, and the signs still alternate.
            const bool first = std::abs(error[peaks.front()]) < std::abs(error[peaks.back()]);
            peaks.erase(first ? peaks.begin() : peaks.end() - 1);
            break;
        }
        // Two or more: the weakest neighbours go as a pair.
        std::size_t weakest = 0;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i + 1 < peaks.size(); ++i) {
            const double size = std::max(std::abs(error[peaks[i]]), std::abs(error[peaks[i + 1]]));
            if (size < least) {
                least = size;
                weakest = i;
            }
        }
        const auto at = peaks.begin() + static_cast<std::ptrdiff_t>(weakest);
        peaks.erase(at, at + 2);
    }
    return peaks;
}

}  // namespace

Array<double> firwin2(Index n_taps, std::span<const double> freqs_hz, std::span<const double> gains, double fs,
                      const WindowShape& shape, Index n_freqs, bool antisymmetric) {
    require_sampling_rate("firwin2", fs);
    require_taps("firwin2", n_taps, 2, max_taps);
    const double nyquist = fs / 2;
    if (freqs_hz.size() != gains.size() || freqs_hz.size() < 2) {
        throw_invalid("firwin2", "two or more frequencies and as many gains",
                      std::to_string(freqs_hz.size()) + " and " + std::to_string(gains.size()));
    }
    if (freqs_hz.front() != 0 || freqs_hz.back() != nyquist) {
        throw_invalid("firwin2", "frequencies from 0 to fs / 2",
                      freqs_hz.front() != 0 ? freqs_hz.front() : freqs_hz.back());
    }
    std::vector<double> f(freqs_hz.begin(), freqs_hz.end());
    for (std::size_t i = 1; i < f.size(); ++i) {
        const bool again = f[i] == f[i - 1];
        if (!(f[i] >= f[i - 1]) || (again && (i == 1 || i + 1 == f.size() || f[i] == f[i - 2]))) {
            throw_invalid("firwin2", "ascending frequencies, none three times, 0 and fs / 2 once", f[i]);
        }
    }
    for (const double g : gains) {
        if (!std::isfinite(g)) {
            throw_invalid("firwin2", "finite gains", g);
        }
    }
    const bool even = n_taps % 2 == 0;
    if (even != antisymmetric && gains.back() != 0) {
        throw_invalid("firwin2", "gain 0 at fs / 2 for this type of filter", gains.back());
    }
    if (antisymmetric && gains.front() != 0) {
        throw_invalid("firwin2", "gain 0 at 0 Hz for an antisymmetric filter", gains.front());
    }
    if (n_freqs == 0) {
        n_freqs = 1 + static_cast<Index>(std::bit_ceil(static_cast<std::size_t>(n_taps)));
    }
    if (n_freqs <= n_taps / 2 || n_freqs > (Index{1} << 26)) {
        throw_invalid("firwin2", "n_freqs > n_taps / 2 and at most 2^26", static_cast<double>(n_freqs));
    }
    // A step lies between two frequencies, a rounding error apart.
    const double eps = std::numeric_limits<double>::epsilon() * nyquist;
    for (std::size_t i = 0; i + 1 < f.size(); ++i) {
        if (f[i] == f[i + 1]) {
            f[i] -= eps;
            f[i + 1] += eps;
        }
    }
    const Index length = 2 * (n_freqs - 1);
    const std::shared_ptr<const Fft> fft = Fft::of_length(length);
    FftBuffer<std::complex<double>> spectrum(n_freqs);
    FftBuffer<double> samples(length);
    std::size_t right = 1;
    const double half = static_cast<double>(n_taps - 1) / 2;
    for (Index k = 0; k < n_freqs; ++k) {
        const double x = nyquist * static_cast<double>(k) / static_cast<double>(n_freqs - 1);
        while (right + 1 < f.size() && f[right] < x) {
            ++right;
        }
        const double slope = (gains[right] - gains[right - 1]) / (f[right] - f[right - 1]);
        const double gain = slope * (x - f[right - 1]) + gains[right - 1];
        const double angle = -half * pi * static_cast<double>(k) / static_cast<double>(n_freqs - 1);
        spectrum[k] = std::polar(1.0, angle) * gain / static_cast<double>(length);
        if (antisymmetric) {
            spectrum[k] *= std::complex<double>(0, 1);
        }
    }
    fft->inverse(spectrum, samples);
    Array<double> h = window(shape, n_taps, false);
    for (Index i = 0; i < n_taps; ++i) {
        h[i] *= samples[i];
    }
    if (antisymmetric && !even) {
        h[n_taps / 2] = 0;
    }
    return h;
}

Array<double> firls(Index n_taps, std::span<const double> bands_hz, std::span<const double> desired, double fs,
                    std::span<const double> weights) {
    require_taps("firls", n_taps, 1, 20001);
    if (n_taps % 2 == 0) {
        throw_invalid("firls", "an odd n_taps", static_cast<double>(n_taps));
    }
    const std::vector<double> w = checked_bands("firls", bands_hz, fs, weights);
    if (desired.size() != bands_hz.size()) {
        throw_invalid("firls", "one desired gain an edge", std::to_string(desired.size()));
    }
    for (const double d : desired) {
        if (!std::isfinite(d)) {
            throw_invalid("firls", "finite gains", d);
        }
    }
    const Index m = (n_taps - 1) / 2;
    // q[n] integrates cos(pi n f) over the bands, r[n] the same times the wanted gain.
    std::vector<double> q(static_cast<std::size_t>(n_taps));
    Eigen::VectorXd r = Eigen::VectorXd::Zero(m + 1);
    for (std::size_t b = 0; b < w.size(); ++b) {
        const double f0 = bands_hz[2 * b] / (fs / 2);
        const double f1 = bands_hz[2 * b + 1] / (fs / 2);
        const double slope = (desired[2 * b + 1] - desired[2 * b]) / (f1 - f0);
        const double offset = desired[2 * b] - f0 * slope;
        for (Index n = 0; n < n_taps; ++n) {
            const auto at = static_cast<double>(n);
            q[static_cast<std::size_t>(n)] += w[b] * (f1 * sinc(f1 * at) - f0 * sinc(f0 * at));
        }
        const auto integral = [&](double f, Index n) {
            const auto at = static_cast<double>(n);
            double value = f * (slope * f + offset) * sinc(f * at);
            value += n == 0 ? -slope * f * f / 2 : slope * std::cos(at * pi * f) / (pi * at * pi * at);
            return value;
        };
        for (Index n = 0; n <= m; ++n) {
            r[n] += w[b] * (integral(f1, n) - integral(f0, n));
        }
    }
    Eigen::MatrixXd matrix(m + 1, m + 1);
    for (Index i = 0; i <= m; ++i) {
        for (Index j = 0; j <= m; ++j) {
            matrix(i, j) = q[static_cast<std::size_t>(std::abs(i - j))] + q[static_cast<std::size_t>(i + j)];
        }
    }
    const Eigen::VectorXd a = matrix.ldlt().solve(r);
    Array<double> h{n_taps};
    for (Index i = 0; i <= m; ++i) {
        h[m + i] = h[m - i] = i == 0 ? 2 * a[0] : a[i];
    }
    return h;
}

Array<double> remez(Index n_taps, std::span<const double> bands_hz, std::span<const double> desired, double fs,
                    std::span<const double> weights, int grid_density) {
    require_taps("remez", n_taps, 3, 2001);
    const std::vector<double> w = checked_bands("remez", bands_hz, fs, weights);
    if (desired.size() != w.size()) {
        throw_invalid("remez", "one desired gain a band", std::to_string(desired.size()));
    }
    for (const double d : desired) {
        if (!std::isfinite(d)) {
            throw_invalid("remez", "finite gains", d);
        }
    }
    if (grid_density < 1 || grid_density > 1000) {
        throw_invalid("remez", "a grid_density of 1 to 1000", grid_density);
    }
    const bool even = n_taps % 2 == 0;
    const Index n_functions = n_taps / 2 + (even ? 0 : 1);
    const Grid grid = make_grid(bands_hz, desired, w, fs, n_functions, grid_density, even);
    const auto n_peaks = static_cast<std::size_t>(n_functions + 1);
    if (grid.f.size() < n_peaks) {
        throw_invalid("remez", "bands wide enough for the filter's length", std::to_string(grid.f.size()) + " points");
    }
    const auto cosine = [](double f) { return std::cos(2 * pi * f); };
    std::vector<std::size_t> peaks(n_peaks);
    for (std::size_t i = 0; i < n_peaks; ++i) {
        peaks[i] = i * (grid.f.size() - 1) / (n_peaks - 1);
    }
    std::vector<double> error(grid.f.size());
    bool converged = false;
    std::vector<double> x(n_peaks);
    CosinePolynomial best({});
    for (int iteration = 0; iteration < 100 && !converged; ++iteration) {
        for (std::size_t i = 0; i < n_peaks; ++i) {
            x[i] = cosine(grid.f[peaks[i]]);
        }
        CosinePolynomial p(x);
        double above = 0;
        double below = 0;
        for (std::size_t i = 0; i < n_peaks; ++i) {
            const double sign = i % 2 == 0 ? 1 : -1;
            above += p.weights()[i] * grid.desired[peaks[i]];
            below += sign * p.weights()[i] / grid.weight[peaks[i]];
        }
        const double delta = above / below;
        std::vector<double> y(n_peaks);
        for (std::size_t i = 0; i < n_peaks; ++i) {
            y[i] = grid.desired[peaks[i]] - (i % 2 == 0 ? delta : -delta) / grid.weight[peaks[i]];
        }
        p.set_values(y);
        for (std::size_t i = 0; i < error.size(); ++i) {
            error[i] = grid.weight[i] * (grid.desired[i] - p(cosine(grid.f[i])));
        }
        best = p;
        std::vector<std::size_t> next = alternation(grid, error, n_peaks);
        if (next.size() < n_peaks) {
            break;  // the error is level to rounding, or the bands make no sense
        }
        double largest = 0;
        for (const std::size_t i : next) {
            largest = std::max(largest, std::abs(error[i]));
        }
        converged = next == peaks || largest - std::abs(delta) <= 1e-12 * largest;
        peaks = std::move(next);
    }
    if (!converged) {
        throw_invalid("remez", "bands and a length for which the exchange converges", "others");
    }
    // The taps from the gain at n_taps evenly spaced frequencies.
    const double n = static_cast<double>(n_taps);
    std::vector<double> gain;
    for (Index k = 0; 2 * k < n_taps; ++k) {
        const double f = static_cast<double>(k) / n;
        gain.push_back(best(cosine(f)) * (even ? std::cos(pi * f) : 1.0));
    }
    Array<double> h{n_taps};
    for (Index i = 0; i < n_taps; ++i) {
        const double at = static_cast<double>(i) - (n - 1) / 2;
        double sum = gain[0];
        for (std::size_t k = 1; k < gain.size(); ++k) {
            sum += 2 * gain[k] * std::cos(2 * pi * static_cast<double>(k) * at / n);
        }
        h[i] = sum / n;
    }
    // Where bands leave much room, the gain between them can grow until the taps carry nothing but rounding.
    double largest = 0;
    double reached = 0;
    for (std::size_t i = 0; i < grid.f.size(); ++i) {
        double value = 0;
        for (Index k = 0; k < n_taps; ++k) {
            value += h[k] * std::cos(2 * pi * grid.f[i] * (static_cast<double>(k) - (n - 1) / 2));
        }
        const double wanted = grid.desired[i] * (even ? std::cos(pi * grid.f[i]) : 1.0);
        const double weight = grid.weight[i] / (even ? std::cos(pi * grid.f[i]) : 1.0);
        reached = std::max(reached, std::abs(weight * (wanted - value)));
        largest = std::max(largest, std::abs(error[i]));
    }
    if (!(reached <= 1.01 * largest + 1e-9)) {
        throw_invalid("remez", "bands without wide gaps or a shorter filter: the gain in between gets out of hand",
                      reached);
    }
    return h;
}

double kaiser_beta(double attenuation_db) {
    if (!std::isfinite(attenuation_db)) {
        throw_invalid("kaiser_beta", "a finite attenuation in dB", attenuation_db);
    }
    if (attenuation_db > 50) {
        return 0.1102 * (attenuation_db - 8.7);
    }
    if (attenuation_db > 21) {
        return 0.5842 * std::pow(attenuation_db - 21, 0.4) + 0.07886 * (attenuation_db - 21);
    }
    return 0;
}

double kaiser_attenuation(Index n_taps, double width_hz, double fs) {
    require_sampling_rate("kaiser_attenuation", fs);
    require_taps("kaiser_attenuation", n_taps, 1, max_taps);
    require_positive("kaiser_attenuation", "width_hz", width_hz);
    return 2.285 * static_cast<double>(n_taps - 1) * pi * width_hz / (fs / 2) + 7.95;
}

KaiserDesign kaiser_order(double attenuation_db, double width_hz, double fs) {
    require_sampling_rate("kaiser_order", fs);
    require_positive("kaiser_order", "width_hz", width_hz);
    if (!(std::isfinite(attenuation_db) && attenuation_db >= 8)) {
        throw_invalid("kaiser_order", "an attenuation of 8 dB or more: Kaiser's formula ends there", attenuation_db);
    }
    const double n = std::ceil((attenuation_db - 7.95) / 2.285 / (pi * width_hz / (fs / 2)) + 1);
    if (!(n <= static_cast<double>(max_taps))) {
        throw_invalid("kaiser_order", "a filter of at most 1,000,000 taps", n);
    }
    return {static_cast<Index>(n), kaiser_beta(attenuation_db)};
}

Array<double> minimum_phase(Samples h, bool half, Index n_fft) {
    const auto n = static_cast<Index>(h.size());
    require_taps("minimum_phase", n, 3, max_taps);
    require_finite("minimum_phase", h);
    if (n_fft == 0) {
        n_fft = static_cast<Index>(
            std::bit_ceil(static_cast<std::size_t>(std::ceil(2.0 * static_cast<double>(n - 1) / 0.01))));
    }
    if (n_fft < n || n_fft > (Index{1} << 28)) {
        throw_invalid("minimum_phase", "n_fft of n_taps to 2^28", static_cast<double>(n_fft));
    }
    const std::shared_ptr<const Fft> fft = Fft::of_length(n_fft);
    FftBuffer<double> samples(n_fft);
    FftBuffer<std::complex<double>> spectrum(fft->n_freqs());
    std::copy(h.begin(), h.end(), samples.data());
    fft->forward(samples, spectrum);
    double least = std::numeric_limits<double>::infinity();
    for (Index k = 0; k < fft->n_freqs(); ++k) {
        const double gain = std::abs(spectrum[k]);
        spectrum[k] = gain;
        least = gain > 0 ? std::min(least, gain) : least;
    }
    if (!std::isfinite(least)) {
        throw_invalid("minimum_phase", "taps that are not all 0", "zeros");
    }
    // Logarithm of a gain that never is 0, back in time: the cepstrum, folded onto its causal part.
    for (Index k = 0; k < fft->n_freqs(); ++k) {
        const double gain = std::log(spectrum[k].real() + 1e-7 * least);
        spectrum[k] = (half ? 0.5 : 1.0) * gain / static_cast<double>(n_fft);
    }
    fft->inverse(spectrum, samples);
    for (Index i = 1; i < n_fft; ++i) {
        // The middle one is next to nothing; SciPy leaves it out (even), or takes it once (odd).
        samples[i] *= i < n_fft / 2 ? 2 : (i == n_fft / 2 && n_fft % 2 == 1 ? 1 : 0);
    }
    fft->forward(samples, spectrum);
    for (Index k = 0; k < fft->n_freqs(); ++k) {
        spectrum[k] = std::exp(spectrum[k]) / static_cast<double>(n_fft);
    }
    fft->inverse(spectrum, samples);
    Array<double> out{half ? n / 2 + n % 2 : n};
    std::copy_n(samples.data(), out.size(), out.data());
    return out;
}

}  // namespace biopotential::inline v0::signal
