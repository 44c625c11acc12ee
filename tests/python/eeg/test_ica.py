"""ICA against what was mixed, python-picard and scikit-learn at run time."""

import numpy as np
import pytest
from picard import picard
from sklearn.decomposition import FastICA

from biopotential import eeg, set_num_threads, signal


def amari(a):
    """Distance of a matrix from a permutation with scales, 0 to 1."""
    a = np.abs(a)
    n = len(a)
    rows = (a.sum(axis=1) / a.max(axis=1) - 1).sum()
    columns = (a.sum(axis=0) / a.max(axis=0) - 1).sum()
    return (rows + columns) / (2 * n * (n - 1))


@pytest.fixture(scope="module")
def mixed():
    rng = np.random.default_rng(1)
    sources = rng.laplace(size=(6, 20000))
    mixing = rng.normal(size=(6, 6))
    return mixing @ sources + rng.normal(size=(6, 1)), mixing


@pytest.mark.parametrize("method", ["picard", "fastica"])
def test_sources_are_found(mixed, method):
    x, mixing = mixed
    out = eeg.ica(x, method=method)
    assert out.converged
    assert amari(out.unmixing @ mixing) < 0.02
    np.testing.assert_allclose(out.unmixing @ out.mixing, np.eye(6), atol=1e-9)
    np.testing.assert_allclose(out.sources(x).std(axis=1), 1, rtol=1e-9)
    np.testing.assert_allclose(out.mean, x.mean(axis=1))
    assert out.explained.sum() == pytest.approx(1, abs=0.01)
    assert (np.diff(out.explained) <= 0).all()
    assert (out.mixing[np.abs(out.mixing).argmax(axis=0), np.arange(6)] > 0).all()


def test_picard_is_equal_to_python_picard(mixed):
    x, _ = mixed
    whitening, unmixing, _ = picard(x, ortho=False, extended=False, tol=1e-9, max_iter=1000, random_state=0)
    out = eeg.ica(x, tolerance=1e-9)
    assert out.converged
    assert amari(out.unmixing @ np.linalg.inv(unmixing @ whitening)) < 1e-6
    # The gradient of the likelihood is 0: E tanh(y) y' is the identity for the scale that Picard gives.
    scaled = unmixing @ whitening @ (x - x.mean(axis=1, keepdims=True))
    np.testing.assert_allclose(np.tanh(scaled) @ scaled.T / x.shape[1], np.eye(6), atol=1e-6)


def test_fastica_is_equal_to_scikit_learn(mixed):
    x, _ = mixed
    theirs = FastICA(whiten="unit-variance", fun="logcosh", tol=1e-12, max_iter=2000, random_state=0).fit(x.T)
    out = eeg.ica(x, method="fastica", tolerance=1e-13)
    assert amari(out.unmixing @ theirs.mixing_) < 1e-5


def test_blinks_are_removed():
    names = [*eeg.TEN_TWENTY[:8], "Cz", "Pz", "O1", "O2"]
    sim = eeg.simulate(60, names, fs=200, seed=3)
    x = signal.highpass(sim.data, 1.0, fs=200)
    out = eeg.ica(x, channels=names, seed=2)
    frontal = x[:2].mean(axis=0)
    r = out.correlations(x, frontal)
    worst = int(np.abs(r).argmax())
    assert abs(r[worst]) > 0.9
    assert np.abs(out.mixing[:, worst]).argmax() in (0, 1)
    clean = out.apply(x, [worst])
    before, after = np.abs(x[0, sim.blink_peaks]), np.abs(clean[0, sim.blink_peaks])
    assert np.median(after) < 0.25 * np.median(before)
    assert np.corrcoef(clean[11], x[11])[0, 1] > 0.99
    np.testing.assert_allclose(out.apply(x, []), x, atol=1e-9)
    np.testing.assert_array_equal(out.apply(x, [worst, worst]), clean)


def test_rank_and_number_of_components():
    x = eeg.reference(eeg.simulate(20, fs=100, seed=4).data).data
    out = eeg.ica(x, method="fastica", max_iterations=20)
    assert len(out.unmixing) == 18, "an average reference costs one"
    few = eeg.ica(x, n_components=5, max_iterations=50)
    assert few.mixing.shape == (19, 5)
    assert few.explained.sum() < 1
    rest = few.apply(x, range(5))
    assert np.isfinite(rest).all()
    with pytest.raises(ValueError, match="rank"):
        eeg.ica(x, n_components=19)


def test_threads_and_seeds(mixed):
    x, _ = mixed
    set_num_threads(1)
    one = eeg.ica(x)
    set_num_threads(3)
    three = eeg.ica(x)
    set_num_threads(2)
    np.testing.assert_array_equal(one.unmixing, three.unmixing)
    other = eeg.ica(x, seed=9)
    np.testing.assert_allclose(other.unmixing, one.unmixing, atol=1e-5)
    np.testing.assert_allclose(eeg.ica(np.asfortranarray(x)).unmixing, one.unmixing, atol=1e-9)
    np.testing.assert_allclose(eeg.ica(np.repeat(x, 2, axis=1)[:, ::2]).unmixing, one.unmixing, atol=1e-9)
    np.testing.assert_allclose(eeg.ica(x.astype(np.float32)).unmixing, one.unmixing, atol=1e-4)
    stopped = eeg.ica(x, max_iterations=1)
    assert not stopped.converged
    assert stopped.iterations == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "jade"}, "method"),
        ({"n_components": 0}, "n_components"),
        ({"max_iterations": 0}, "max_iterations"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"seed": -1}, "seed"),
        ({"channels": ["a"]}, "channel names"),
    ],
)
def test_refusals(mixed, change, message):
    x, _ = mixed
    with pytest.raises(ValueError, match=message):
        eeg.ica(x[:, :500], **change)


def test_signals_that_have_no_components(mixed):
    x, _ = mixed
    with pytest.raises(ValueError, match="finite"):
        eeg.ica(np.full((3, 100), np.nan))
    with pytest.raises(ValueError, match="varies"):
        eeg.ica(np.ones((3, 100)))
    with pytest.raises(ValueError, match="more samples"):
        eeg.ica(x[:, :6])
    out = eeg.ica(x[:, :500])
    with pytest.raises(ValueError, match="components below"):
        out.apply(x, [6])
    with pytest.raises(ValueError, match="channels"):
        out.apply(x[:5], [0])
    with pytest.raises(ValueError, match="shape"):
        out.sources(x[:5])
    with pytest.raises(ValueError, match="reference"):
        out.correlations(x, x[0, :5])
