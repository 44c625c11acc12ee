#include <algorithm>
#include <string>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/signal/segments_internal.hpp"

namespace biopotential::inline v0::signal {

Segments make_segments(std::string_view function, const MatrixView& x, double fs, Index nperseg,
                       std::optional<Index> overlap, std::optional<Index> nfft, Index overlap_divisor,
                       const WindowShape& shape) {
    require_sampling_rate(function, fs);
    require_length(function, x.cols(), 1);
    require_finite(function, x);
    if (nperseg < 1) {
        throw_invalid(function, "nperseg >= 1", static_cast<double>(nperseg));
    }
    Segments s;
    s.nperseg = std::min(nperseg, x.cols());
    const Index noverlap = overlap.value_or(s.nperseg / overlap_divisor);
    if (noverlap < 0 || noverlap >= s.nperseg) {
        throw_invalid(function, "noverlap inside [0, nperseg = " + std::to_string(s.nperseg) + ")",
                      static_cast<double>(noverlap));
    }
    s.step = s.nperseg - noverlap;
    s.nfft = nfft.value_or(s.nperseg);
    if (s.nfft < s.nperseg) {
        throw_invalid(function, "nfft >= nperseg", static_cast<double>(s.nfft));
    }
    s.n = (x.cols() - noverlap) / s.step;
    s.window = window(shape, s.nperseg, true);
    for (const double w : s.window) {
        s.sum += w;
        s.sum_squares += w * w;
    }
    s.fft = Fft::of_length(s.nfft);
    s.freqs = Array<double>{s.fft->n_freqs()};
    for (Index k = 0; k < s.freqs.size(); ++k) {
        s.freqs[k] = static_cast<double>(k) * fs / static_cast<double>(s.nfft);
    }
    return s;
}

double median_bias(Index n) {
    double bias = 1;
    for (Index k = 1; k <= (n - 1) / 2; ++k) {
        const auto twice = static_cast<double>(2 * k);
        bias += 1 / (twice + 1) - 1 / twice;
    }
    return bias;
}

}  // namespace biopotential::inline v0::signal
