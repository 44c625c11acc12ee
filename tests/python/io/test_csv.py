"""Tables of text against pandas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import biopotential as bp


@pytest.mark.parametrize(
    ("delimiter", "decimal"), [(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), (" ", "."), (" ", ",")]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_layouts_equal_pandas(tmp_path: Path, delimiter: str, decimal: str, end: str) -> None:
    x = np.random.default_rng(0).normal(size=(50, 3)) * 1e-3
    frame = pd.DataFrame(x, columns=["I", "II", "V1"])
    path = tmp_path / "x.csv"
    frame.to_csv(path, sep=delimiter, decimal=decimal, index=False, lineterminator=end)
    recording = bp.io.read_csv(path, fs=250, units="mV", delimiter=delimiter, decimal=decimal)
    theirs = pd.read_csv(path, sep=delimiter, decimal=decimal, float_precision="round_trip")
    np.testing.assert_array_equal(recording.data, theirs.to_numpy().T)
    assert recording.format == "CSV"
    assert (recording.fs, recording.channel_names) == (250, ["I", "II", "V1"])
    assert {channel.unit for channel in recording.signals[0].channels} == {"mV"}
    some = bp.io.read_csv(path, fs=250, columns=["V1", "I"], units=["uV", "mV"], delimiter=delimiter, decimal=decimal)
    np.testing.assert_array_equal(some.data, theirs[["V1", "I"]].to_numpy().T)
    assert [channel.unit for channel in some.signals[0].channels] == ["uV", "mV"]


@settings(max_examples=50, deadline=None)
@given(
    arrays(np.float64, st.tuples(st.integers(1, 20), st.integers(1, 5)), elements=st.floats(-1e300, 1e300)),
    st.booleans(),
)
def test_any_number_comes_back(tmp_path_factory: pytest.TempPathFactory, x: np.ndarray, header: bool) -> None:
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    pd.DataFrame(x).to_csv(path, index=False, header=header)
    recording = bp.io.read_csv(path, fs=1, units="", header=header)
    np.testing.assert_array_equal(recording.data, x.T)


def test_without_header_comments_rows_to_skip_quotes_and_missing_fields(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes('\ufeffmade by X\n# "a" note\n"1",  "2.5"\n\n3,NA\n# end\n,7'.encode())
    recording = bp.io.read_csv(path, fs=10, units="uV", header=False, skip_rows=1, comment="#", columns=["a", "b"])
    np.testing.assert_array_equal(recording.data, [[1, 3, np.nan], [2.5, np.nan, 7]])
    assert recording.channel_names == ["a", "b"]
    assert bp.io.read_csv(path, fs=10, units="", header=False, skip_rows=1, comment="#").channel_names == ["1", "2"]
    path.write_text('"a;b";c\n1;2\n')
    assert bp.io.read_csv(path, fs=10, units="", delimiter=";").channel_names == ["a;b", "c"]


@pytest.mark.parametrize(("unit", "scale"), [("s", 1.0), ("ms", 1e3), ("us", 1e6)])
@pytest.mark.parametrize("digits", [3, 9])
def test_a_time_column_gives_rate_and_gaps(tmp_path: Path, unit: str, scale: float, digits: int) -> None:
    t = np.concatenate([np.arange(1000), np.arange(1800, 2800)]) / 360 + 17
    frame = pd.DataFrame({"t": np.round(t, digits) * scale, "ecg": np.arange(2000.0)})
    path = tmp_path / "x.csv"
    frame.to_csv(path, index=False)
    recording = bp.io.read_csv(path, fs=None, time_column="t", time_unit=unit, units="mV")
    (signal,) = recording.signals
    assert signal.fs == 360
    assert [(s.first, s.n_samples) for s in signal.segments] == [(0, 1000), (1000, 1000)]
    np.testing.assert_allclose([s.start_s for s in signal.segments], [0, 5], atol=2e-3)
    np.testing.assert_array_equal(signal.segments[1].data, [np.arange(1000.0, 2000)])
    assert bp.io.read_csv(path, fs=100, time_column="t", time_unit=unit, units="").fs == 100


@pytest.mark.parametrize(
    ("text", "options", "match"),
    [
        ("a,b\n1,2\n1\n", {}, "row 2: wanted 2 fields, got 1"),
        ("a,b\n1,2\n1,2,3\n", {}, "row 2: wanted 2 fields, got 3"),
        ("a,b\n1,x\n", {}, 'column "b": wanted a number, got "x"'),
        ("a,b\n1,inf\n", {}, "wanted a number"),
        ("a,b\n1;5,2\n", {}, "wanted a number"),
        ("a;b\n1.5;2\n", {"delimiter": ";", "decimal": ","}, "wanted a number"),
        ("", {}, "wanted a row"),
        ("a,a\n1,2\n", {"columns": ["a"]}, "got several"),
        ("a,b\n1,2\n", {"columns": ["c"]}, 'wanted one column "c", got none'),
        ("a,b\n1,2\n", {"columns": ["a"], "header": False}, "wanted 1 columns, got 2"),
        ("t,a\n1,2\n1,2\n", {"time_column": "t"}, "wanted a time behind"),
        ("t,a\nNaN,2\n", {"time_column": "t"}, "wanted a time behind"),
        ("t,a\n1,2\n", {"time_column": "t", "fs": None}, "two rows or more"),
        ("t\n1\n", {"time_column": "t"}, "a column of samples"),
    ],
)
def test_tables_that_make_no_sense(tmp_path: Path, text: str, options: dict[str, Any], match: str) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(bp.ParseError, match=match):
        bp.io.read_csv(tmp_path / "x.csv", **({"fs": 100, "units": ""} | options))


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"fs": None}, "fs or a time_column"),
        ({"fs": 0}, "fs > 0"),
        ({"fs": np.nan}, "fs > 0"),
        ({"units": ["a", "b", "c"]}, "2 units"),
        ({"delimiter": "||"}, "one ASCII character"),
        ({"decimal": ","}, "another character between fields"),
        ({"decimal": "x"}, "decimal"),
        ({"skip_rows": -1}, "skip_rows"),
        ({"time_unit": "h"}, "time_unit"),
    ],
)
def test_options_that_make_no_sense(tmp_path: Path, options: dict[str, Any], match: str) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=match):
        bp.io.read_csv(tmp_path / "x.csv", **({"fs": 100, "units": ""} | options))


def test_read_names_read_csv(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\n1,2\n")
    with pytest.raises(bp.ParseError, match="read_csv takes it as arguments"):
        bp.read(tmp_path / "x.csv")
    with pytest.raises(OSError, match=r"none\.csv"):
        bp.io.read_csv(tmp_path / "none.csv", fs=1, units="")
