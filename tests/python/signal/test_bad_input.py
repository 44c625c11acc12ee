"""Every public function, one argument at a time replaced by nonsense: a documented result or a documented error.

The functions are found in the module itself; one without a valid call in VALID fails the test.
"""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import biopotential as bp

X = np.random.default_rng(0).standard_normal((3, 512))
SOS = bp.signal.butter(2, [5, 15], fs=200, btype="bandpass")
H = bp.signal.firwin(31, 20.0, fs=200)
PIPELINE = {"schema_version": 1, "steps": [{"function": "detrend"}]}
S = bp.signal

# A call that works, all that matters by keyword so that one argument at a time can be replaced.
VALID = {
    "FirStream": {"h": H, "n_channels": 3},
    "SosStream": {"sos": SOS, "n_channels": 3},
    "apply": {"pipeline": PIPELINE, "x": X, "fs": 200.0},
    "ar_psd": {"x": X, "order": 4, "fs": 200.0, "n_freqs": 65},
    "bandpass": {"x": X, "low": 5.0, "high": 15.0, "fs": 200.0, "method": "iir", "order": 2, "padding": "mne"},
    "bandstop": {"x": X, "low": 5.0, "high": 15.0, "fs": 200.0, "method": "fir"},
    "bessel": {"order": 3, "cutoff": 10.0, "fs": 200.0, "btype": "lowpass", "norm": "mag", "output": "zpk"},
    "butter": {"order": 3, "cutoff": [5.0, 15.0], "fs": 200.0, "btype": "bandpass", "output": "sos"},
    "buttord": {"pass_hz": 10.0, "stop_hz": 20.0, "pass_db": 1.0, "stop_db": 40.0, "fs": 200.0},
    "cepstrum": {"x": X},
    "cheby1": {"order": 3, "ripple_db": 1.0, "cutoff": 10.0, "fs": 200.0, "btype": "low", "output": "ba"},
    "cheby2": {"order": 3, "attenuation_db": 40.0, "cutoff": 10.0, "fs": 200.0, "btype": "high"},
    "coherence": {"x": X, "y": X, "fs": 200.0, "nperseg": 64, "noverlap": 16, "nfft": 100, "window": "hann"},
    "csd": {"x": X, "y": X, "fs": 200.0, "nperseg": 64, "average": "median", "scaling": "spectrum"},
    "cubic_spline": {"t": [0.0, 1.0, 3.0], "v": [1.0, 2.0, 0.0], "at": [0.5, 2.0]},
    "cwt": {"x": X, "scales": [2.0, 5.0], "fs": 200.0, "wavelet": "morl"},
    "describe": {"filter": SOS, "fs": 200.0},
    "design_fir": {"low": 5.0, "high": 15.0, "fs": 200.0, "window": "hann", "low_transition_hz": 2.0},
    "detrend": {"x": X, "type": "linear"},
    "detrend_smoothness_priors": {"x": X, "lambda_": 10.0},
    "dpss": {"n": 64, "nw": 3.0, "k": 4},
    "dwt": {"x": X, "wavelet": "db4", "mode": "symmetric"},
    "ellip": {"order": 3, "ripple_db": 1.0, "attenuation_db": 40.0, "cutoff": 10.0, "fs": 200.0},
    "fir_filter": {"h": H, "x": X},
    "firls": {"n_taps": 31, "bands": [0, 10, 20, 100], "desired": [1, 1, 0, 0], "fs": 200.0, "weights": [1, 2]},
    "firwin": {"n_taps": 31, "cutoff": 10.0, "fs": 200.0, "window": ("kaiser", 5.0)},
    "firwin2": {"n_taps": 31, "freqs": [0.0, 10, 100], "gains": [1.0, 1, 0], "fs": 200.0, "n_freqs": 64},
    "fit_ar": {"x": X, "order": 4, "method": "burg"},
    "freqz": {"b": H, "a": [1.0, 0.5], "fs": 200.0, "n": 64},
    "group_delay": {"b": H, "a": [1.0, 0.5], "fs": 200.0, "n": 64},
    "hampel": {"x": X, "half_width": 5, "n_sigmas": 3.0},
    "highpass": {"x": X, "low": 5.0, "fs": 200.0},
    "hilbert": {"x": X},
    "idwt": {"approximation": X, "detail": X, "wavelet": "haar", "mode": "zero"},
    "iirnotch": {"frequency": 50.0, "q": 30.0, "fs": 200.0},
    "iirpeak": {"frequency": 50.0, "q": 30.0, "fs": 200.0},
    "integrate_band": {
        "freqs": np.arange(100.0),
        "psd": np.ones((2, 100)),
        "low": 5.0,
        "high": 20.0,
        "rule": "simpson",
    },
    "istft": {"values": np.ones((3, 33, 10), complex), "nperseg": 64, "noverlap": 32, "nfft": 64},
    "iswt": {"levels": [(X, X)], "wavelet": "haar"},
    "kaiser_atten": {"n_taps": 31, "width_hz": 5.0, "fs": 200.0},
    "kaiser_beta": {"attenuation_db": 60.0},
    "kaiserord": {"attenuation_db": 60.0, "width_hz": 5.0, "fs": 200.0},
    "lombscargle": {"times_s": np.arange(512.0), "x": X, "freqs": [0.1, 0.2], "normalize": "power"},
    "lowpass": {"x": X, "high": 15.0, "fs": 200.0},
    "medfilt": {"x": X, "kernel_size": 5, "mode": "nearest"},
    "minimum_phase": {"h": H, "n_fft": 1024},
    "morlet_power": {"x": X, "freqs": [10.0, 20.0], "fs": 200.0, "n_cycles": 5.0, "decim": 2},
    "morlet_tfr": {"x": X, "freqs": [10.0, 20.0], "fs": 200.0, "n_cycles": [4.0, 5.0]},
    "moving_average": {"x": X, "n": 5, "mode": "reflect"},
    "multitaper_psd": {"x": X, "fs": 200.0, "bandwidth": 4.0, "normalization": "full"},
    "notch_filter": {"x": X, "freqs": [50.0], "fs": 200.0, "width_hz": 0.5, "transition_hz": 1.0, "q": 30.0},
    "periodogram": {"x": X, "fs": 200.0, "nfft": 600, "window": "hann", "detrend": "linear"},
    "remez": {"n_taps": 31, "bands": [0, 10, 20, 100], "desired": [1, 0], "fs": 200.0, "weights": [1, 2]},
    "remove_baseline": {"x": X, "fs": 200.0, "method": "spline", "points": [10, 100, 300], "around_s": 0.02},
    "remove_lines": {"x": X, "freqs": [50.0], "fs": 200.0, "window_s": 1.0, "bandwidth_hz": 8.0, "p": 0.05},
    "resample": {"x": X, "num": 100},
    "resample_fft": {"x": X, "new_fs": 100.0, "fs": 200.0, "pad_samples": 10},
    "resample_poly": {"x": X, "up": 2, "down": 3},
    "resample_to": {"x": X, "new_fs": 100.0, "fs": 200.0},
    "savgol_coeffs": {"window_length": 11, "polyorder": 3, "deriv": 1, "delta": 0.1},
    "savgol_filter": {"x": X, "window_length": 11, "polyorder": 3, "mode": "interp"},
    "sos_group_delay": {"sos": SOS, "fs": 200.0, "n": 64},
    "sosfilt": {"sos": SOS, "x": X, "zi": np.zeros((len(SOS), 3, 2))},
    "sosfilt_zi": {"sos": SOS},
    "sosfiltfilt": {"sos": SOS, "x": X, "padlen": 10, "padding": "scipy"},
    "sosfreqz": {"sos": SOS, "fs": 200.0, "n": 64},
    "spectrogram": {"x": X, "fs": 200.0, "nperseg": 64, "noverlap": 8},
    "stft": {"x": X, "fs": 200.0, "nperseg": 64, "noverlap": 32, "nfft": 64, "window": "hamming"},
    "swt": {"x": X, "wavelet": "db2", "level": 2},
    "teager_kaiser": {"x": X},
    "wavedec": {"x": X, "wavelet": "db2", "level": 2, "mode": "periodic"},
    "wavelet_filters": {"wavelet": "db2"},
    "wavelet_names": {},
    "waverec": {"coefficients": S.wavedec(X, "db2", level=2), "wavelet": "db2"},
    "welch": {"x": X, "fs": 200.0, "nperseg": 64, "noverlap": 32, "nfft": 64, "average": "median"},
    "zapline": {"x": X, "line_hz": 50.0, "fs": 200.0, "n_remove": 1, "n_fft": 100},
}
NOT_CALLED = {"FilterDescription"}  # a result, which only describe makes

