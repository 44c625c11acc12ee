#pragma once

namespace biopotential::inline v0::signal {

// Elliptic integrals and functions of a real modulus k, by arithmetic-geometric means. Where k is near 1 the
// complement k' = sqrt(1 - k^2) carries the information, so both are passed on.

struct Modulus {
    double k;
    double complement;
};

/// K(k), complete integral of the first kind.
[[nodiscard]] double complete_elliptic(double k);
/// K(sqrt(1 - k'^2)), by the complement.
[[nodiscard]] double complete_elliptic_of_complement(double complement);
/// F(atan(t), k) with modulus k = sqrt(1 - k'^2): the u with sn(u) / cn(u) = t.
[[nodiscard]] double incomplete_elliptic_of_complement(double t, double complement);
/// The modulus whose nome is q in (0, 1).
[[nodiscard]] Modulus modulus_of_nome(double q);

struct Jacobi {
    double sn, cn, dn;
};
/// Jacobi's functions at u in [0, K].
[[nodiscard]] Jacobi jacobi(double u, Modulus modulus);

}  // namespace biopotential::inline v0::signal
