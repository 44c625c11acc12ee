import warnings

import numpy as np
import pytest
import scipy.interpolate
import scipy.signal

import biopotential as bp


@pytest.fixture(scope="module")
def peaks():
    s = bp.ecg.simulate(900, fs=500.0, leads=["II"], seed=3)
    return s.r_peaks


@pytest.fixture(scope="module")
def neurokit(peaks):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import neurokit2 as nk

        return {
            **nk.hrv_time(peaks, sampling_rate=500).iloc[0],
            **nk.hrv_nonlinear(peaks, sampling_rate=500).iloc[0],
        }


def test_time_domain_equals_neurokit(peaks, neurokit):
    ours = bp.ecg.hrv_time(peaks, fs=500.0)
    n = len(peaks) - 1
    for name, theirs in {"sdnn_ms": "SDNN", "rmssd_ms": "RMSSD", "sdsd_ms": "SDSD", "mean_nn_ms": "MeanNN"}.items():
        np.testing.assert_allclose(ours[name], neurokit[f"HRV_{theirs}"], rtol=1e-12)
    # NeuroKit2 divides by the number of intervals, the Task Force by that of the differences.
    np.testing.assert_allclose(ours["pnn50_percent"], neurokit["HRV_pNN50"] * n / (n - 1), rtol=1e-12)
    np.testing.assert_allclose(ours["pnn20_percent"], neurokit["HRV_pNN20"] * n / (n - 1), rtol=1e-12)


def test_nonlinear_agrees_with_neurokit(peaks, neurokit):
    ours = bp.ecg.hrv_nonlinear(peaks, fs=500.0)
    np.testing.assert_allclose(ours["sd1_ms"], neurokit["HRV_SD1"], rtol=1e-12)
    np.testing.assert_allclose(ours["sd2_ms"], neurokit["HRV_SD2"], rtol=1e-3)
    np.testing.assert_allclose(ours["sampen"], neurokit["HRV_SampEn"], rtol=1e-2)
    np.testing.assert_allclose(ours["dfa_alpha1"], neurokit["HRV_DFA_alpha1"], rtol=0.05)


def test_frequency_domain_equals_scipy(peaks):
    ours = bp.ecg.hrv_frequency(peaks, fs=500.0)
    t = peaks[1:] / 500
    nn = np.diff(peaks) * 2.0
    grid = np.arange(t[0], t[-1] + 1e-9, 0.25)
    even = scipy.interpolate.CubicSpline(t, nn, bc_type="natural")(grid)
    f, p = scipy.signal.welch(even, 4.0, nperseg=1024, detrend="linear")
    for name, low, high in [("vlf_ms2", 0.0033, 0.04), ("lf_ms2", 0.04, 0.15), ("hf_ms2", 0.15, 0.4)]:
        np.testing.assert_allclose(ours[name], p[(f >= low) & (f < high)].sum() * f[1], rtol=1e-9)
    assert ours["lf_ms2"] == pytest.approx(625, rel=0.35)
    assert ours["hf_ms2"] == pytest.approx(400, rel=0.35)


def test_on_the_reference_beats_of_record_100(test_data):
    wfdb = pytest.importorskip("wfdb")
    beats = set("NLRBAaJSVrFejnE/fQ?")
    a = wfdb.rdann(str(test_data / "mitdb" / "100"), "atr")
    peaks = [t for c, t in zip(a.symbol, a.sample, strict=True) if c in beats]
    ours = bp.ecg.hrv(peaks, fs=360.0)
    assert ours["sdnn_ms"] == pytest.approx(48.84, abs=0.02)
    assert ours["rmssd_ms"] == pytest.approx(63.22, abs=0.02)
    assert ours["pnn50_percent"] == pytest.approx(9.86, abs=0.2)
    assert ours["sd1_ms"] == pytest.approx(44.71, abs=0.02)
    assert ours["sd2_ms"] == pytest.approx(52.65, abs=0.05)
    assert ours["sampen"] == pytest.approx(1.50, abs=0.01)
    assert ours["lf_ms2"] == pytest.approx(90, rel=0.15)
    assert ours["hf_ms2"] == pytest.approx(912, rel=0.1)
    assert ours["dfa_alpha1"] == pytest.approx(0.591, abs=0.05)
    without = bp.ecg.hrv(peaks, fs=360.0, exclude="ectopic")
    assert without["rmssd_ms"] < 40
    assert 1 < without["excluded_percent"] < 6


@pytest.mark.parametrize("n", [0, 1, 2])
def test_too_few_beats_have_no_variability(n):
    ours = bp.ecg.hrv(np.arange(n) * 800, fs=1000.0)
    assert np.isnan(ours[["sdnn_ms", "rmssd_ms", "lf_ms2", "hf_ms2", "sampen", "sd1_ms"]]).all()


def test_refuses_bad_arguments(peaks):
    with pytest.raises(ValueError, match="ascend"):
        bp.ecg.hrv(peaks[::-1], fs=500.0)
    with pytest.raises(ValueError, match="sampling rate"):
        bp.ecg.hrv(peaks, fs=0)
    with pytest.raises(ValueError, match="exclude"):
        bp.ecg.hrv(peaks, fs=500.0, exclude="some")
    with pytest.raises(ValueError, match="a beat"):
        bp.ecg.hrv(peaks, fs=500.0, normal=[True])


def test_nn_intervals_are_what_hrv_counts(peaks):
    normal = np.ones(len(peaks), dtype=bool)
    normal[[5, 6, 40]] = False
    nn = bp.ecg.nn_intervals(peaks, fs=500.0, normal=normal)
    rr = np.diff(peaks) * 2.0
    expected = normal[1:] & normal[:-1] & (rr >= 250) & (rr <= 3000)
    np.testing.assert_array_equal(nn["beat"], np.flatnonzero(expected) + 1)
    np.testing.assert_allclose(nn["nn_ms"], rr[expected], rtol=1e-12)
    assert len(nn) == bp.ecg.hrv_time(peaks, fs=500.0, normal=normal)["n_nn"]
    np.testing.assert_array_equal(nn["adjacent"], np.diff(nn["beat"], prepend=-1) == 1)


def test_nn_spectrum_is_what_hrv_integrates(peaks):
    freqs, psd = bp.ecg.nn_spectrum(peaks, fs=500.0)
    inside = (freqs >= 0.04) & (freqs < 0.15)
    power = psd[inside].sum() * (freqs[1] - freqs[0])
    np.testing.assert_allclose(bp.ecg.hrv_frequency(peaks, fs=500.0)["lf_ms2"], power, rtol=1e-12)
    freqs, psd = bp.ecg.nn_spectrum(peaks[:10], fs=500.0)
    assert freqs.size == psd.size == 0


def test_excluded_beats_do_not_swell_the_spectrum():
    s = bp.ecg.simulate(600, fs=500.0, leads=["II"], seed=8)
    whole = bp.ecg.hrv_frequency(s.r_peaks, fs=500.0)
    rng = np.random.default_rng(8)
    normal = rng.random(len(s.r_peaks)) > 0.1
    normal[200:240] = False
    parts = bp.ecg.hrv_frequency(s.r_peaks, fs=500.0, normal=normal)
    # The power is about the variance, whatever was left out.
    assert parts["total_ms2"] < 1.5 * bp.ecg.hrv_time(s.r_peaks, fs=500.0, normal=normal)["sdnn_ms"] ** 2
    assert 0.5 < parts["lf_ms2"] / whole["lf_ms2"] < 1.5
