#include "biopotential/signal/iir.hpp"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "biopotential/core/check.hpp"
#include "biopotential/core/errors.hpp"
#include "biopotential/signal/elliptic_internal.hpp"
#include "biopotential/signal/zpk_internal.hpp"

namespace biopotential::inline v0::signal {

namespace {

using std::numbers::pi;

/// Linear power ratio minus 1 of a loss in dB.
double excess(double db) {
    return std::expm1(std::log(10.0) * 0.1 * db);
}

Complex product_of_negatives(const std::vector<Complex>& roots) {
    Complex product = 1;
    for (const Complex& r : roots) {
        product *= -r;
    }
    return product;
}

// Analog low-pass prototypes with their edge at 1 rad/s.

Zpk butterworth_prototype(int order) {
    Zpk f;
    for (int m = -order + 1; m < order; m += 2) {
        f.p.push_back(-std::exp(Complex(0, pi * m / (2.0 * order))));
    }
    return f;
}

Zpk chebyshev1_prototype(int order, double ripple_db) {
    const double eps = std::sqrt(excess(ripple_db));
    const double mu = std::asinh(1 / eps) / order;
    Zpk f;
    for (int m = -order + 1; m < order; m += 2) {
        f.p.push_back(-std::sinh(Complex(mu, pi * m / (2.0 * order))));
    }
    f.k = product_of_negatives(f.p).real();
    if (order % 2 == 0) {
        f.k /= std::sqrt(1 + eps * eps);
    }
    return f;
}

Zpk chebyshev2_prototype(int order, double attenuation_db) {
    const double mu = std::asinh(std::sqrt(excess(attenuation_db))) / order;
    Zpk f;
    for (int m = -order + 1; m < order; m += 2) {
        const double angle = pi * m / (2.0 * order);
        if (m != 0) {
            f.z.emplace_back(0, 1 / std::sin(angle));
        }
        f.p.push_back(1.0 / Complex(-std::sinh(mu) * std::cos(angle), -std::cosh(mu) * std::sin(angle)));
    }
    f.k = (product_of_negatives(f.p) / product_of_negatives(f.z)).real();
    return f;
}

/// Orfanidis (2006), Lecture notes on elliptic filter design: the degree equation by the nome, the pole offset by an
/// incomplete integral of the first kind.
Zpk elliptic_prototype(int order, double ripple_db, double attenuation_db) {
    Zpk f;
    const double eps2 = excess(ripple_db);
    if (order == 1) {
        f.p.emplace_back(-std::sqrt(1 / eps2));
        f.k = -f.p[0].real();
        return f;
    }
    const double k1 = std::sqrt(eps2 / excess(attenuation_db));  // modulus of the discrimination
    const double quarter1 = complete_elliptic(k1);
    const double nome = std::exp(-pi * complete_elliptic_of_complement(k1) / quarter1 / order);
    const Modulus k = modulus_of_nome(nome);
    const double quarter = complete_elliptic_of_complement(k.complement);
    const double offset = quarter / (order * quarter1) * incomplete_elliptic_of_complement(1 / std::sqrt(eps2), k1);
    const Jacobi v = jacobi(offset, {k.complement, k.k});
    for (int j = 1 - order % 2; j < order; j += 2) {
        const Jacobi u = jacobi(j * quarter / order, k);
        const double ds = u.dn * v.sn;
        const Complex p = -Complex(u.cn * u.dn * v.sn * v.cn, u.sn * v.dn) / (1 - ds * ds);
        if (j == 0) {
            f.p.emplace_back(p.real());
            continue;
        }
        f.z.emplace_back(0, 1 / (k.k * u.sn));
        f.z.emplace_back(0, -1 / (k.k * u.sn));
        f.p.push_back(p);
        f.p.push_back(std::conj(p));
    }
    f.k = (product_of_negatives(f.p) / product_of_negatives(f.z)).real();
    if (order % 2 == 0) {
        f.k /= std::sqrt(1 + eps2);
    }
    return f;
}

// At its roots the polynomial is what is left of terms up to 1e12 times larger: 113 bits, that is, arithmetic of
// binary128, which compilers offer as long double or beside it.
#if LDBL_MANT_DIG >= 113
using Wide = long double;
#else
__extension__ using Wide = __float128;
#endif

struct WideComplex {
    Wide re = 0;
    Wide im = 0;

