#include "biopotential/eeg/band_power.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/signal/spectral.hpp"

namespace biopotential::inline v0::eeg {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double spectral_edge(Samples freqs, Samples psd, double low, double high, double share) {
    double total = 0;
    for (std::size_t i = 0; i < freqs.size(); ++i) {
        total += freqs[i] >= low && freqs[i] <= high ? psd[i] : 0;
    }
    if (!(total > 0)) {
        return nan;
    }
    double sum = 0;
    for (std::size_t i = 0; i < freqs.size(); ++i) {
        if (freqs[i] >= low && freqs[i] <= high) {
            sum += psd[i];
            if (sum >= share * total) {
                return freqs[i];
            }
        }
    }
    return nan;
}

double alpha_peak(Samples freqs, Samples psd) {
    double best = -1;
    double at = nan;
    for (std::size_t i = 1; i + 1 < freqs.size(); ++i) {
        if (freqs[i] >= 7 && freqs[i] <= 13 && psd[i] > psd[i - 1] && psd[i] >= psd[i + 1] && psd[i] > best) {
            best = psd[i];
            const double a = std::log(psd[i - 1]);
            const double b = std::log(psd[i]);
            const double c = std::log(psd[i + 1]);
            const double curvature = a - 2 * b + c;
            const double shift = std::isfinite(curvature) && curvature < 0 ? 0.5 * (a - c) / curvature : 0;
            at = freqs[i] + shift * (freqs[1] - freqs[0]);
        }
    }
    return at;
}

void require_bands(const std::vector<Band>& bands, Samples freqs) {
    for (const Band& band : bands) {
        const auto n =
            std::count_if(freqs.begin(), freqs.end(), [&](double f) { return f >= band.low_hz && f <= band.high_hz; });
        if (n < 2) {
            throw_invalid(
                "band_power",
                "at least two frequencies in band " + band.name + " (wider band or longer epochs and windows)",
                std::to_string(n) + " at a resolution of " + std::to_string(freqs.size() > 1 ? freqs[1] : 0) + " Hz");
        }
    }
}

}  // namespace

std::vector<Band> default_bands() {
    return {{"delta", 0.5, 4}, {"theta", 4, 8},  {"alpha", 8, 12},
            {"sigma", 12, 16}, {"beta", 16, 30}, {"gamma", 30, 40}};
}

BandPower band_power(const MatrixView& x, double fs, std::span<const Epoch> epochs, const BandPowerOptions& options) {
    require_sampling_rate("band_power", fs);
    require_positive("band_power", "window_s", options.window_s);
    if (options.bands.empty()) {
        throw_invalid("band_power", "at least one band", "none");
    }
    for (const Band& band : options.bands) {
        if (!(band.low_hz >= 0 && band.low_hz < band.high_hz && band.high_hz <= fs / 2)) {
            throw_invalid("band_power", "bands with 0 <= low < high <= fs / 2",
                          band.name + " " + std::to_string(band.low_hz) + " to " + std::to_string(band.high_hz));
        }
    }
    if (!(options.edge_share > 0 && options.edge_share <= 1)) {
        throw_invalid("band_power", "edge_share in (0, 1]", options.edge_share);
    }
    const Epoch whole{0, x.cols()};
    if (epochs.empty()) {
        epochs = std::span(&whole, 1);
    }
    const Index length = epochs.front().n;
    require_length("band_power", length, 2);
    for (const Epoch& epoch : epochs) {
        if (epoch.n != length || epoch.first < 0 || epoch.first > x.cols() - length) {
            throw_invalid("band_power", "epochs of one length inside the signal",
                          std::to_string(epoch.first) + " to " + std::to_string(epoch.first + epoch.n));
        }
    }

    signal::WelchOptions welch;
    welch.nperseg = std::min(static_cast<Index>(options.window_s * fs), length);
    require_length("band_power", welch.nperseg, 2);
    welch.window = signal::WindowKind::hamming;
    welch.average = signal::Average::median;

    const auto n_epochs = static_cast<Index>(epochs.size());
    const auto n_bands = static_cast<Index>(options.bands.size());
    const Index n_freqs = welch.nperseg / 2 + 1;
    double low = options.bands.front().low_hz;
    double high = options.bands.front().high_hz;
    for (const Band& band : options.bands) {
        low = std::min(low, band.low_hz);
        high = std::max(high, band.high_hz);
    }
    BandPower out{Array<double>({n_epochs, x.rows(), n_bands}),
                  Array<double>({n_epochs, x.rows(), n_bands}),
                  Array<double>({n_epochs, x.rows()}),
                  Array<double>({n_epochs, x.rows()}),
                  Array<double>({n_freqs}),
                  Array<double>({n_epochs, x.rows(), n_freqs})};
    for (Index i = 0; i < n_freqs; ++i) {
        out.freqs[i] = static_cast<double>(i) * fs / static_cast<double>(welch.nperseg);
    }
    require_bands(options.bands, out.freqs.row(0));

    parallel_for(n_epochs * x.rows(), [&](Index i) {
        const Epoch& epoch = epochs[static_cast<std::size_t>(i / x.rows())];
        const auto part = x.block(i % x.rows(), epoch.first, 1, length);
        const std::span<double> psd = out.psd.row(i);
        if (!part.allFinite()) {
            std::ranges::fill(psd, nan);
            std::ranges::fill(out.absolute.row(i), nan);
            std::ranges::fill(out.relative.row(i), nan);
            out.edge_hz[i] = out.alpha_peak_hz[i] = nan;
            return;
        }
        const signal::Spectrum spectrum = signal::welch(MatrixView(part), fs, welch);
        const std::span<const double> freqs = spectrum.freqs.row(0);
        std::ranges::copy(spectrum.psd.row(0), psd.begin());
        const double total = signal::integrate_band(freqs, psd, low, high);
        for (Index b = 0; b < n_bands; ++b) {
            const Band& band = options.bands[static_cast<std::size_t>(b)];
            const double power = signal::integrate_band(freqs, psd, band.low_hz, band.high_hz);
            out.absolute.row(i)[static_cast<std::size_t>(b)] = power;
            out.relative.row(i)[static_cast<std::size_t>(b)] = power / total;
        }
        out.edge_hz[i] = spectral_edge(freqs, psd, low, high, options.edge_share);
        out.alpha_peak_hz[i] = alpha_peak(freqs, psd);
    });
    return out;
}

}  // namespace biopotential::inline v0::eeg