NONSENSE = {
    "nan": np.nan,
    "inf": np.inf,
    "minus one": -1,
    "zero": 0,
    "fraction": 0.5,
    "huge": 10**18,
    "text": "nonsense",
    "empty": np.zeros(0),
    "no channels": np.zeros((0, 512)),
    "no samples": np.zeros((3, 0)),
    "three dimensions": np.zeros((2, 2, 8)),
    "complex": np.ones(16, complex),
    "objects": np.array([object()]),
    "nan inside": np.full((3, 512), np.nan),
    "inf inside": np.full(512, np.inf),
    "one sample": np.ones(1),
    "none": None,
}
# Arguments that are no numbers, which the binding refuses with a TypeError.
TEXTS_AND_LISTS = {
    "method",
    "padding",
    "btype",
    "norm",
    "output",
    "mode",
    "wavelet",
    "window",
    "average",
    "scaling",
    "type",
    "rule",
    "normalize",
    "normalization",
    "pipeline",
    "levels",
    "coefficients",
    "detrend",
}
CASES = [(name, argument) for name, call in VALID.items() for argument in call]


def functions() -> list[str]:
    return [n for n in S.__all__ if callable(getattr(S, n)) and n not in NOT_CALLED]


def test_every_function_has_a_valid_call():
    assert set(functions()) == set(VALID), "register a valid call for each public function"


