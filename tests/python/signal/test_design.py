"""Designs equal SciPy's."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal as sps

import biopotential as bp

BTYPES = ["lowpass", "highpass", "bandpass", "bandstop"]


def close(got, want, rtol):
    want = np.asarray(want)
    assert np.shape(got) == want.shape
    np.testing.assert_allclose(got, want, rtol=rtol, atol=rtol * np.abs(want).max())


def edges(btype):
    return [5.0, 15.0] if btype.startswith("band") else 12.0


@pytest.mark.parametrize("btype", BTYPES)
@pytest.mark.parametrize("order", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
@pytest.mark.parametrize("fs", [100.0, 360.0, 511.7])
def test_families(btype, order, fs):
    kw = {"fs": fs, "btype": btype}
    c = edges(btype)
    s = bp.signal
    close(s.cheby1(order, 1.0, c, **kw), sps.cheby1(order, 1.0, c, output="sos", **kw), 1e-11)
    close(s.cheby2(order, 40.0, c, **kw), sps.cheby2(order, 40.0, c, output="sos", **kw), 1e-11)
    for ripple, attenuation in ((0.5, 60.0), (0.01, 120.0), (3.0, 20.0)):
        got = s.ellip(order, ripple, attenuation, c, **kw)
        close(got, sps.ellip(order, ripple, attenuation, c, output="sos", **kw), 1e-8)
    for norm in ("phase", "delay", "mag"):
        close(s.bessel(order, c, norm=norm, **kw), sps.bessel(order, c, norm=norm, output="sos", **kw), 1e-8)


def by_place(roots):
    return roots[np.lexsort((np.round(roots.imag, 7), np.round(roots.real, 7)))]


@pytest.mark.parametrize("btype", BTYPES)
@pytest.mark.parametrize("name", ["butter", "cheby1", "cheby2", "ellip", "bessel"])
def test_outputs(btype, name):
    arguments = {"cheby1": (1.0,), "cheby2": (40.0,), "ellip": (1.0, 40.0)}.get(name, ())
    ours, theirs = getattr(bp.signal, name), getattr(sps, name)
    z, p, k = ours(3, *arguments, edges(btype), fs=250, btype=btype, output="zpk")
    zs, ps, ks = theirs(3, *arguments, edges(btype), fs=250, btype=btype, output="zpk")
    close(by_place(z), by_place(zs), 1e-6)  # repeated roots: their order is rounding
    close(by_place(p), by_place(ps), 1e-9)
    assert k == pytest.approx(ks, rel=1e-9)
    b, a = ours(3, *arguments, edges(btype), fs=250, btype=btype, output="ba")
    bs, as_ = theirs(3, *arguments, edges(btype), fs=250, btype=btype, output="ba")
    close(b, bs, 1e-8)
    close(a, as_, 1e-9)


@pytest.mark.parametrize("order", [1, 2, 13, 24, 25])
def test_high_bessel_orders(order):
    p = bp.signal.bessel(order, 40.0, fs=250, output="zpk")[1]
    want = sps.bessel(order, 40.0, fs=250, output="zpk")[1]
    close(by_place(p), by_place(want), 1e-8)


def test_elliptic_reaches_its_specification():
    for order, ripple, attenuation in ((5, 0.1, 80.0), (12, 0.5, 100.0), (4, 2.0, 30.0)):
        sos = bp.signal.ellip(order, ripple, attenuation, 30.0, fs=250)
        f, h = bp.signal.sosfreqz(sos, fs=250, n=20000)
        gain = np.abs(h)
        assert 20 * np.log10(gain[f <= 30].min()) == pytest.approx(-ripple, abs=1e-3)
        beyond = gain[np.argmax(gain < 10 ** (-attenuation / 20) * (1 + 1e-6)) :]
        assert 20 * np.log10(beyond.max()) == pytest.approx(-attenuation, abs=0.01)


@pytest.mark.parametrize(
    ("stop", "rtol"),
    [((20, 30), 1e-12), ((30, 20), 1e-12), (([10, 40], [5, 50]), 1e-12), (([5, 50], [10, 40]), 1e-6)],
)
@pytest.mark.parametrize("fs", [200.0, 1000.3])
def test_buttord(stop, rtol, fs):
    for pass_db, stop_db in ((3, 40), (0.5, 60)):
        order, cutoff = bp.signal.buttord(*stop, pass_db, stop_db, fs=fs)
        want, wanted_cutoff = sps.buttord(*stop, pass_db, stop_db, fs=fs)
        assert order == want
        close(cutoff, wanted_cutoff, rtol)


def test_iirpeak():
    for f, q in ((10.0, 5.0), (60.0, 35.0)):
        close(bp.signal.iirpeak(f, q, fs=250)[0], np.concatenate(sps.iirpeak(f, q, fs=250)), 1e-12)


@pytest.mark.parametrize("n", [64, 65, 200, 201])
@pytest.mark.parametrize("fs", [250.0, 99.9])
def test_firwin2(n, fs):
    f = np.array([0.0, 0.1, 0.1, 0.5, 1.0]) * fs / 2
    close(bp.signal.firwin2(n, f, [1, 1, 0, 0.5, 0], fs=fs), sps.firwin2(n, f, [1, 1, 0, 0.5, 0], fs=fs), 1e-11)
    kw = {"antisymmetric": True, "window": "hann"}
    g = [0, 1, 0.5, 0.5, 0]
    close(bp.signal.firwin2(n, f, g, fs=fs, **kw), sps.firwin2(n, f, g, fs=fs, **kw), 1e-11)


@pytest.mark.parametrize("n", [1, 3, 51, 151])
def test_firls(n):
    bands, desired = [0, 20, 30, 60, 70, 125], [1, 1, 0, 0, 0.5, 1.0]
    for weights in (None, [1, 10, 3]):
        got = bp.signal.firls(n, bands, desired, fs=250, weights=weights)
        close(got, sps.firls(n, bands, desired, fs=250, weight=weights), 1e-10)


@pytest.mark.parametrize("n", [12, 31, 32, 101, 150])
def test_remez(n):
    close(
        bp.signal.remez(n, [0, 20, 30, 125], [1, 0], fs=250, weights=[1, 5]),
        sps.remez(n, [0, 20, 30, 125], [1, 0], weight=[1, 5], fs=250),
        1e-10,
    )
    bands = [0, 5, 10, 40, 45, 125]
    close(bp.signal.remez(n, bands, [0, 1, 0], fs=250), sps.remez(n, bands, [0, 1, 0], fs=250), 1e-9)


def test_remez_refuses_what_rounding_spoils():
    with pytest.raises(ValueError, match=r"\[remez\]"):
        bp.signal.remez(150, [0, 5, 10, 40, 45, 110], [0, 1, 0], fs=250)


def test_kaiser():
    for a in (10.0, 21.0, 35.0, 50.0, 60.0, 90.0):
        assert bp.signal.kaiser_beta(a) == pytest.approx(sps.kaiser_beta(a), rel=1e-14)
        assert bp.signal.kaiserord(a, 4.0, fs=250) == pytest.approx(sps.kaiserord(a, 4.0 / 125), rel=1e-14)
        assert bp.signal.kaiser_atten(77, 4.0, fs=250) == pytest.approx(sps.kaiser_atten(77, 4.0 / 125), rel=1e-14)


@pytest.mark.parametrize("n", [31, 40, 101])
def test_minimum_phase(n):
    # A floor in the stop band: where a gain is 0 but for rounding, its logarithm differs between any two programs.
    h = sps.firwin(n, 20, fs=250)
    h[n // 2] += 0.02
    for half in (True, False):
        for n_fft in (0, 1024, 1001):
            got = bp.signal.minimum_phase(h, half=half, n_fft=n_fft)
            close(got, sps.minimum_phase(h, half=half, n_fft=n_fft or None), 1e-9)


def test_responses():
    b, a = sps.butter(3, [25, 60], "bandpass", fs=250)
    sos = sps.butter(3, [25, 60], "bandpass", fs=250, output="sos")
    for got, want in zip(bp.signal.freqz(b, a, fs=250), sps.freqz(b, a, fs=250), strict=True):
        close(got, want, 1e-12)
    f, delay = bp.signal.group_delay(b, a, fs=250)
    far = (f > 15) & (f < 110)  # three zeros at 0 Hz and at fs / 2 make the delay there rounding
    close(delay[far], sps.group_delay((b, a), w=f[far], fs=250)[1], 1e-10)
    close(bp.signal.sos_group_delay(sos, fs=250)[1][far], delay[far], 1e-8)
    h = sps.firwin(31, 20, fs=250)
    np.testing.assert_allclose(bp.signal.group_delay(h, fs=250, n=64)[1][:10], 15, rtol=1e-10)


def test_descriptions():
    d = bp.signal.describe(bp.signal.design_fir(1, 40, fs=500), fs=500, zero_phase=True)
    assert (d.kind, d.band, d.length, d.linear_phase, d.delay_s) == ("FIR", "bandpass", 1651, True, 0)
    np.testing.assert_allclose(d.half_amplitude_hz, [0.5, 45], atol=0.01)
    assert d.attenuation_db == pytest.approx(53, abs=1)
    assert d.length_s == pytest.approx(3.302)
    d = bp.signal.describe(bp.signal.ellip(5, 1, 60, [45, 55], fs=500, btype="bandstop"), fs=500)
    assert (d.kind, d.band, d.length, d.stable) == ("IIR", "bandstop", 5, True)
    assert d.attenuation_db == pytest.approx(60, abs=0.1)
    np.testing.assert_allclose([t[0] for t in d.transitions_hz], [45, 55], atol=0.01)
    low = bp.signal.describe(bp.signal.butter(4, 40, fs=500), fs=500)
    assert low.band == "lowpass"
    np.testing.assert_allclose(low.half_power_hz, [40], atol=1e-3)
    both = bp.signal.describe(bp.signal.butter(4, 40, fs=500), fs=500, zero_phase=True)
    np.testing.assert_allclose(both.half_amplitude_hz, [40], atol=1e-2)
    text = str(low)
    assert "IIR lowpass, 2 sections" in text
    assert "-3 dB at 40 Hz" in text
    unstable = bp.signal.describe([[1, 0, 0, 1, -2.1, 1.2]], fs=500)
    assert not unstable.stable
    assert unstable.ringing_s == np.inf
    assert bp.signal.describe([1.0], fs=500).band == "allpass"


@pytest.mark.parametrize("fs", [0.0, -1.0, np.nan, np.inf])
def test_rates_are_refused(fs):
    s = bp.signal
    for f in (
        lambda: s.cheby1(2, 1, 5, fs=fs),
        lambda: s.ellip(2, 1, 40, 5, fs=fs),
        lambda: s.bessel(2, 5, fs=fs),
        lambda: s.buttord(5, 6, 1, 40, fs=fs),
        lambda: s.iirpeak(5, 1, fs=fs),
        lambda: s.firls(11, [0, 1, 2, 3], [1, 1, 0, 0], fs=fs),
        lambda: s.remez(11, [0, 1, 2, 3], [1, 0], fs=fs),
        lambda: s.describe([1.0, 1.0], fs=fs),
        lambda: s.kaiserord(40, 1, fs=fs),
    ):
        with pytest.raises(ValueError, match="sampling rate"):
            f()


def test_bad_specifications_are_refused():
    s = bp.signal
    for f, match in (
        (lambda: s.ellip(3, 40, 1, 5, fs=100), "ripple_db < attenuation_db"),
        (lambda: s.cheby1(0, 1, 5, fs=100), "order"),
        (lambda: s.bessel(26, 5, fs=100), "1 to 25"),
        (lambda: s.cheby2(3, -4, 5, fs=100), "attenuation_db"),
        (lambda: s.buttord([5, 20], [10, 30], 1, 40, fs=100), "inside the other"),
        (lambda: s.buttord(5, 5, 1, 40, fs=100), "different"),
        (lambda: s.firls(10, [0, 10, 20, 50], [1, 1, 0, 0], fs=100), "odd"),
        (lambda: s.firls(11, [0, 10, 20], [1, 1, 0], fs=100), "pairs"),
        (lambda: s.firwin2(10, [0, 10, 50], [1, 1, 1], fs=100), "gain 0"),
        (lambda: s.remez(11, [0, 10, 20, 60], [1, 0], fs=100), "ascending"),
        (lambda: s.minimum_phase([0.0, 0, 0]), "all 0"),
    ):
        with pytest.raises(ValueError, match=match):
            f()
