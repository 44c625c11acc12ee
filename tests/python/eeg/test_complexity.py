"""Complexity measures against antropy at run time."""

import antropy
import numpy as np
import pytest

from biopotential import eeg


@pytest.fixture(scope="module")
def x():
    rng = np.random.default_rng(1)
    return np.cumsum(rng.standard_normal((3, 2000)), axis=1) * 0.2 + rng.standard_normal((3, 2000))


PAIRS = [
    (eeg.sample_entropy, antropy.sample_entropy),
    (lambda x: eeg.sample_entropy(x, order=3), lambda x: antropy.sample_entropy(x, order=3)),
    (eeg.app_entropy, antropy.app_entropy),
    (eeg.perm_entropy, antropy.perm_entropy),
    (lambda x: eeg.perm_entropy(x, 5, 2, True), lambda x: antropy.perm_entropy(x, 5, 2, True)),
    (lambda x: eeg.spectral_entropy(x, fs=99.5), lambda x: antropy.spectral_entropy(x, 99.5)),
    (
        lambda x: eeg.spectral_entropy(x, fs=100, method="welch", normalize=True),
        lambda x: antropy.spectral_entropy(x, 100, method="welch", normalize=True),
    ),
    (eeg.svd_entropy, antropy.svd_entropy),
    (lambda x: eeg.svd_entropy(x, 10, 2, True), lambda x: antropy.svd_entropy(x, 10, 2, True)),
    (eeg.higuchi_fd, antropy.higuchi_fd),
    (eeg.katz_fd, antropy.katz_fd),
    (eeg.petrosian_fd, antropy.petrosian_fd),
    (eeg.detrended_fluctuation, antropy.detrended_fluctuation),
    (lambda x: eeg.hjorth(x)[0], lambda x: antropy.hjorth_params(x)[0]),
    (lambda x: eeg.hjorth(x, fs=100)[1], lambda x: antropy.hjorth_params(x, 100)[1]),
    (eeg.zero_crossings, antropy.num_zerocross),
]


@pytest.mark.parametrize("pair", range(len(PAIRS)))
def test_equal_to_antropy(pair, x):
    ours, theirs = PAIRS[pair]
    expected = [theirs(row) for row in x]
    np.testing.assert_allclose(ours(x), expected, rtol=1e-10)
    assert ours(x[0]) == pytest.approx(expected[0], rel=1e-10)
    assert isinstance(ours(x[0]), float)
    np.testing.assert_allclose(ours(np.stack([x, x[::-1]])), [expected, expected[::-1]], rtol=1e-10)
    np.testing.assert_allclose(ours(np.asfortranarray(x)), expected, rtol=1e-10)
    np.testing.assert_allclose(ours(np.repeat(x, 2, axis=1)[:, ::2]), expected, rtol=1e-10)


def test_long_sample_entropy_uses_the_tree_rule(x):
    long = np.round(np.concatenate([x[0], x[1], x[2]]), 1)
    for tolerance in (None, 0.5):
        assert eeg.sample_entropy(long, tolerance=tolerance) == pytest.approx(
            antropy.sample_entropy(long, tolerance=tolerance), rel=1e-10
        )


@pytest.mark.parametrize("symbols", [2, 3, 20])
@pytest.mark.parametrize("normalize", [False, True])
def test_lziv(symbols, normalize):
    rng = np.random.default_rng(symbols)
    for n in (1, 2, 3, 10, 999):
        s = rng.integers(0, symbols, n)
        if normalize and n == 1:
            continue
        assert eeg.lziv_complexity(s, normalize) == pytest.approx(antropy.lziv_complexity(s, normalize), rel=1e-12)
    assert eeg.lziv_complexity(np.zeros(50)) == antropy.lziv_complexity(np.zeros(50)) == 2


@pytest.mark.parametrize("pair", range(len(PAIRS)))
def test_array_contract(pair, x):
    measure = PAIRS[pair][0]
    bad = x.copy()
    bad[1, 5] = np.nan
    out = np.asarray(measure(bad))
    assert np.isnan(out[1])
    np.testing.assert_array_equal(out[[0, 2]], np.asarray(measure(x))[[0, 2]])
    np.testing.assert_allclose(measure(x.astype(np.float32)), measure(x.astype(np.float32).astype(float)))
    np.testing.assert_allclose(measure((x * 100).astype(np.int16)), measure((x * 100).astype(np.int16).astype(float)))
    with pytest.raises(ValueError, match="shape"):
        measure(np.zeros((1, 2, 3, 100)))
    if measure is not eeg.zero_crossings:
        with pytest.raises(ValueError, match="samples"):
            measure(np.zeros(1))
    with pytest.raises(ValueError, match="samples"):
        measure(np.zeros(0))


@pytest.mark.parametrize("fs", [0, -1, np.nan, np.inf])
def test_bad_rate(fs):
    with pytest.raises(ValueError, match="sampling rate"):
        eeg.spectral_entropy(np.ones(100), fs=fs)
