"""Compute the filters of the usual wavelets from their definitions and write them as C++.

python scripts/make_wavelets.py > cpp/biopotential/signal/wavelet_tables.cpp   (needs mpmath)

Daubechies, Ten Lectures on Wavelets (1992): db and sym are spectral factors of the half-band polynomial (ch. 6, 8.1),
bior splits it between two filters (8.3), coif solves for moments of both functions (8.2). All numbers are computed with
80 digits. What the definitions leave open (which roots a symlet takes, which of a coiflet's solutions) is chosen below
as the field's tables have it.
"""

from __future__ import annotations

import math

import mpmath as mp

mp.mp.dps = 80

# One digit for each group of roots (ascending by angle, then by distance): 1 takes those outside the unit circle.
SYMLETS = {
    2: "0", 3: "0", 4: "01", 5: "10", 6: "101", 7: "100", 8: "0101", 9: "0110", 10: "10101", 11: "01100", 12: "101010",
    13: "001110", 14: "0011010", 15: "0011100", 16: "10011010", 17: "01110001", 18: "101100101", 19: "001011100",
    20: "1010011010",
}  # fmt: skip
# Two digits are enough to tell a coiflet from the other solutions; Newton's method finds the rest.
COIFLETS = {
    1: [
        -0.073, 0.34, 0.85, 0.38, -0.073, -0.016,
    ],
    2: [
        0.016, -0.041, -0.067, 0.39, 0.81, 0.42, -0.076, -0.059, 0.024, 0.0056, -0.0018, -0.00072,
    ],
    3: [
        -0.0038, 0.0078, 0.023, -0.066, -0.061, 0.41, 0.79, 0.43, -0.072, -0.082, 0.035, 0.016, -0.009, -0.0026,
        0.0011, 0.00047, -7.1e-05, -3.5e-05,
    ],
    4: [
        0.00089, -0.0016, -0.0073, 0.016, 0.027, -0.081, -0.056, 0.42, 0.78, 0.43, -0.067, -0.096, 0.039, 0.025,
        -0.015, -0.0057, 0.0038, 0.0013, -0.00059, -0.00026, 6.2e-05, 3.1e-05, -3.3e-06, -1.8e-06,
    ],
    5: [
        -0.00021, 0.00036, 0.0022, -0.0042, -0.01, 0.023, 0.028, -0.092, -0.052, 0.42, 0.77, 0.44, -0.062,
        -0.11, 0.041, 0.033, -0.02, -0.0092, 0.0068, 0.0024, -0.0017, -0.00064, 0.0003, 0.00014, -4.1e-05,
        -2.1e-05, 3.7e-06, 2.1e-06, -1.6e-07, -9.6e-08,
    ],
}  # fmt: skip
SPLINES = [(1, 1), (1, 3), (1, 5), (2, 2), (2, 4), (2, 6), (2, 8), (3, 1), (3, 3), (3, 5), (3, 7), (3, 9)]


def half_band(n: int) -> list[mp.mpc]:
    """Roots in y = sin^2(w / 2) of the polynomial that makes (1 - y)^n a half band."""
    return mp.polyroots([mp.binomial(n - 1 + k, k) for k in reversed(range(n))], maxsteps=2000, extraprec=600)


def inside(y: mp.mpc) -> mp.mpc:
    """Find the root z inside the unit circle of y = (2 - z - 1 / z) / 4."""
    b = 1 - 2 * y
    z = b + mp.sqrt(b * b - 1)
    return 1 / z if abs(z) > 1 else z


def expand(roots: list[mp.mpc]) -> list[mp.mpf]:
    """Coefficients of the polynomial with these roots, their sum sqrt(2)."""
    c = [mp.mpf(1)]
    for r in roots:
        c = [(c[i] if i < len(c) else 0) - (r * c[i - 1] if i else 0) for i in range(len(c) + 1)]
    real = [mp.re(v) for v in c]
    return [v * mp.sqrt(2) / sum(real) for v in real]


def is_real(z: mp.mpc) -> bool:
    """Whether the imaginary part is rounding."""
    return abs(mp.im(z)) < mp.mpf(10) ** -40


def conjugate_groups(n: int) -> list[list[mp.mpc]]:
    """Roots inside the unit circle: pairs and real ones, in the order that SYMLETS means."""
    groups = []
    for z in (inside(y) for y in half_band(n)):
        if is_real(z):
            groups.append([mp.re(z)])
        elif mp.im(z) > 0:
            groups.append([z, mp.conj(z)])
    return sorted(groups, key=lambda g: (float(mp.arg(g[0])), float(abs(g[0]))))


def daubechies(n: int) -> list[mp.mpf]:
    """Take every root inside the unit circle: minimum phase."""
    return expand([inside(y) for y in (half_band(n) if n > 1 else [])] + [mp.mpf(-1)] * n)


def symlet(n: int) -> list[mp.mpf]:
    """Take the roots that make the phase nearly linear."""
    roots = []
    for choice, group in zip(SYMLETS[n], conjugate_groups(n), strict=True):
        roots += [1 / z if choice == "1" else z for z in group]
    return expand(roots + [mp.mpf(-1)] * n)


