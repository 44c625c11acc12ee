#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "biopotential/signal/elliptic_internal.hpp"

namespace biopotential::inline v0::signal {

namespace {

/// Carlson's R_F (Carlson 1995, Numerical Algorithms 10:13) by duplication until a fifth-order series holds.
double carlson_rf(double x, double y, double z) {
    while (true) {
        const double mean = (x + y + z) / 3;
        const double dx = 1 - x / mean;
        const double dy = 1 - y / mean;
        const double dz = 1 - z / mean;
        if (std::max({std::abs(dx), std::abs(dy), std::abs(dz)}) < 2e-3) {
            const double e2 = dx * dy + dy * dz + dz * dx;
            const double e3 = dx * dy * dz;
            return (1 - e2 / 10 + e3 / 14 + e2 * e2 / 24 - 3 * e2 * e3 / 44) / std::sqrt(mean);
        }
        const double lambda = std::sqrt(x * y) + std::sqrt(y * z) + std::sqrt(z * x);
        x = (x + lambda) / 4;
        y = (y + lambda) / 4;
        z = (z + lambda) / 4;
    }
}

}  // namespace

double complete_elliptic_of_complement(double complement) {
    double a = 1;
    double b = complement;
    while (std::abs(a - b) > 4 * std::numeric_limits<double>::epsilon() * a) {
        const double mean = 0.5 * (a + b);
        b = std::sqrt(a * b);
        a = mean;
    }
    return std::numbers::pi / (2 * a);
}

double complete_elliptic(double k) {
    return complete_elliptic_of_complement(std::sqrt((1 - k) * (1 + k)));
}

double incomplete_elliptic_of_complement(double t, double complement) {
    // sin^2 = t^2 / (1 + t^2); the arguments cos^2 and 1 - k^2 sin^2 are written so that nothing cancels.
    const double d = 1 + t * t;
    return t / std::sqrt(d) * carlson_rf(1 / d, (1 + complement * complement * t * t) / d, 1);
}

Modulus modulus_of_nome(double q) {
    // Jacobi's infinite products of positive factors: no cancellation for any q.
    double k = 4 * std::sqrt(q);
    double complement = 1;
    double odd = q;  // q^(2 n - 1)
    while (odd > 1e-18) {
        const double even = odd * q;
        k *= std::pow((1 + even) / (1 + odd), 4);
        complement *= std::pow((1 - odd) / (1 + odd), 4);
        odd = even * q;
    }
    return {k, complement};
}

Jacobi jacobi(double u, Modulus modulus) {
    double a[16];
    double c[16];
    a[0] = 1;
    c[0] = modulus.k;
    double b = modulus.complement;
    int n = 0;
    while (std::abs(c[n]) > std::numeric_limits<double>::epsilon() * a[n] && n < 15) {
        a[n + 1] = 0.5 * (a[n] + b);
        c[n + 1] = 0.5 * (a[n] - b);
        b = std::sqrt(a[n] * b);
        ++n;
    }
    double phi = std::ldexp(a[n] * u, n);
    for (; n > 0; --n) {
        phi = 0.5 * (phi + std::asin(std::clamp(c[n] / a[n] * std::sin(phi), -1.0, 1.0)));
    }
    const double sn = std::sin(phi);
    const double cn = std::cos(phi);
    return {sn, cn, std::sqrt(cn * cn + modulus.complement * modulus.complement * sn * sn)};
}

}  // namespace biopotential::inline v0::signal
