"""Side features of beats: against definitions written out in NumPy, and on bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import biopotential as bp

pytest.importorskip("torch")
models = pytest.importorskip("biopotential.models")
try:
    models._native()
except ImportError as error:
    pytest.skip(str(error), allow_module_level=True)

FS = 128.0
BEFORE, LENGTH = 52, 128
SHAPES = ["usual_correlation", "usual_error_qrs", "qrs_amplitude", "slope", "similar_share", "similar_pre_ratio"]


def declaration(*features: str, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "schema_version": 1,
        "name": "test",
        "description": "test",
        "network": [
            {"type": "flatten"},
            {"type": "concat_side"},
            {"type": "linear", "out_features": 2},
            {"type": "softmax"},
        ],
        "input": {"n_channels": 1, "fs": FS, "window_samples": LENGTH, "unit": "mV", "side_features": list(features)},
        "preprocessing": {"schema_version": 1, "steps": []},
        "windowing": {"kind": "beats", "before_samples": BEFORE},
        "classes": ["a", "b"],
        "intended_use": "tests",
        "disclaimer": "research use, not a medical device",
        "licence": "Apache-2.0",
    }
    return {**made, **changes}


@pytest.fixture(scope="module")
def ecg() -> tuple[np.ndarray, np.ndarray]:
    made = bp.ecg.simulate(120, fs=FS, ventricular_percent=6, seed=3)
    x = made.data[0]
    return x, np.asarray(bp.ecg.find_r_peaks(x, fs=FS))


def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = a - a.mean(axis=-1, keepdims=True), b - b.mean(axis=-1, keepdims=True)
    return (a * b).sum(axis=-1) / np.sqrt((a * a).sum(axis=-1) * (b * b).sum(axis=-1))


def test_shapes_against_numpy(ecg: tuple[np.ndarray, np.ndarray]) -> None:
    x, r = ecg
    windows, side = models.beat_inputs(x, r, fs=FS, declaration=declaration(*SHAPES))
    found = dict(zip(SHAPES, side.T, strict=True))
    w = windows[:, 0] - np.median(windows[:, 0], axis=1, keepdims=True)
    q = slice(BEFORE + round(-0.12 * FS), BEFORE + round(0.16 * FS) + 1)
    moves = np.arange(-round(0.04 * FS), round(0.04 * FS) + 1)

    def align(usual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        tried = np.stack([np.take(w, np.clip(np.arange(LENGTH) + k, 0, LENGTH - 1), axis=1) for k in moves])
        c = correlation(tried[:, :, q], usual[q])
        best = c.argmax(axis=0)
        return tried[best, np.arange(len(w))], c.max(axis=0)

    usual = np.median(w, axis=0)
    for _ in range(3):
        moved, c = align(usual)
        usual = np.median(moved[c >= 0.9], axis=0)
    usual -= np.median(usual)
    height = np.ptp(usual[BEFORE - round(0.1 * FS) : BEFORE + round(0.1 * FS) + 1])
    moved, c = align(usual)
    moved, usual = moved / height, usual / height
    np.testing.assert_allclose(found["usual_correlation"], c, atol=1e-9)
    error = np.sqrt(((moved - usual)[:, q] ** 2).mean(axis=1) / (usual[q] ** 2).mean())
    np.testing.assert_allclose(found["usual_error_qrs"], np.minimum(error, 5), rtol=1e-9)
    np.testing.assert_allclose(found["qrs_amplitude"], np.ptp(moved[:, q], axis=1), rtol=1e-9)
    steep = np.abs(np.gradient(moved, axis=1))[:, q].max(axis=1) / np.abs(np.gradient(usual))[q].max()
    np.testing.assert_allclose(found["slope"], steep, rtol=1e-9)

    rr = np.diff(r) / FS
    local = np.array([np.median(rr[max(0, i - 10) : i + 10]) for i in range(len(r))])
    pre = np.r_[local[0], rr] / local
    sample = np.unique(np.linspace(0, len(r) - 1, min(len(r), 200)).round().astype(int))
    near = np.array([correlation(moved[i, q], moved[sample][:, q]) for i in range(len(r))]) > 0.9
    near[sample, np.arange(len(sample))] = False
    np.testing.assert_allclose(found["similar_share"], near.mean(axis=1), atol=1e-12)
    wanted = [np.minimum(pre[sample][m], 2).mean() if m.any() else p for m, p in zip(near, pre, strict=True)]
    np.testing.assert_allclose(found["similar_pre_ratio"], wanted, rtol=1e-9)


def test_rhythm_against_numpy(ecg: tuple[np.ndarray, np.ndarray]) -> None:
    x, r = ecg
    names = ["pre_long_ratio", "pair_ratio", "irregularity2", "early_share"]
    side = models.beat_inputs(x, r, fs=FS, declaration=declaration(*names))[1]
    rr, n = np.diff(r) / FS, len(r)

    def around(v: np.ndarray, reach: int) -> np.ndarray:
        return np.array([np.median(v[max(0, i - reach) : i + reach]) for i in range(n)])

    local = around(rr, 10)
    pre, post = np.r_[local[0], rr], np.r_[rr, local[-1]]
    np.testing.assert_allclose(side[:, 0], np.minimum(pre / around(rr, 150), 3))
    np.testing.assert_allclose(side[:, 1], (pre + post) / (2 * local))
    back = [np.abs(pre - np.r_[[pre[0]] * k, pre[:-k]]) for k in (1, 2)]
    np.testing.assert_allclose(side[:, 2], around(np.minimum(*back) / local, 10), atol=1e-12)
    early = pre / local < 0.88
    np.testing.assert_allclose(side[:, 3], [early[max(0, i - 30) : i + 31].mean() for i in range(n)])


def test_the_gain_of_the_recording_does_not_count(ecg: tuple[np.ndarray, np.ndarray]) -> None:
    x, r = ecg
    d = declaration(*SHAPES)
    one, ten = (models.beat_inputs(k * x, r, fs=FS, declaration=d)[1] for k in (1, 10))
    np.testing.assert_allclose(one, ten, atol=1e-9)


@pytest.mark.parametrize(
    "x",
    [np.zeros(2000), np.r_[np.zeros(1000), np.full(1000, 1e6)], np.random.default_rng(0).normal(size=2000)],
    ids=["flat", "step", "noise"],
)
def test_never_nan(x: np.ndarray) -> None:
    names = models.side_features()
    side = models.beat_inputs(x, [3, 300, 420, 1100, 1999], fs=FS, declaration=declaration(*names))[1]
    assert side.shape == (5, len(names))
    assert np.isfinite(side).all()
    assert np.abs(side).max() <= 5


def test_bad_declarations(ecg: tuple[np.ndarray, np.ndarray]) -> None:
    x, r = ecg
    for bad in (
        declaration("no_such"),
        declaration("slope", "slope"),
        declaration("slope", windowing={"kind": "beats", "before_samples": 20}),
        declaration("slope", windowing={"kind": "fixed", "step_samples": 20}),
    ):
        with pytest.raises(bp.ParseError):
            models.beat_inputs(x, r, fs=FS, declaration=bad)
    good = declaration("slope", "pre_ratio")
    assert models.beat_inputs(x, [], fs=FS, declaration=good)[1].shape == (0, 2)
    for peaks in ([5], [9, 5], [-1, 5], [5, len(x)]):
        with pytest.raises(ValueError, match="models"):
            models.beat_inputs(x, peaks, fs=FS, declaration=good)


def test_a_package_without_features_of_shape_still_loads(ecg: tuple[np.ndarray, np.ndarray]) -> None:
    x, r = ecg
    old = declaration("pre_rr_s", "post_rr_s", "local_rr_s", "pre_ratio", "post_ratio")
    side = models.beat_inputs(x, r, fs=FS, declaration=old)[1]
    np.testing.assert_allclose(side[1:, 0], np.diff(r) / FS)