def coiflet(k: int) -> list[mp.mpf]:
    """Gauss-Newton on orthonormality, vanishing moments of the wavelet and of the scaling function."""
    n = 6 * k
    centre = 2 * k
    h = mp.matrix(COIFLETS[k])
    for _ in range(200):
        rows, values = [], []
        for m in range(3 * k):
            row = [mp.mpf(0)] * n
            for i in range(n - 2 * m):
                row[i] += h[i + 2 * m]
                row[i + 2 * m] += h[i]
            rows.append(row)
            values.append(sum(h[i] * h[i + 2 * m] for i in range(n - 2 * m)) - (m == 0))
        for p in range(2 * k):
            row = [(-1) ** i * mp.mpf(i - centre) ** p for i in range(n)]
            rows.append(row)
            values.append(sum(a * b for a, b in zip(row, h, strict=True)))
        for p in range(2 * k):
            row = [mp.mpf(i - centre) ** p for i in range(n)]
            rows.append(row)
            values.append(sum(a * b for a, b in zip(row, h, strict=True)) - (mp.sqrt(2) if p == 0 else 0))
        # Moments of high order are large numbers: every equation counts the same.
        scale = [1 / mp.sqrt(sum(v * v for v in row)) for row in rows]
        a = mp.matrix([[v * s for v in row] for row, s in zip(rows, scale, strict=True)])
        b = mp.matrix([v * s for v, s in zip(values, scale, strict=True)])
        step = mp.lu_solve(a.T * a, a.T * b)
        h -= step
        if mp.norm(step) < mp.mpf(10) ** -35:
            return list(h)
    raise ArithmeticError(f"coif{k} doesn't converge")


def placed(h: list[mp.mpf], length: int, synthesis: bool) -> list[mp.mpf]:
    """Zeros around h: the middle of an odd filter lies left (synthesis) or right of that of the table."""
    first = length // 2 - len(h) // 2 - (1 if synthesis and len(h) % 2 else 0)
    return [mp.mpf(0)] * first + h + [mp.mpf(0)] * (length - first - len(h))


def spline(r: int, d: int) -> tuple[list[mp.mpf], list[mp.mpf]]:
    """Make a spline of order r and its shortest dual with d vanishing moments: synthesis and analysis low-pass."""
    synthesis = expand([mp.mpf(-1)] * r)
    roots = [z for y in (half_band((r + d) // 2) if r + d > 2 else []) for z in (inside(y), 1 / inside(y))]
    analysis = expand(roots + [mp.mpf(-1)] * d)
    length = 2 * math.ceil(len(analysis) / 2)
    return placed(synthesis, length, True), placed(analysis, length, False)


def balanced(n: int, r: int, synthesis_groups: list[int]) -> tuple[list[mp.mpf], list[mp.mpf]]:
    """Both filters with a share of the roots: groups of conjugate y, ascending by size, of the synthesis filter."""
    ys = half_band(n)
    groups = [[y] for y in ys if is_real(y)] + [[y, mp.conj(y)] for y in ys if mp.im(y) > mp.mpf(10) ** -40]
    groups.sort(key=lambda g: float(abs(g[0])))
    parts: tuple[list[mp.mpc], list[mp.mpc]] = ([], [])
    for i, group in enumerate(groups):
        parts[0 if i in synthesis_groups else 1].extend(z for y in group for z in (inside(y), 1 / inside(y)))
    synthesis = expand(parts[0] + [mp.mpf(-1)] * r)
    analysis = expand(parts[1] + [mp.mpf(-1)] * (2 * n - r))
    length = 2 * math.ceil(max(len(synthesis), len(analysis)) / 2)
    return placed(synthesis, length, True), placed(analysis, length, False)


def tables() -> dict[str, tuple[list[mp.mpf], list[mp.mpf]]]:
    """Synthesis and analysis low-pass by name; the latter empty where it is the former reversed."""
    out: dict[str, tuple[list[mp.mpf], list[mp.mpf]]] = {}
    for n in range(1, 21):
        out[f"db{n}"] = (daubechies(n), [])
    for n in range(2, 21):
        out[f"sym{n}"] = (symlet(n), [])
    for k in range(1, 6):
        out[f"coif{k}"] = (coiflet(k), [])
    for r, d in SPLINES:
        out[f"bior{r}.{d}"] = spline(r, d)
    out["bior4.4"] = balanced(4, 4, [0])
    out["bior5.5"] = balanced(5, 6, [0])
    out["bior6.8"] = balanced(7, 6, [1])
    return out


def array(values: list[mp.mpf]) -> str:
    """Write the values as C++."""
    return "{" + ", ".join(repr(float(v)) for v in values) + "}"


def main() -> None:
    """Write the tables to standard output."""
    print('#include "biopotential/signal/wavelet_internal.hpp"\n')
    print("// Made by scripts/make_wavelets.py, which holds the definitions.\n")
    print("namespace biopotential::inline v0::signal {\n\nnamespace {\n")
    made = tables()
    entries = []
    for name, (synthesis, analysis) in made.items():
        identifier = name.replace(".", "_")
        print(f"constexpr double {identifier}[] = {array(synthesis)};")
        dual = "{}"
        if analysis:
            print(f"constexpr double {identifier}_dual[] = {array(analysis)};")
            dual = f"{identifier}_dual"
        entries.append(f'    {{"{name}", {identifier}, {dual}}},')
    print("\nconstexpr WaveletTable tables[] = {\n" + "\n".join(entries) + "\n};\n\n}  // namespace\n")
    print("std::span<const WaveletTable> wavelet_tables() {\n    return tables;\n}\n")
    print("}  // namespace biopotential::inline v0::signal")


if __name__ == "__main__":
    main()