    friend WideComplex operator+(WideComplex a, WideComplex b) { return {a.re + b.re, a.im + b.im}; }
    friend WideComplex operator-(WideComplex a, WideComplex b) { return {a.re - b.re, a.im - b.im}; }
    friend WideComplex operator*(WideComplex a, WideComplex b) {
        return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
    }
    [[nodiscard]] Complex rounded() const { return {static_cast<double>(re), static_cast<double>(im)}; }
};

/// Newton's step towards a root of the reverse Bessel polynomial of degree n, by the recurrence of the polynomials.
Complex newton_step(int n, Complex at) {
    const WideComplex s{at.real(), at.imag()};
    const WideComplex s2 = s * s;
    WideComplex before{1, 0};
    WideComplex here = s + before;
    for (int k = 2; k <= n; ++k) {
        before = std::exchange(here, WideComplex{static_cast<Wide>(2 * k - 1), 0} * here + s2 * before);
    }
    return here.rounded() / (here - s * before).rounded();
}

/// All roots at once (Aberth 1973): Newton steps that repel each other.
std::vector<Complex> reverse_bessel_roots(int n) {
    if (n == 1) {
        return {-1};
    }
    std::vector<Complex> roots;
    for (int i = 0; i < n; ++i) {
        const double angle = pi * (0.5 + (i + 0.5) / n);
        roots.push_back(std::polar(0.9 * n, angle));
    }
    for (int iteration = 0; iteration < 200; ++iteration) {
        double largest = 0;
        for (std::size_t i = 0; i < roots.size(); ++i) {
            const Complex newton = newton_step(n, roots[i]);
            Complex repulsion = 0;
            for (std::size_t j = 0; j < roots.size(); ++j) {
                if (j != i) {
                    repulsion += 1.0 / (roots[i] - roots[j]);
                }
            }
            const Complex step = newton / (1.0 - newton * repulsion);
            roots[i] -= step;
            largest = std::max(largest, std::abs(step) / std::abs(roots[i]));
        }
        if (largest < 4 * std::numeric_limits<double>::epsilon()) {
            break;
        }
    }
    // Exact pairs: the upper half in order, then its mirror image and the real root of an odd degree.
    std::sort(roots.begin(), roots.end(), [](const Complex& a, const Complex& b) { return a.imag() > b.imag(); });
    for (int i = 0; i < n / 2; ++i) {
        roots[static_cast<std::size_t>(n - 1 - i)] = std::conj(roots[static_cast<std::size_t>(i)]);
    }
    if (n % 2 == 1) {
        roots[static_cast<std::size_t>(n / 2)] = roots[static_cast<std::size_t>(n / 2)].real();
    }
    return roots;
}

/// Frequency where the all-pole filter with unit gain at DC has lost 3 dB.
double half_power_frequency(const std::vector<Complex>& poles) {
    const auto gain2 = [&](double w) {
        double g = 1;
        for (const Complex& p : poles) {
            g *= std::norm(p) / std::norm(Complex(0, w) - p);
        }
        return g;
    };
    double low = 0;
    double high = 1;
    while (gain2(high) > 0.5) {
        high *= 2;
    }
    while (true) {
        const double middle = low + (high - low) / 2;
        if (!(middle > low && middle < high)) {
            return middle;
        }
        (gain2(middle) > 0.5 ? low : high) = middle;
    }
}

Zpk bessel_prototype(int order, BesselNorm norm) {
    Zpk f;
    f.p = reverse_bessel_roots(order);
    double factor = 1;
    if (norm == BesselNorm::phase) {
        double log_last = 0;  // of the polynomial's constant coefficient (2n)! / (n! 2^n)
        for (int k = order + 1; k <= 2 * order; ++k) {
            log_last += std::log10(static_cast<double>(k) / 2);
        }
        factor = std::pow(10.0, -log_last / order);
    } else if (norm == BesselNorm::magnitude) {
        factor = 1 / half_power_frequency(f.p);
    }
    for (Complex& p : f.p) {
        p *= factor;
    }
    f.k = product_of_negatives(f.p).real();
    return f;
}

const char* name_of(IirFamily family) {
    switch (family) {
        case IirFamily::butterworth:
            return "butter";
        case IirFamily::chebyshev1:
            return "cheby1";
        case IirFamily::chebyshev2:
            return "cheby2";
        case IirFamily::elliptic:
            return "ellip";
        case IirFamily::bessel:
            return "bessel";
    }
    return "iir";
}

Zpk prototype(const IirDesign& d) {
    const char* const name = name_of(d.family);
    const int highest = d.family == IirFamily::bessel ? 25 : 50;
    if (d.order < 1 || d.order > highest) {
        throw_invalid(name, "an order of 1 to " + std::to_string(highest), d.order);
    }
    if (d.family == IirFamily::chebyshev1 || d.family == IirFamily::elliptic) {
        require_positive(name, "ripple_db", d.ripple_db);
    }
    if (d.family == IirFamily::chebyshev2 || d.family == IirFamily::elliptic) {
        require_positive(name, "attenuation_db", d.attenuation_db);
    }
    switch (d.family) {
        case IirFamily::butterworth:
            return butterworth_prototype(d.order);
        case IirFamily::chebyshev1:
            return chebyshev1_prototype(d.order, d.ripple_db);
        case IirFamily::chebyshev2:
            return chebyshev2_prototype(d.order, d.attenuation_db);
        case IirFamily::elliptic:
            if (!(d.ripple_db < d.attenuation_db)) {
                throw_invalid(name, "ripple_db < attenuation_db", d.ripple_db);
            }
            return elliptic_prototype(d.order, d.ripple_db, d.attenuation_db);
        case IirFamily::bessel:
            break;
    }
    return bessel_prototype(d.order, d.norm);
}

Array<Complex> to_array(const std::vector<Complex>& v) {
    Array<Complex> out{static_cast<Index>(v.size())};
    std::copy(v.begin(), v.end(), out.begin());
    return out;
}

Array<double> polynomial(const Array<Complex>& roots, double gain) {
    std::vector<Complex> c{1};
    for (const Complex& r : roots) {
        c.push_back(0);
        for (std::size_t i = c.size() - 1; i > 0; --i) {
            c[i] -= r * c[i - 1];
        }
    }
    Array<double> out{static_cast<Index>(c.size())};
    std::transform(c.begin(), c.end(), out.begin(), [gain](const Complex& v) { return gain * v.real(); });
    return out;
}

/// Minimum of f on [low, high] by golden sections and parabolas (Brent 1973, Algorithms for Minimization, ch. 5).
double minimize_bounded(const std::function<double(double)>& f, double low, double high, double tolerance) {
    const double golden = 0.5 * (3 - std::sqrt(5.0));
    double x = low + golden * (high - low);
    double w = x;
    double v = x;
    double fx = f(x);
    double fw = fx;
    double fv = fx;
    double step = 0;
    double before = 0;
    for (int i = 0; i < 500; ++i) {
        const double middle = 0.5 * (low + high);
        const double tol = std::sqrt(std::numeric_limits<double>::epsilon()) * std::abs(x) + tolerance / 3;
        if (std::abs(x - middle) <= 2 * tol - 0.5 * (high - low)) {
            break;
        }
        bool parabolic = false;
        if (std::abs(before) > tol) {
            double r = (x - w) * (fx - fv);
            double q = (x - v) * (fx - fw);
            double p = (x - v) * q - (x - w) * r;
            q = 2 * (q - r);
            p = q > 0 ? -p : p;
            q = std::abs(q);
            r = std::exchange(before, step);
            if (std::abs(p) < std::abs(0.5 * q * r) && p > q * (low - x) && p < q * (high - x)) {
                parabolic = true;
                step = p / q;
                const double u = x + step;
                if (u - low < 2 * tol || high - u < 2 * tol) {
                    step = middle >= x ? tol : -tol;
                }
            }
        }
        if (!parabolic) {
            before = x >= middle ? low - x : high - x;
            step = golden * before;
        }
        const double u = x + (step >= 0 ? std::max(step, tol) : std::min(step, -tol));
        const double fu = f(u);
        if (fu <= fx) {
            (u >= x ? low : high) = x;
            v = std::exchange(w, std::exchange(x, u));
            fv = std::exchange(fw, std::exchange(fx, fu));
        } else {
            (u < x ? low : high) = u;
            if (fu <= fw || w == x) {
                v = std::exchange(w, u);
                fv = std::exchange(fw, fu);
            } else if (fu <= fv || v == x || v == w) {
                v = u;
                fv = fu;
            }
        }
    }
    return x;
}

}  // namespace

ZerosPolesGain iir_roots(const IirDesign& design, std::span<const double> cutoff_hz, double fs, BandType type) {
    const Zpk f = digital_roots(name_of(design.family), prototype(design), cutoff_hz, fs, type);
    return {to_array(f.z), to_array(f.p), f.k};
}

Array<double> iir_sections(const IirDesign& design, std::span<const double> cutoff_hz, double fs, BandType type) {
    return to_sos(digital_roots(name_of(design.family), prototype(design), cutoff_hz, fs, type));
}

Array<double> butter(int order, std::span<const double> cutoff_hz, double fs, BandType type) {
    return iir_sections({.family = IirFamily::butterworth, .order = order}, cutoff_hz, fs, type);
}

Polynomials to_polynomials(const ZerosPolesGain& roots) {
    return {polynomial(roots.zeros, roots.gain), polynomial(roots.poles, 1)};
}

Array<double> iirpeak(double frequency_hz, double q, double fs) {
    require_sampling_rate("iirpeak", fs);
    if (!(frequency_hz > 0 && frequency_hz < fs / 2)) {
        throw_invalid("iirpeak", "a frequency in Hz inside (0, fs / 2 = " + std::to_string(fs / 2) + ")", frequency_hz);
    }
    require_positive("iirpeak", "q", q);
    const double w0 = 2 * frequency_hz / fs;
    const double gain = 1 / (1 + std::tan(w0 / q * pi / 2));
    Array<double> sos{1, 6};
    const double row[] = {1 - gain, 0, -(1 - gain), 1, -2 * gain * std::cos(w0 * pi), 2 * gain - 1};
    std::copy(std::begin(row), std::end(row), sos.begin());
    return sos;
}

ButterworthOrder buttord(std::span<const double> pass_hz, std::span<const double> stop_hz, double pass_db,
                         double stop_db, double fs) {
    require_sampling_rate("buttord", fs);
    require_positive("buttord", "pass_db", pass_db);
    if (!(std::isfinite(stop_db) && stop_db > pass_db)) {
        throw_invalid("buttord", "stop_db finite and > pass_db", stop_db);
    }
    if (pass_hz.size() != stop_hz.size() || pass_hz.empty() || pass_hz.size() > 2) {
        throw_invalid("buttord", "one or two edges of the pass band and as many of the stop band",
                      std::to_string(pass_hz.size()) + " and " + std::to_string(stop_hz.size()));
    }
    const bool band = pass_hz.size() == 2;
    const auto warped = [fs](std::span<const double> edges) {
        std::vector<double> out;
        for (const double f : edges) {
            if (!(f > 0 && f < fs / 2)) {
                throw_invalid("buttord", "edges in Hz inside (0, fs / 2 = " + std::to_string(fs / 2) + ")", f);
            }
            out.push_back(std::tan(pi * f / fs));
        }
        return out;
    };
    std::vector<double> pass = warped(pass_hz);
    const std::vector<double> stop = warped(stop_hz);
    const bool nested = band && ((stop[0] < pass[0] && pass[0] < pass[1] && pass[1] < stop[1]) ||
                                 (pass[0] < stop[0] && stop[0] < stop[1] && stop[1] < pass[1]));
    if (band ? !nested : pass[0] == stop[0]) {
        throw_invalid("buttord", band ? "one band inside the other" : "two different edges", "others");
    }
    const double stop_excess = excess(stop_db);
    const double pass_excess = excess(pass_db);
    const bool stops = band && pass[0] < stop[0];
    // Real-valued order of a filter with its edge at 1 whose stop band starts at `edge`.
    const auto order_for = [&](double edge) { return std::log10(stop_excess / pass_excess) / (2 * std::log10(edge)); };
    const auto stop_edge = [&](const std::vector<double>& p) {
        if (!band) {
            return p[0] < stop[0] ? stop[0] / p[0] : p[0] / stop[0];
        }
        double nearest = std::numeric_limits<double>::infinity();
        for (const double s : stop) {
            const double ratio = (s * s - p[0] * p[1]) / (s * (p[0] - p[1]));
            nearest = std::min(nearest, std::abs(stops ? 1 / ratio : ratio));
        }
        return nearest;
    };
    if (stops) {
        // The pass edges move towards the stop band as long as that lowers the order.
        for (const std::size_t edge : {0U, 1U}) {
            const auto cost = [&](double at) {
                std::vector<double> moved = pass;
                moved[edge] = at;
                return order_for(stop_edge(moved));
            };
            const double near = edge == 0 ? stop[0] - 1e-12 : stop[1] + 1e-12;
            pass[edge] = minimize_bounded(cost, std::min(near, pass[edge]), std::max(near, pass[edge]), 1e-5);
        }
    }
    const double wanted = std::ceil(order_for(stop_edge(pass)));
    if (!(wanted >= 1 && wanted <= 1e6)) {
        throw_invalid("buttord", "edges that an order of at most 1e6 reaches", wanted);
    }
    ButterworthOrder out{static_cast<int>(wanted), Array<double>{static_cast<Index>(pass_hz.size())}};
    const double w0 = std::pow(pass_excess, -1 / (2 * wanted));
    if (!band) {
        out.cutoff_hz[0] = pass[0] < stop[0] ? w0 * pass[0] : pass[0] / w0;
    } else {
        const double width = pass[1] - pass[0];
        const double half = stops ? width / (2 * w0) : w0 * width / 2;
        const double root = std::sqrt(half * half + pass[0] * pass[1]);
        out.cutoff_hz[0] = root - half;
        out.cutoff_hz[1] = root + half;
    }
    for (double& f : out.cutoff_hz) {
        f = std::atan(f) * fs / pi;
    }
    return out;
}

}  // namespace biopotential::inline v0::signal
