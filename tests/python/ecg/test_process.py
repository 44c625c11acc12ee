import numpy as np
import pandas as pd
import pytest

import biopotential as bp


@pytest.fixture(scope="module")
def ecg():
    return bp.ecg.simulate(120, fs=250.0, leads=("II", "V1"), seed=5)


def test_an_array_gives_everything(ecg):
    r = bp.ecg.process(ecg.data, fs=250.0, unit="mV", leads=["II", "V1"])
    assert abs(len(r.beats) - len(ecg.r_peaks)) <= 1
    np.testing.assert_array_equal(r.r_peaks, bp.ecg.find_r_peaks(ecg.data, fs=250.0))
    np.testing.assert_array_equal(r.r_peaks, r.beats["r_peak"])
    np.testing.assert_allclose(r.beats["time_s"], r.r_peaks / 250.0)
    expected = bp.ecg.delineate(ecg.data, r.r_peaks, fs=250.0, unit="mV")
    pd.testing.assert_frame_equal(r.beats[expected.columns], expected, check_dtype=False)
    pd.testing.assert_series_equal(r.hrv, bp.ecg.hrv(r.r_peaks, fs=250.0))
    assert set(r.quality["lead"]) == {"II", "V1"}
    assert r.analysable_share == 1.0
    assert r.beats["ok"].all()
    assert len(r.excluded) == 0
    assert r.rhythm.mean_hr_bpm == pytest.approx(70, abs=4)
    assert len(r.rhythm.episodes) == 0


def test_units_agree_and_other_scales_are_errors(ecg):
    mv = bp.ecg.process(ecg.data, fs=250.0, unit="mV")
    for unit, factor in (("uV", 1e3), ("V", 1e-3)):
        other = bp.ecg.process(ecg.data * factor, fs=250.0, unit=unit)
        np.testing.assert_allclose(other.beats["r_amplitude_mv"], mv.beats["r_amplitude_mv"], rtol=1e-6)
    for factor, claimed, likely in ((1e3, "mV", "uV"), (1e-3, "mV", "V"), (1.0, "V", "mV"), (1.0, "uV", "mV")):
        with pytest.raises(ValueError, match=f'likely in {likely} \\(unit="{likely}"\\)'):
            bp.ecg.process(ecg.data * factor, fs=250.0, unit=claimed)
    with pytest.raises(ValueError, match="digital steps"):
        bp.ecg.process(ecg.data * 1e7, fs=250.0, unit="mV")


def test_an_array_needs_fs_and_unit(ecg):
    with pytest.raises(ValueError, match="fs"):
        bp.ecg.process(ecg.data, unit="mV")
    with pytest.raises(ValueError, match="unit"):
        bp.ecg.process(ecg.data, fs=250.0)
    with pytest.raises(ValueError, match="names"):
        bp.ecg.process(ecg.data, fs=250.0, unit="mV", leads=["II"])
    with pytest.raises(ValueError, match="shape"):
        bp.ecg.process(ecg.data[None], fs=250.0, unit="mV")
    with pytest.raises(ValueError, match="lead"):
        bp.ecg.process(np.zeros((0, 500)), fs=250.0, unit="mV")


def test_a_recording_brings_its_units_and_names(ecg):
    rec = bp.Recording.from_array(
        np.vstack([ecg.data * 1000, np.full(ecg.data.shape[1], 36.6)]),
        fs=250.0,
        channels=["II", "V1", "temperature"],
        unit=["uV", "uV", "degC"],
    )
    r = bp.ecg.process(rec)
    assert r.leads == ["II", "V1"]
    expected = bp.ecg.process(ecg.data, fs=250.0, unit="mV")
    np.testing.assert_allclose(r.beats["t_amplitude_mv"], expected.beats["t_amplitude_mv"], rtol=1e-6, atol=1e-9)
    assert bp.ecg.process(rec, leads=["V1"]).leads == ["V1"]
    for options in ({"fs": 250.0}, {"unit": "mV"}, {"leads": ["V9"]}):
        with pytest.raises(ValueError, match="process"):
            bp.ecg.process(rec, **options)
    other = bp.Recording.from_array(np.zeros((1, 1000)), fs=250.0, channels=["SpO2"], unit="%")
    with pytest.raises(ValueError, match="SpO2"):
        bp.ecg.process(other)


class Gapped:
    """A recording with two stretches, of which the second starts 100 s later than the samples say."""

    def __init__(self, data, fs, cut, gap_s):
        class Segment:
            def __init__(self, start_s, first, n_samples):
                self.start_s, self.first, self.n_samples = start_s, first, n_samples

        class Channel:
            def __init__(self, name):
                self.name, self.unit = name, "mV"

        class Signal:
            pass

        signal = Signal()
        signal.fs = fs
        signal.n_samples = data.shape[1]
        signal.channels = [Channel("II"), Channel("V1")]
        signal.segments = [Segment(0.0, 0, cut), Segment(cut / fs + gap_s, cut, data.shape[1] - cut)]
        signal.read = lambda first, n, channels: data[channels, first : first + n]
        self.signals = [signal]


