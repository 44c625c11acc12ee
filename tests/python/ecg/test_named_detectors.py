"""The detectors from papers, beside those of the same name in NeuroKit2 and wfdb."""

import time

import neurokit2
import numpy as np
import pytest
from wfdb.processing import gqrs_detect, xqrs_detect

import biopotential as bp
from biopotential import evaluate

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]


def neurokit(method, clean_method):
    def run(x, fs):
        clean = neurokit2.ecg_clean(x, sampling_rate=int(fs), method=clean_method)
        return neurokit2.ecg_findpeaks(clean, sampling_rate=int(fs), method=method)["ECG_R_Peaks"]

    return run


PEERS = {
    "pan_tompkins": neurokit("pantompkins1985", "pantompkins1985"),
    "hamilton": neurokit("hamilton2002", "hamilton2002"),
    "christov": neurokit("christov2004", "christov2004"),
    "elgendi": neurokit("elgendi2010", "elgendi2010"),
    "engzee": neurokit("engzeemod2012", "engzeemod2012"),
    "martinez": neurokit("martinez2004", "neurokit"),
    "kalidas": neurokit("kalidas2017", "kalidas2017"),
    "gqrs": lambda x, fs: gqrs_detect(d_sig=np.round(200 * x).astype(np.int64), fs=fs, adc_gain=200, adc_zero=0),
    "xqrs": lambda x, fs: xqrs_detect(x, fs, verbose=False),
}
METHODS = list(PEERS)


def simulated(fs, **options):
    return bp.ecg.simulate(60, fs=fs, seed=3, **options)


