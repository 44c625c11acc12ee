#include <algorithm>
#include <cmath>
#include <limits>

#include "biopotential/core/errors.hpp"
#include "biopotential/signal/zpk_internal.hpp"

namespace biopotential::inline v0::signal {

namespace {

std::size_t relative_degree(const Zpk& f) {
    return f.p.size() - f.z.size();
}

/// Gain of prod(a - z) / prod(a - p).
double gain_ratio(const Zpk& f, double a) {
    Complex zeros = 1;
    Complex poles = 1;
    for (const Complex& z : f.z) {
        zeros *= a - z;
    }
    for (const Complex& p : f.p) {
        poles *= a - p;
    }
    return (zeros / poles).real();
}

/// Both roots of s + w0^2 / s = 2 r, the first ones before the second ones.
std::vector<Complex> band_roots(const std::vector<Complex>& r, double w0) {
    std::vector<Complex> out;
    for (const double sign : {1.0, -1.0}) {
        for (const Complex& v : r) {
            out.push_back(v + sign * std::sqrt(v * v - w0 * w0));
        }
    }
    return out;
}

std::vector<Complex> scaled(std::vector<Complex> roots, double factor) {
    for (Complex& r : roots) {
        r *= factor;
    }
    return roots;
}

std::vector<Complex> inverted(std::vector<Complex> roots, double numerator) {
    for (Complex& r : roots) {
        r = numerator / r;
    }
    return roots;
}

/// One root of each conjugate pair (imag > 0), then the real roots, each ascending by real part: imag is exactly 0 in
/// the latter.
std::vector<Complex> fold_conjugates(std::vector<Complex> roots) {
    constexpr double tolerance = 100 * std::numeric_limits<double>::epsilon();
    std::stable_sort(roots.begin(), roots.end(), [](const Complex& a, const Complex& b) {
        return a.real() != b.real() ? a.real() < b.real() : std::abs(a.imag()) < std::abs(b.imag());
    });
    std::vector<Complex> upper;
    std::vector<Complex> real;
    for (const Complex& r : roots) {
        if (std::abs(r.imag()) <= tolerance * std::abs(r)) {
            real.emplace_back(r.real(), 0);
        } else if (r.imag() > 0) {
            upper.push_back(r);
        }
    }
    // Roots whose real parts differ by rounding only stand in the order of their imaginary parts.
    for (std::size_t first = 0; first < upper.size();) {
        std::size_t last = first + 1;
        while (last < upper.size() &&
               upper[last].real() - upper[last - 1].real() <= tolerance * std::abs(upper[last - 1])) {
            ++last;
        }
        std::stable_sort(upper.begin() + static_cast<std::ptrdiff_t>(first),
                         upper.begin() + static_cast<std::ptrdiff_t>(last),
                         [](const Complex& a, const Complex& b) { return a.imag() < b.imag(); });
        first = last;
    }
    upper.insert(upper.end(), real.begin(), real.end());
    return upper;
}

bool is_real(const Complex& r) {
    return r.imag() == 0;
}

/// Take out the first root with the least cost among those that `eligible` lets pass.
template <class Cost, class Eligible>
Complex take(std::vector<Complex>& roots, Cost cost, Eligible eligible) {
    std::size_t best = roots.size();
    for (std::size_t i = 0; i < roots.size(); ++i) {
        if (eligible(roots[i]) && (best == roots.size() || cost(roots[i]) < cost(roots[best]))) {
            best = i;
        }
    }
    if (best == roots.size()) {
        throw_invalid("to_sos", "roots that pair into sections", "roots that don't");
    }
    const Complex r = roots[best];
    roots.erase(roots.begin() + static_cast<std::ptrdiff_t>(best));
    return r;
}

void write_polynomial(const Complex& r1, const Complex& r2, double* out) {
    out[0] = 1;
    out[1] = (-r1 - r2).real();
    out[2] = (r1 * r2).real();
}

}  // namespace

Zpk to_lowpass(const Zpk& f, double w0) {
    return {scaled(f.z, w0), scaled(f.p, w0), f.k * std::pow(w0, static_cast<double>(relative_degree(f)))};
}

Zpk to_highpass(const Zpk& f, double w0) {
    Zpk out{inverted(f.z, w0), inverted(f.p, w0), f.k * gain_ratio(f, 0)};
    out.z.insert(out.z.end(), relative_degree(f), Complex(0));
    return out;
}

Zpk to_bandpass(const Zpk& f, double w0, double width) {
    Zpk out{band_roots(scaled(f.z, width / 2), w0), band_roots(scaled(f.p, width / 2), w0),
            f.k * std::pow(width, static_cast<double>(relative_degree(f)))};
    out.z.insert(out.z.end(), relative_degree(f), Complex(0));
    return out;
}

Zpk to_bandstop(const Zpk& f, double w0, double width) {
    Zpk out{band_roots(inverted(f.z, width / 2), w0), band_roots(inverted(f.p, width / 2), w0), f.k * gain_ratio(f, 0)};
    out.z.insert(out.z.end(), relative_degree(f), Complex(0, w0));
    out.z.insert(out.z.end(), relative_degree(f), Complex(0, -w0));
    return out;
}

Zpk bilinear(const Zpk& f) {
    constexpr double twice_rate = 4;
    Zpk out;
    for (const Complex& z : f.z) {
        out.z.push_back((twice_rate + z) / (twice_rate - z));
    }
    for (const Complex& p : f.p) {
        out.p.push_back((twice_rate + p) / (twice_rate - p));
    }
    out.z.insert(out.z.end(), relative_degree(f), Complex(-1));
    out.k = f.k * gain_ratio(f, twice_rate);
    return out;
}

Array<double> to_sos(Zpk f) {
    f.p.resize(std::max(f.p.size(), f.z.size()));
    f.z.resize(f.p.size());
    const std::size_t n_sections = (f.p.size() + 1) / 2;
    if (f.p.size() % 2 == 1) {
        f.p.emplace_back(0);
        f.z.emplace_back(0);
    }
    std::vector<Complex> z = fold_conjugates(f.z);
    std::vector<Complex> p = fold_conjugates(f.p);
    const auto any = [](const Complex&) { return true; };
    const auto from_circle = [](const Complex& r) { return std::abs(1 - std::abs(r)); };
    Array<double> sos{static_cast<Index>(n_sections), 6};
    for (std::size_t s = n_sections; s-- > 0;) {
        double* row = sos.row(static_cast<Index>(s)).data();
        const Complex p1 = take(p, from_circle, any);
        const auto from_pole = [&p1](const Complex& r) { return std::abs(r - p1); };
        const auto n_real = [](const std::vector<Complex>& roots) {
            return std::count_if(roots.begin(), roots.end(), is_real);
        };
        if (is_real(p1) && n_real(p) == 0) {
            write_polynomial(take(z, from_pole, is_real), 0, row);
            write_polynomial(p1, 0, row + 3);
            continue;
        }
        if (p.size() + 1 == z.size() && !is_real(p1) && n_real(p) == 1 && n_real(z) == 1) {
            const Complex z1 = take(z, from_pole, [](const Complex& r) { return !is_real(r); });
            write_polynomial(z1, std::conj(z1), row);
            write_polynomial(p1, std::conj(p1), row + 3);
            continue;
        }
        const Complex p2 = is_real(p1) ? take(p, from_circle, is_real) : std::conj(p1);
        const Complex z1 = take(z, from_pole, any);
        const Complex z2 = is_real(z1) ? take(z, from_pole, is_real) : std::conj(z1);
        write_polynomial(z1, z2, row);
        write_polynomial(p1, p2, row + 3);
    }
    for (int i = 0; i < 3; ++i) {
        sos[i] *= f.k;
    }
    return sos;
}

}  // namespace biopotential::inline v0::signal