def test_nothing_crosses_a_gap(ecg):
    cut = 15_100
    r = bp.ecg.process(Gapped(ecg.data, 250.0, cut, 100.0))
    parts = [bp.ecg.process(part, fs=250.0, unit="mV") for part in (ecg.data[:, :cut], ecg.data[:, cut:])]
    np.testing.assert_array_equal(r.r_peaks, np.concatenate([parts[0].r_peaks, parts[1].r_peaks + cut]))
    after = r.beats[r.beats["r_peak"] >= cut]
    np.testing.assert_allclose(after["time_s"], parts[1].beats["time_s"] + cut / 250.0 + 100.0)
    assert np.isnan(after["rr_ms"].iloc[0])
    assert np.isnan(after["pre_rr_s"].iloc[0])
    assert r.excluded.to_dict("records") == [{"start_s": 60.4, "end_s": 160.4, "reason": "gap"}]
    assert not r.rhythm.episodes["kind"].isin(["pause", "asystole", "bradycardia"]).any()
    assert r.hrv["max_nn_ms"] < 2000
    assert r.quality["end_s"].max() == pytest.approx(220.0)


def test_bad_stretches_are_excluded_with_their_reason(ecg):
    x = ecg.data.copy()
    x[:, 10_000:17_500] = np.nan
    r = bp.ecg.process(x, fs=250.0, unit="mV")
    assert r.analysable_share == pytest.approx(0.75, abs=0.01)
    assert set(r.excluded["reason"]) == {"missing"}
    assert r.reasons["missing"] == pytest.approx(0.25, abs=0.01)
    assert not ((r.r_peaks > 10_000) & (r.r_peaks < 17_499)).any()
    assert len(r.rhythm.episodes) == 0
    one = ecg.data.copy()
    one[1] = 0.5
    r = bp.ecg.process(one, fs=250.0, unit="mV")
    assert r.analysable_share == 1.0
    assert r.reasons["flat"] == pytest.approx(0.5)


def test_a_pause_is_found_and_a_dropout_is_none(ecg):
    beats = np.arange(0.5, 60, 0.8)
    t = np.arange(60 * 250) / 250
    x = sum(np.exp(-0.5 * ((t - b) / 0.01) ** 2) for b in beats if not 20 < b < 25)
    x = x + 0.004 * np.random.default_rng(0).standard_normal(t.size)
    r = bp.ecg.process(x, fs=250.0, unit="mV")
    kinds = r.rhythm.episodes["kind"].tolist()
    assert kinds == ["asystole"]
    assert r.rhythm.episodes["value"].iloc[0] == pytest.approx(5.6, abs=0.05)
    dropout = x.copy()
    dropout[int(19.9 * 250) : int(25.1 * 250)] = x[int(19.9 * 250)]
    r = bp.ecg.process(dropout, fs=250.0, unit="mV")
    assert len(r.rhythm.episodes) == 0


@pytest.mark.parametrize("n", [0, 1, 100, 2500])
@pytest.mark.parametrize("kind", ["zeros", "noise", "nan"])
def test_what_is_no_ecg_has_no_beats(n, kind):
    x = {"zeros": np.zeros(n), "noise": np.random.default_rng(0).standard_normal(n), "nan": np.full(n, np.nan)}[kind]
    r = bp.ecg.process(x, fs=250.0, unit="mV")
    assert isinstance(r.beats, pd.DataFrame)
    assert "t_offset" in r.beats
    assert len(r.rhythm.episodes) == 0 or kind == "noise"
    assert np.isnan(r.rhythm.mean_hr_bpm) or kind == "noise"


def test_rhythm_takes_times():
    rng = np.random.default_rng(1)
    r = bp.ecg.rhythm(np.cumsum(rng.uniform(0.5, 1.1, 200)))
    assert r.irregular_share == pytest.approx(1.0)
    assert r.episodes["kind"].tolist() == ["irregular"]
    assert len(r.entropy) == 200
    assert np.isnan(r.af_share)
    assert len(bp.ecg.rhythm([]).episodes) == 0
    with pytest.raises(ValueError, match="P wave"):
        bp.ecg.rhythm([1.0, 2.0], p_probability=[0.5])
    with pytest.raises(ValueError, match="rhythm"):
        bp.ecg.rhythm([2.0, 1.0])
    with pytest.raises(ValueError, match="rhythm"):
        bp.ecg.rhythm([1.0, 2.0], counts=[True])
    with pytest.raises(ValueError, match="pause_s"):
        bp.ecg.rhythm([1.0, 2.0], pause_s=-1)


def test_real_atrial_fibrillation_is_irregular_and_has_no_p_waves(test_data):
    sinus = bp.ecg.process(bp.read(test_data / "mitdb" / "101"))
    fibrillation = bp.ecg.process(bp.read(test_data / "mitdb" / "203"))
    assert sinus.rhythm.irregular_share < 0.1
    assert fibrillation.rhythm.irregular_share > 0.8
    assert sinus.rhythm.af_share < 0.1
    assert fibrillation.rhythm.af_share > 0.8
    assert sinus.beats["p_peak"].notna().mean() > 0.9
    assert fibrillation.beats["p_peak"].notna().mean() < 0.5
