#include <fftw3.h>
#include <pthread.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "biopotential/core/errors.hpp"
#include "biopotential/signal/fft_internal.hpp"

namespace biopotential::inline v0::signal {

namespace {

/// FFTW's planner is one for the process. Never destroyed: other static objects may still transform at exit.
std::mutex& planner() {
    static std::mutex* const mutex = [] {
        static auto* m = new std::mutex;
        // A child never inherits a lock that a thread of the parent held.
        ::pthread_atfork([] { m->lock(); }, [] { m->unlock(); }, [] { m->unlock(); });
        return m;
    }();
    return *mutex;
}

fftw_complex* as_fftw(FftBuffer<std::complex<double>>& b) {
    return reinterpret_cast<fftw_complex*>(b.data());
}

constexpr std::size_t max_cached = 64;

}  // namespace

Index good_length(Index n, Index divisor) {
    const Index wanted = std::max<Index>(1, (n + divisor - 1) / divisor);
    Index best = 2 * wanted;
    for (Index five = 1; five < best; five *= 5) {
        for (Index three = five; three < best; three *= 3) {
            Index length = three;
            while (length < wanted) {
                length *= 2;
            }
            best = std::min(best, length);
        }
    }
    return best * divisor;
}

struct Fft::Plans {
    Index n = 0;
    fftw_plan forward = nullptr;
    fftw_plan inverse = nullptr;
    fftw_plan inverse_complex = nullptr;
};

// The caller holds the planner's lock.
Fft::Fft(Index n) : plans_(std::make_unique<Plans>()) {
    if (n < 1 || n > (Index{1} << 30)) {
        throw_invalid("fft", "a length of 1 to 2^30", static_cast<double>(n));
    }
    plans_->n = n;
    FftBuffer<double> real(n);
    FftBuffer<std::complex<double>> a(n);
    FftBuffer<std::complex<double>> b(n);
    const int size = static_cast<int>(n);
    plans_->forward = fftw_plan_dft_r2c_1d(size, real.data(), as_fftw(a), FFTW_ESTIMATE | FFTW_PRESERVE_INPUT);
    plans_->inverse = fftw_plan_dft_c2r_1d(size, as_fftw(a), real.data(), FFTW_ESTIMATE | FFTW_DESTROY_INPUT);
    plans_->inverse_complex = fftw_plan_dft_1d(size, as_fftw(a), as_fftw(b), FFTW_BACKWARD, FFTW_ESTIMATE);
}

Fft::~Fft() {
    const std::lock_guard lock(planner());
    fftw_destroy_plan(plans_->forward);
    fftw_destroy_plan(plans_->inverse);
    fftw_destroy_plan(plans_->inverse_complex);
}

std::shared_ptr<const Fft> Fft::of_length(Index n) {
    static auto* cache = new std::map<Index, std::shared_ptr<const Fft>>;
    std::shared_ptr<const Fft> dropped;  // destroyed after the lock, which its destructor takes
    const std::lock_guard lock(planner());
    if (const auto found = cache->find(n); found != cache->end()) {
        return found->second;
    }
    if (cache->size() >= max_cached) {
        dropped = cache->begin()->second;
        cache->erase(cache->begin());
    }
    auto fft = std::make_shared<const Fft>(n);
    cache->emplace(n, fft);
    return fft;
}

Index Fft::length() const {
    return plans_->n;
}

void Fft::forward(const FftBuffer<double>& in, FftBuffer<std::complex<double>>& out) const {
    // FFTW's interface lacks const; the plan preserves its input.
    fftw_execute_dft_r2c(plans_->forward, const_cast<double*>(in.data()), as_fftw(out));
}

void Fft::inverse(FftBuffer<std::complex<double>>& in, FftBuffer<double>& out) const {
    fftw_execute_dft_c2r(plans_->inverse, as_fftw(in), out.data());
}

void Fft::inverse_complex(FftBuffer<std::complex<double>>& in, FftBuffer<std::complex<double>>& out) const {
    fftw_execute_dft(plans_->inverse_complex, as_fftw(in), as_fftw(out));
}

}  // namespace biopotential::inline v0::signal
