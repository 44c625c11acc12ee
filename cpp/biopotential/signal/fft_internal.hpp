#pragma once

#include <complex>
#include <memory>

#include "biopotential/core/array.hpp"

namespace biopotential::inline v0::signal {

/// Memory for one transform, aligned for every instruction set; reusable within one thread.
template <class T>
class FftBuffer {
  public:
    explicit FftBuffer(Index n) : memory_(detail::allocate(sizeof(T) * static_cast<std::size_t>(n))), n_(n) {}
    [[nodiscard]] T* data() { return static_cast<T*>(memory_.get()); }
    [[nodiscard]] const T* data() const { return static_cast<const T*>(memory_.get()); }
    [[nodiscard]] Index size() const { return n_; }
    [[nodiscard]] T& operator[](Index i) { return data()[i]; }
    [[nodiscard]] const T& operator[](Index i) const { return data()[i]; }

  private:
    std::shared_ptr<void> memory_;
    Index n_;
};

/// The smallest multiple of `divisor` that is at least n and divisor * 2^a 3^b 5^c, with which transforms are fast.
[[nodiscard]] Index good_length(Index n, Index divisor = 1);

/// Transforms of one length. Made under a lock and cached by length; executing is safe from any number of threads, and
/// holds no lock, so a fork in the middle of it harms nobody. All buffers come from FftBuffer; in and out differ.
class Fft {
  public:
    /// The shared plans of length n >= 1. Estimated, never measured: the same plan, and so the same bits, each time.
    [[nodiscard]] static std::shared_ptr<const Fft> of_length(Index n);

    explicit Fft(Index n);
    ~Fft();
    Fft(const Fft&) = delete;
    Fft& operator=(const Fft&) = delete;

    [[nodiscard]] Index length() const;
    [[nodiscard]] Index n_freqs() const { return length() / 2 + 1; }
    /// n real samples to n / 2 + 1 frequencies.
    void forward(const FftBuffer<double>& in, FftBuffer<std::complex<double>>& out) const;
    /// n / 2 + 1 frequencies (destroyed) to n real samples, times n.
    void inverse(FftBuffer<std::complex<double>>& in, FftBuffer<double>& out) const;
    /// n complex frequencies to n complex samples, times n.
    void inverse_complex(FftBuffer<std::complex<double>>& in, FftBuffer<std::complex<double>>& out) const;

  private:
    struct Plans;
    std::unique_ptr<Plans> plans_;
};

}  // namespace biopotential::inline v0::signal
