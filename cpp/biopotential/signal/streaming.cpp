#include "biopotential/signal/streaming.hpp"

#include <algorithm>
#include <string>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/signal/design.hpp"
#include "biopotential/signal/kernels_internal.hpp"
#include "biopotential/signal/sections_internal.hpp"

namespace biopotential::inline v0::signal {

namespace {

Index checked_channels(const char* function, Index n_channels) {
    if (n_channels < 1 || n_channels > 1'000'000) {
        throw_invalid(function, "n_channels of 1 to 1,000,000", static_cast<double>(n_channels));
    }
    return n_channels;
}

void require_block(const char* function, const MatrixView& block, Index n_channels, std::span<double> out) {
    if (block.rows() != n_channels) {
        throw_invalid(function, std::to_string(n_channels) + " channels", std::to_string(block.rows()));
    }
    if (out.size() != static_cast<std::size_t>(block.size())) {
        throw_invalid(function, "room for " + std::to_string(block.size()) + " samples", std::to_string(out.size()));
    }
    require_finite(function, block);
}

}  // namespace

SosStream::SosStream(const MatrixView& sos, Index n_channels) : n_channels_(checked_channels("SosStream", n_channels)) {
    require_sos("SosStream", sos);
    for (Index s = 0; s < sos.rows(); ++s) {
        for (Index i = 0; i < 6; ++i) {
            sos_.push_back(sos(s, i));
        }
    }
    state_.resize(static_cast<std::size_t>(n_channels * sos.rows() * 2));
}

void SosStream::push(const MatrixView& block, std::span<double> out) {
    require_block("SosStream.push", block, n_channels_, out);
    const auto n_sections = static_cast<Index>(sos_.size() / 6);
    for (Index c = 0; c < n_channels_; ++c) {
        double* const row = out.data() + c * block.cols();
        for (Index i = 0; i < block.cols(); ++i) {
            row[i] = block(c, i);
        }
        run_sections(sos_.data(), n_sections, state_.data() + c * 2 * n_sections, row, block.cols(), 1);
    }
}

Array<double> SosStream::push(const MatrixView& block) {
    Array<double> out{block.rows(), block.cols()};
    push(block, {out.data(), static_cast<std::size_t>(out.size())});
    return out;
}

void SosStream::reset() {
    std::fill(state_.begin(), state_.end(), 0.0);
}

FirStream::FirStream(Samples h, Index n_channels)
    : h_(h.begin(), h.end()),
      n_channels_(checked_channels("FirStream", n_channels)),
      chunk_(std::max<Index>(1024, static_cast<Index>(h.size()))) {
    if (h.empty()) {
        throw_invalid("FirStream", "at least one tap", "none");
    }
    require_finite("FirStream", h);
    work_.resize(h.size() - 1 + static_cast<std::size_t>(chunk_));
    history_.resize(static_cast<std::size_t>(n_channels) * (h.size() - 1));
}

void FirStream::push(const MatrixView& block, std::span<double> out) {
    require_block("FirStream.push", block, n_channels_, out);
    const auto n_taps = static_cast<Index>(h_.size());
    const Index back = n_taps - 1;
    for (Index c = 0; c < n_channels_; ++c) {
        double* const history = history_.data() + c * back;
        for (Index first = 0; first < block.cols(); first += chunk_) {
            const Index n = std::min(chunk_, block.cols() - first);
            std::copy_n(history, back, work_.data());
            for (Index i = 0; i < n; ++i) {
                work_[static_cast<std::size_t>(back + i)] = block(c, first + i);
            }
            causal_fir(h_.data(), n_taps, work_.data() + back, out.data() + c * block.cols() + first, n);
            std::copy_n(work_.data() + n, back, history);
        }
    }
}

Array<double> FirStream::push(const MatrixView& block) {
    Array<double> out{block.rows(), block.cols()};
    push(block, {out.data(), static_cast<std::size_t>(out.size())});
    return out;
}

void FirStream::reset() {
    std::fill(history_.begin(), history_.end(), 0.0);
}

}  // namespace biopotential::inline v0::signal
