#include "biopotential/signal/filter.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/core/threads.hpp"
#include "biopotential/signal/fft_internal.hpp"
#include "biopotential/signal/kernels_internal.hpp"
#include "biopotential/signal/sections_internal.hpp"

namespace biopotential::inline v0::signal {

namespace {

std::vector<double> packed(const MatrixView& sos) {
    std::vector<double> out;
    out.reserve(static_cast<std::size_t>(sos.size()));
    for (Index s = 0; s < sos.rows(); ++s) {
        for (Index i = 0; i < 6; ++i) {
            out.push_back(sos(s, i));
        }
    }
    return out;
}

/// Channels that go through the sections together. The lanes don't touch each other, so the choice never shows in the
/// result.
struct Group {
    Index first = 0;
    Index n = 0;
    Index lanes = 1;
};

std::vector<Group> group_channels(Index n_channels) {
    const Index widest = best_lanes(n_channels, num_threads());
    std::vector<Group> groups;
    for (Index first = 0; first < n_channels;) {
        const Index left = n_channels - first;
        Index lanes = widest;
        while (lanes > 4 && left <= lanes / 2) {
            lanes /= 2;
        }
        lanes = left == 1 ? 1 : lanes;
        const Index n = std::min(left, lanes);
        groups.push_back({first, n, lanes});
        first += n;
    }
    return groups;
}

/// A group's way from x to y. Idle lanes repeat the last channel and write what it writes.
SectionsTask task_of(const Group& g, const MatrixView& x, Array<double>& y, const std::vector<double>& sos,
                     std::vector<double>& state) {
    SectionsTask t;
    t.sos = sos.data();
    t.n_sections = static_cast<Index>(sos.size() / 6);
    t.lanes = g.lanes;
    t.state = state.data();
    t.step = x.innerStride();
    t.n = x.cols();
    for (Index lane = 0; lane < g.lanes; ++lane) {
        const Index c = g.first + std::min(lane, g.n - 1);
        t.in[lane] = x.data() + c * x.outerStride();
        t.out[lane] = y.row(c).data();
    }
    return t;
}

void filter_causally(const std::vector<double>& sos, const MatrixView& x, const Array<double>* start, Array<double>& y,
                     Array<double>* end) {
    if (x.cols() == 0) {
        if (start != nullptr && end != nullptr) {
            std::copy(start->begin(), start->end(), end->begin());
        }
        return;
    }
    const auto n_sections = static_cast<Index>(sos.size() / 6);
    const std::vector<Group> groups = group_channels(x.rows());
    std::atomic<bool> finite{true};
    parallel_for(static_cast<Index>(groups.size()), [&](Index at) {
        const Group& g = groups[static_cast<std::size_t>(at)];
        std::vector<double> state(static_cast<std::size_t>(2 * n_sections * g.lanes));
        if (start != nullptr) {
            for (Index s = 0; s < 2 * n_sections; ++s) {
                for (Index lane = 0; lane < g.lanes; ++lane) {
                    state[static_cast<std::size_t>(s * g.lanes + lane)] =
                        (*start)(s / 2, g.first + std::min(lane, g.n - 1), s % 2);
                }
            }
        }
        if (!filter_lanes(task_of(g, x, y, sos, state))) {
            finite = false;
        }
        if (end != nullptr) {
            for (Index s = 0; s < 2 * n_sections; ++s) {
                for (Index lane = 0; lane < g.n; ++lane) {
                    (*end)(s / 2, g.first + lane, s % 2) = state[static_cast<std::size_t>(s * g.lanes + lane)];
                }
            }
        }
    });
    if (!finite) {
        require_finite("sosfilt", x);  // names the sample
    }
}

/// Samples until the response stays below 0.1 % of its maximum, looked for in blocks of 1000, as MNE estimates it.
Index ringing_samples(const std::vector<double>& sos) {
    constexpr Index block = 1000;
    constexpr Index max_blocks = 100;
    const auto n_sections = static_cast<Index>(sos.size() / 6);
    std::vector<double> state(static_cast<std::size_t>(2 * n_sections));
    double threshold = 0;
    Index last_good = block;
    for (Index b = 0; b < max_blocks; ++b) {
        std::vector<double> h(static_cast<std::size_t>(block));
        h[0] = b == 0 ? 1 : 0;
        run_sections(sos.data(), n_sections, state.data(), h.data(), block, 1);
        double largest = 0;
        for (double& v : h) {
            v = std::abs(v);
            largest = std::max(largest, v);
        }
        threshold = std::max(threshold, 0.001 * largest);
        const auto rings = std::find_if(h.rbegin(), h.rend(), [&](double v) { return v > threshold; });
        if (rings == h.rend()) {
            return (b - 1) * block + last_good;
        }
        last_good = static_cast<Index>(h.rend() - rings) - 1;
    }
    return block * max_blocks;
}

/// The odd reflection of a group's samples before their first (or behind their last) one, interleaved in the order of
/// time, (edge, lanes); zeros beyond what can be reflected.
std::vector<double> reflected(const MatrixView& x, const Group& g, Index edge, bool before) {
    const Index n = x.cols();
    std::vector<double> out(static_cast<std::size_t>(edge * g.lanes));
    for (Index lane = 0; lane < g.lanes; ++lane) {
        const Index c = g.first + std::min(lane, g.n - 1);
        const double pivot = x(c, before ? 0 : n - 1);
        for (Index i = 1; i <= std::min(edge, n - 1); ++i) {
            const Index at = before ? edge - i : i - 1;
            out[static_cast<std::size_t>(at * g.lanes + lane)] = 2 * pivot - x(c, before ? i : n - 1 - i);
        }
    }
    return out;
}

void set_steady(std::vector<double>& state, const Array<double>& zi, const double* level, Index lanes) {
    for (Index s = 0; s < zi.size(); ++s) {
        for (Index lane = 0; lane < lanes; ++lane) {
            state[static_cast<std::size_t>(s * lanes + lane)] = zi[s] * level[lane];
        }
    }
}

/// FFT length that costs least for overlap-save of n samples with a filter of n_taps.
Index block_length(Index n_taps, Index n) {
    Index best = 0;
    double least = std::numeric_limits<double>::infinity();
    for (Index length = 2; length <= (Index{1} << 30); length *= 2) {
        const Index fresh = length - n_taps + 1;
        if (fresh < 1) {
            continue;
        }
        const Index n_blocks = (n + fresh - 1) / fresh;
        const auto blocks = static_cast<double>(n_blocks);
        const auto size = static_cast<double>(length);
        // What a sample costs in an estimated plan, measured: the caches fill up.
        const double slower = length <= 2048 ? 1.0 : (length == 4096 ? 1.1 : (length == 8192 ? 1.6 : 2.0));
        const double cost = blocks * size * (std::log2(size) + 2) * slower;
        if (cost < least) {
            least = cost;
            best = length;
        }
        if (fresh >= n) {
            break;
        }
    }
    return best;
}

Array<double> filter_by(const MatrixView& x, std::optional<double> low, std::optional<double> high, BandType type,
                        double fs, const FilterOptions& options) {
    if (options.method == FilterMethod::fir) {
        const bool stop = type == BandType::bandstop;
        const Array<double> h = stop ? design_fir(high, low, fs, options.fir) : design_fir(low, high, fs, options.fir);
        return fir_filter({h.data(), static_cast<std::size_t>(h.size())}, x);
    }
    std::vector<double> cutoff;
    for (const std::optional<double>& edge : {low, high}) {
        if (edge) {
            cutoff.push_back(*edge);
        }
    }
    const Array<double> sos = butter(options.order, cutoff, fs, type);
    return sosfiltfilt(view(sos), x, {.padding = options.padding, .pad_samples = {}});
}

void require_band(std::string_view function, std::optional<double> low, std::optional<double> high, double fs) {
    require_sampling_rate(function, fs);
    for (const std::optional<double>& edge : {low, high}) {
        if (edge && !(*edge > 0 && *edge < fs / 2)) {
            throw_invalid(function, "edges in Hz inside (0, fs / 2 = " + std::to_string(fs / 2) + ")", *edge);
        }
    }
    if (low && high && !(*low < *high)) {
        throw_invalid(function, "low < high", std::to_string(*low) + " and " + std::to_string(*high));
    }
}

}  // namespace

Array<double> sosfilt(const MatrixView& sos, const MatrixView& x) {
    require_sos("sosfilt", sos);
    Array<double> y{x.rows(), x.cols()};
    filter_causally(packed(sos), x, nullptr, y, nullptr);
    return y;
}

Filtered sosfilt(const MatrixView& sos, const MatrixView& x, const Array<double>& state) {
    require_sos("sosfilt", sos);
    if (state.shape() != Array<double>::Shape{sos.rows(), x.rows(), 2}) {
        throw_invalid("sosfilt", "a state of shape (n_sections, n_channels, 2)", "another shape");
    }
    require_finite("sosfilt", Samples(state.data(), static_cast<std::size_t>(state.size())));
    Filtered out{Array<double>{x.rows(), x.cols()}, Array<double>{sos.rows(), x.rows(), 2}};
    filter_causally(packed(sos), x, &state, out.y, &out.state);
    return out;
}

Array<double> sosfilt_zi(const MatrixView& sos) {
    require_sos("sosfilt_zi", sos);
    Array<double> zi{sos.rows(), 2};
    double scale = 1;
    for (Index s = 0; s < sos.rows(); ++s) {
        const double b0 = sos(s, 0), b1 = sos(s, 1), b2 = sos(s, 2), a1 = sos(s, 4), a2 = sos(s, 5);
        const double sum_a = 1 + a1 + a2;
        if (sum_a == 0) {
            throw_invalid("sosfilt_zi", "sections without a pole at DC", "section " + std::to_string(s) + " with one");
        }
        const double first = ((b1 - a1 * b0) + (b2 - a2 * b0)) / sum_a;
        zi(s, 0) = scale * first;
        zi(s, 1) = scale * ((1 + a1) * first - (b1 - a1 * b0));
        scale *= (b0 + b1 + b2) / sum_a;
    }
    return zi;
}

Array<double> sosfiltfilt(const MatrixView& sos, const MatrixView& x, const SosFiltFiltOptions& options) {
    require_sos("sosfiltfilt", sos);
    const std::vector<double> sections = packed(sos);
    const Index n = x.cols();
    Index edge = 0;
    if (options.padding == Padding::mne) {
        require_length("sosfiltfilt", n, 1);
        edge = options.pad_samples.value_or(ringing_samples(sections));
    } else {
        Index zero_b = 0;
        Index zero_a = 0;
        for (Index s = 0; s < sos.rows(); ++s) {
            zero_b += sos(s, 2) == 0 ? 1 : 0;
            zero_a += sos(s, 5) == 0 ? 1 : 0;
        }
        edge = options.pad_samples.value_or(3 * (2 * sos.rows() + 1 - std::min(zero_b, zero_a)));
        require_length("sosfiltfilt", n, edge + 1);
    }
    if (edge < 0) {
        throw_invalid("sosfiltfilt", "pad_samples >= 0", static_cast<double>(edge));
    }
    const Array<double> zi = sosfilt_zi(sos);
    Array<double> y{x.rows(), n};
    if (x.rows() == 0) {
        return y;
    }
    const std::vector<Group> groups = group_channels(x.rows());
    std::atomic<bool> finite{true};
    parallel_for(static_cast<Index>(groups.size()), [&](Index at) {
        const Group& g = groups[static_cast<std::size_t>(at)];
        const Index w = g.lanes;
        std::vector<double> state(static_cast<std::size_t>(2 * sos.rows() * w));
        std::vector<double> level(static_cast<std::size_t>(w));
        std::vector<double> tail = reflected(x, g, edge, false);
        SectionsTask t = task_of(g, x, y, sections, state);
        // Forward from the reflected beginning to the reflected end; what comes before the signal only sets the state.
        std::vector<double> head = reflected(x, g, edge, true);
        for (Index lane = 0; lane < w; ++lane) {
            level[static_cast<std::size_t>(lane)] = edge > 0 ? head[static_cast<std::size_t>(lane)] : t.in[lane][0];
        }
        set_steady(state, zi, level.data(), w);
        run_sections(t.sos, t.n_sections, t.state, head.data(), edge, w);
        if (!filter_lanes(t)) {
            finite = false;
        }
        run_sections(t.sos, t.n_sections, t.state, tail.data(), edge, w);
        // Backward from there to the beginning of the signal, over what the way forward wrote.
        for (Index lane = 0; lane < w; ++lane) {
            level[static_cast<std::size_t>(lane)] =
                edge > 0 ? tail[static_cast<std::size_t>((edge - 1) * w + lane)] : t.out[lane][n - 1];
        }
        set_steady(state, zi, level.data(), w);
        run_sections(t.sos, t.n_sections, t.state, tail.data(), edge, w, true);
        std::copy(std::begin(t.out), std::end(t.out), std::begin(t.in));
        t.step = 1;
        t.backward = true;
        (void)filter_lanes(t);  // the output of an overflow is as infinite as SciPy's
    });
    if (!finite) {
        require_finite("sosfiltfilt", x);  // names the sample
    }
    return y;
}

Array<double> fir_filter(Samples h, const MatrixView& x) {
    const auto n_taps = static_cast<Index>(h.size());
    if (n_taps % 2 == 0) {
        throw_invalid("fir_filter", "an odd number of taps", static_cast<double>(n_taps));
    }
    require_finite("fir_filter", h);
    require_finite("fir_filter", x);
    const Index n = x.cols();
    Array<double> y{x.rows(), n};
    if (n == 0 || x.rows() == 0) {
        return y;
    }
    const Index edge = std::min(n_taps, n) - 1;
    const Index half = (n_taps - 1) / 2;
    const Index length = block_length(n_taps, n);
    const Index fresh = length - n_taps + 1;
    const std::shared_ptr<const Fft> fft = Fft::of_length(length);
    FftBuffer<double> taps(length);
    FftBuffer<std::complex<double>> response(fft->n_freqs());
    for (Index k = 0; k < n_taps; ++k) {
        taps[k] = h[static_cast<std::size_t>(k)] / static_cast<double>(length);
    }
    fft->forward(taps, response);
    // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): block_length leaves room for at least one fresh sample
    const Index n_blocks = (n + fresh - 1) / fresh;
    // Blocks are independent, so one long channel uses all threads too.
    parallel_for_ranges(x.rows() * n_blocks, 1, [&](Index first_task, Index last_task) {
        FftBuffer<double> block(length);
        FftBuffer<std::complex<double>> spectrum(fft->n_freqs());
        for (Index task = first_task; task < last_task; ++task) {
            const Index c = task / n_blocks;
            const Index first = task % n_blocks * fresh;
            const double* at = x.data() + c * x.outerStride();
            const Index step = x.innerStride();
            const double left = at[0];
            const double right = at[(n - 1) * step];
            // Sample j of the block is sample j + shift of the channel, reflected where that lies outside.
            const Index shift = first + half - n_taps + 1;
            const auto reflected = [&](Index i) {
                if (i < 0) {
                    return -i <= edge ? 2 * left - at[-i * step] : 0.0;
                }
                return i - n + 1 <= edge ? 2 * right - at[(2 * (n - 1) - i) * step] : 0.0;
            };
            const Index inside_first = std::clamp<Index>(-shift, 0, length);
            const Index inside_last = std::clamp<Index>(n - shift, inside_first, length);
            for (Index j = 0; j < inside_first; ++j) {
                block[j] = reflected(j + shift);
            }
            if (step == 1) {
                std::copy_n(at + inside_first + shift, inside_last - inside_first, block.data() + inside_first);
            } else {
                for (Index j = inside_first; j < inside_last; ++j) {
                    block[j] = at[(j + shift) * step];
                }
            }
            for (Index j = inside_last; j < length; ++j) {
                block[j] = reflected(j + shift);
            }
            fft->forward(block, spectrum);
            multiply(spectrum.data(), response.data(), fft->n_freqs());
            fft->inverse(spectrum, block);
            const Index count = std::min(fresh, n - first);
            std::copy_n(block.data() + n_taps - 1, count, y.row(c).data() + first);
        }
    });
    return y;
}

Array<double> fir_filter_causal(Samples h, const MatrixView& x) {
    if (h.empty()) {
        throw_invalid("fir_filter_causal", "at least one tap", "none");
    }
    require_finite("fir_filter_causal", h);
    require_finite("fir_filter_causal", x);
    const auto n_taps = static_cast<Index>(h.size());
    const Index n = x.cols();
    Array<double> y{x.rows(), n};
    parallel_for(x.rows(), [&](Index c) {
        std::vector<double> padded(static_cast<std::size_t>(n + n_taps - 1));
        copy_channel(x, c, padded.data() + n_taps - 1);
        causal_fir(h.data(), n_taps, padded.data() + n_taps - 1, y.row(c).data(), n);
    });
    return y;
}

Array<double> bandpass(const MatrixView& x, double low, double high, double fs, const FilterOptions& options) {
    require_band("bandpass", low, high, fs);
    return filter_by(x, low, high, BandType::bandpass, fs, options);
}

Array<double> highpass(const MatrixView& x, double low, double fs, const FilterOptions& options) {
    require_band("highpass", low, {}, fs);
    return filter_by(x, low, {}, BandType::highpass, fs, options);
}

Array<double> lowpass(const MatrixView& x, double high, double fs, const FilterOptions& options) {
    require_band("lowpass", {}, high, fs);
    return filter_by(x, {}, high, BandType::lowpass, fs, options);
}

Array<double> bandstop(const MatrixView& x, double low, double high, double fs, const FilterOptions& options) {
    require_band("bandstop", low, high, fs);
    return filter_by(x, low, high, BandType::bandstop, fs, options);
}

Array<double> notch_filter(const MatrixView& x, std::span<const double> freqs, double fs, const NotchOptions& options) {
    if (options.method == FilterMethod::fir) {
        const Array<double> h = design_fir_notch(freqs, fs, options.width_hz, options.transition_hz);
        return fir_filter({h.data(), static_cast<std::size_t>(h.size())}, x);
    }
    if (freqs.empty()) {
        throw_invalid("notch_filter", "at least one frequency", "none");
    }
    Array<double> sos{static_cast<Index>(freqs.size()), 6};
    for (std::size_t i = 0; i < freqs.size(); ++i) {
        const Array<double> section = iirnotch(freqs[i], options.q, fs);
        std::copy(section.begin(), section.end(), sos.row(static_cast<Index>(i)).begin());
    }
    return sosfiltfilt(view(sos), x);
}

Array<double> detrend(const MatrixView& x, Detrend kind) {
    require_finite("detrend", x);
    const Index n = x.cols();
    Array<double> y{x.rows(), n};
    parallel_for(x.rows(), [&](Index c) {
        copy_channel(x, c, y.row(c).data());
        remove_trend(y.row(c).data(), n, kind);
    });
    return y;
}

Array<std::complex<double>> hilbert(const MatrixView& x) {
    require_finite("hilbert", x);
    const Index n = x.cols();
    Array<std::complex<double>> y{x.rows(), n};
    if (n == 0 || x.rows() == 0) {
        return y;
    }
    const std::shared_ptr<const Fft> fft = Fft::of_length(n);
    parallel_for(x.rows(), [&](Index c) {
        FftBuffer<double> samples(n);
        FftBuffer<std::complex<double>> spectrum(fft->n_freqs());
        copy_channel(x, c, samples.data());
        fft->forward(samples, spectrum);
        // The imaginary part is real: a quarter turn back at every frequency, nothing at DC and fs / 2.
        for (Index k = 0; k < fft->n_freqs(); ++k) {
            const bool own_mirror = k == 0 || 2 * k == n;
            const double scale = own_mirror ? 0.0 : 1 / static_cast<double>(n);
            spectrum[k] = {spectrum[k].imag() * scale, -spectrum[k].real() * scale};
        }
        fft->inverse(spectrum, samples);
        std::complex<double>* const row = y.row(c).data();
        const double* const at = x.data() + c * x.outerStride();
        for (Index i = 0; i < n; ++i) {
            row[i] = {at[i * x.innerStride()], samples[i]};
        }
    });
    return y;
}

}  // namespace biopotential::inline v0::signal