def inner(peaks, fs, duration_s):
    """Without the ends, where the detectors learn."""
    peaks = np.asarray(peaks, dtype=np.int64)
    return peaks[(peaks > 6 * fs) & (peaks < (duration_s - 2) * fs)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fs", [250.0, 360.0, 500.0])
def test_same_beats_as_the_peer_on_a_clean_signal(method, fs):
    s = simulated(fs)
    x = s.data[0]
    ours = inner(bp.ecg.find_r_peaks(x, fs=fs, method=method), fs, 60)
    peer = inner(PEERS[method](x, fs), fs, 60)
    m = evaluate.match_beats(peer, ours, fs=fs, tolerance_s=0.15)
    assert len(m.extra) == 0
    assert len(m.missed) == 0
    assert len(ours) > 40


@pytest.mark.parametrize("method", METHODS)
def test_same_beats_as_the_peer_on_the_shipped_record(method):
    rec = bp.read(bp.io.example("ecg"))
    x = rec.data[0]
    reference = np.round(rec.events["onset_s"].to_numpy() * rec.fs).astype(np.int64)

    def quiet(peaks):
        """Outside the burst of noise and what peers need after it, the loose electrodes and the ends."""
        t = np.asarray(peaks) / rec.fs
        return np.asarray(peaks)[(t > 6) & (t < 298) & ((t < 119) | (t > 158)) & ((t < 239) | (t > 256))]

    ours = quiet(bp.ecg.find_r_peaks(x, fs=rec.fs, method=method))
    peer = quiet(PEERS[method](x, rec.fs))

    def errors(found, wanted):
        m = evaluate.match_beats(wanted, found, fs=rec.fs, tolerance_s=0.15)
        return len(m.missed) + len(m.extra)

    assert len(ours) > 230
    assert errors(ours, quiet(reference)) <= errors(peer, quiet(reference))
    assert errors(ours, peer) <= 0.05 * len(peer)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("fs", [100.0, 128.0, 257.5, 1000.0, 2000.0])
@pytest.mark.parametrize("sign", [1000, -1])
def test_every_beat_on_its_fiducial_at_any_rate_scale_and_polarity(method, fs, sign):
    s = simulated(fs)
    x = s.data[0] * sign
    found = inner(bp.ecg.find_r_peaks(x, fs=fs, method=method), fs, 60)
    truth = inner(s.r_peaks, fs, 60)
    assert len(found) == len(truth)
    np.testing.assert_allclose(found, truth, atol=max(2, 0.012 * fs))


@pytest.mark.parametrize("method", METHODS)
def test_real_records(method, test_data):
    """On ten minutes of records that the peers manage, the beats are those of the reference."""
    errors = beats = 0
    for name in ("100", "103", "112", "122", "215", "220", "230"):
        path = test_data / "mitdb" / name
        if not path.with_suffix(".hea").exists():
            continue
        rec = bp.read(path)
        n = int(600 * rec.fs)
        labels = rec.events["label"].isin(list("NLRBAaJSVrFejnE/fQ?"))
        reference = np.round(rec.events[labels]["onset_s"].to_numpy() * rec.fs).astype(np.int64)
        reference = reference[(reference > 6 * rec.fs) & (reference < n)]
        found = bp.ecg.find_r_peaks(rec.data[0, :n], fs=rec.fs, method=method)
        m = evaluate.match_beats(reference, found[found > 5.9 * rec.fs], fs=rec.fs, tolerance_s=0.15)
        errors += len(m.missed) + len(m.extra)
        beats += len(reference)
    assert beats > 4000
    assert errors / beats < 0.02


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_agreement_with_the_peer_on_real_records(method, test_data):
    """Five minutes of records without many ectopic beats: nine beats in ten, and more, are the peer's."""
    shared = total = 0
    for name in ("100", "112", "122", "230"):
        rec = bp.read(test_data / "mitdb" / name)
        x = rec.data[0, : int(300 * rec.fs)]
        peer = inner(PEERS[method](x, rec.fs), rec.fs, 300)
        m = evaluate.match_beats(
            peer, inner(bp.ecg.find_r_peaks(x, fs=rec.fs, method=method), rec.fs, 300), fs=rec.fs, tolerance_s=0.15
        )
        shared += 2 * len(m.reference)
        total += 2 * len(m.reference) + len(m.missed) + len(m.extra)
    assert shared / total > 0.95


def bad_signals():
    rng = np.random.default_rng(0)
    n = 60 * 250
    t = np.arange(n) / 250
    clean = simulated(250.0).data[0][:n]
    gaps = clean.copy()
    gaps[3000:4000] = np.nan
    gaps[9000:] = np.inf
    artefact = clean.copy()
    artefact[:500] += 50 * rng.standard_normal(500)
    return {
        "noise": rng.standard_normal(n),
        "flat": np.full(n, 3.7),
        "zero": np.zeros(n),
        "NaN": np.full(n, np.nan),
        "clipped": np.clip(clean * 10, -0.5, 0.5),
        "square": np.sign(np.sin(2 * np.pi * 40 * t)),
        "mains": np.sin(2 * np.pi * 50 * t),
        "gaps": gaps,
        "artefact": artefact,
        "offset": clean + 1e6,
    }


@pytest.mark.parametrize("method", ["default", *METHODS])
@pytest.mark.parametrize("kind", list(bad_signals()))
def test_bad_signals_give_a_valid_result_at_bounded_cost(method, kind):
    x = bad_signals()[kind]
    long = np.tile(x, 30)
    began = time.process_time()
    found = bp.ecg.find_r_peaks(long, fs=250.0, method=method)
    assert time.process_time() - began < 2
    assert found.dtype == np.int64
    assert np.all(np.diff(found) >= 0.15 * 250)
    assert np.all(np.isfinite(long[found]))
    if kind in ("flat", "zero", "NaN"):
        assert len(found) == 0


@pytest.mark.parametrize("method", METHODS)
def test_goes_on_after_an_artefact(method):
    s = simulated(250.0)
    x = s.data[0].copy()
    x[500:1000] += 30 * np.random.default_rng(1).standard_normal(500)
    found = bp.ecg.find_r_peaks(x, fs=250.0, method=method)
    late = s.r_peaks[s.r_peaks > 20 * 250]
    m = evaluate.match_beats(late, found[found > 19.8 * 250], fs=250.0, tolerance_s=0.15)
    assert len(m.missed) + len(m.extra) <= 2


@pytest.mark.parametrize("method", METHODS)
def test_arguments(method):
    find = getattr(bp.ecg, f"find_r_peaks_{method}")
    assert len(find(np.zeros(0), fs=250.0)) == 0
    assert len(find([1.0], fs=250.0)) == 0
    for fs in (0, -1, np.nan, 20):
        with pytest.raises(ValueError, match=f"find_r_peaks_{method}"):
            find(np.zeros(1000), fs=fs)
    with pytest.raises(ValueError, match=f"find_r_peaks_{method}"):
        find(np.zeros((2, 1000)), fs=250.0)