@pytest.mark.parametrize("name", sorted(VALID))
def test_valid_calls_work(name):
    getattr(S, name)(**VALID[name])


@pytest.mark.parametrize("name", sorted(VALID))
def test_valid_calls_name_real_arguments(name):
    text = inspect.getdoc(getattr(S, name)) or inspect.getdoc(getattr(S, name).__init__) or ""
    for argument in VALID[name]:
        assert argument in text or argument in ("padding",), f"{argument} is not in the docstring of {name}"


def finite(value) -> bool:
    """Whether the numbers in a result are finite."""
    if isinstance(value, list | tuple):
        return all(finite(v) for v in value)
    if isinstance(value, np.ndarray | float | complex):
        return bool(np.isfinite(value).all())
    return True


# Where a quotient has no value for a signal without power, the docstring says NaN.
UNDEFINED = {"coherence", "lombscargle", "bessel", "freqz"}


@pytest.mark.parametrize(("name", "argument"), CASES, ids=[f"{n}-{a}" for n, a in CASES])
def test_nonsense_gives_a_documented_error_or_a_result(name, argument):
    for bad in NONSENSE.values():
        error = None
        try:
            result = getattr(S, name)(**{**VALID[name], argument: bad})
        except (ValueError, TypeError) as raised:
            error = raised
        if error is None:
            assert name in UNDEFINED or finite(result), (name, argument, bad)
        elif isinstance(error, ValueError):
            assert str(error).startswith(("[", "<pipeline>")) or isinstance(error, bp.ParseError), (bad, error)
        else:
            # The binding refuses what is no number, text or sequence at all.
            assert not isinstance(bad, int) or bad == 10**18 or argument in TEXTS_AND_LISTS, (name, argument, bad)
