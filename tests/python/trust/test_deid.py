from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from typer.testing import CliRunner

import biopotential as bp
from biopotential.cli import app

CLEAN = "no known identifier found"


@pytest.fixture(scope="module")
def canaries(root: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("deid_comparison", root / "benchmarks" / "deid_comparison.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["deid_comparison"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return bp.trust.new_key(tmp_path / "secret.key")


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    folder = tmp_path / "planted"
    folder.mkdir()
    return folder


def digital(recording: bp.Recording) -> list[np.ndarray]:
    return [s._core.read_digital(0, s.n_samples) for s in recording.signals]


def make(canaries: ModuleType, name: str, folder: Path) -> tuple[Path, dict[str, str]]:
    path, tokens = next(maker for label, maker, _ in canaries.MATRIX if label == name)(folder)
    return path, tokens.slots


@pytest.mark.parametrize(
    ("name", "least"), [("EDF+C", 40), ("EDF+D", 40), ("BDF+C", 40), ("WFDB", 19), ("HDF5 (ours)", 40)]
)
def test_no_canary_survives(
    canaries: ModuleType, key: Path, planted: Path, tmp_path: Path, name: str, least: int
) -> None:
    path, slots = make(canaries, name, planted)
    tokens = list(slots)
    assert len(tokens) >= least
    # The search finds what is there; what the container's writer left out of the EDF file isn't.
    assert len(canaries.occurrences(tokens, planted)) >= 0.75 * len(tokens)
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["deid", str(path), str(out), "--key", str(key), "--json"])
    assert result.exit_code == (0 if name in ("WFDB", "HDF5 (ours)") else 3), result.output  # bytes behind the records
    assert {p.suffix for p in out.iterdir()} >= {".json", ".html"}
    assert canaries.occurrences(tokens, out) == []
    (tmp_path / "said").mkdir()
    (tmp_path / "said" / "text").write_text(result.output)
    assert canaries.occurrences(tokens, tmp_path / "said") == []
    report = json.loads(result.output)["reports"][0]
    assert report["samples_identical"]
    assert report["annotation_times_identical"]
    assert report["residual_scan"]["hits"] == []
    assert report["output"]["unparsed_bytes"] == 0
    assert report["waveform_biometric"] is True
    before = bp.read(path)
    after = bp.read(next(p for p in out.iterdir() if p.suffix in (".edf", ".bdf", ".hea", ".h5")), strict=True)
    for x, y in zip(digital(before), digital(after), strict=True):
        np.testing.assert_array_equal(x, y)
    assert [s.start_s for s in after.signals[0].segments] == [s.start_s for s in before.signals[0].segments]
    np.testing.assert_array_equal(before.events["onset_s"], after.events["onset_s"])
    assert "Augen zu" in set(after.events["label"]) | set(after.events["aux"])
    text = "".join(p.read_text(errors="replace").lower() for p in out.iterdir() if p.suffix in (".json", ".html"))
    for forbidden in ("anonym", "proof", "proven"):
        assert forbidden not in text
    assert "biometric" in text


def test_ordinary_annotations_survive(root: Path) -> None:
    lines = (root / "tests/python/trust/annotations.txt").read_text(encoding="utf-8").splitlines()
    texts = [line for line in lines if not line.startswith("#")]
    assert len(set(texts)) == len(texts) >= 200
    kept = [text for text in texts if bp.trust.admitted_text(text) == text]
    assert len(kept) >= 0.95 * len(texts), sorted(set(texts) - set(kept))


@pytest.mark.parametrize(
    "text",
    [
        "Frau Mustermann",
        "Dr. Weber 0341-5551234",
        "geb. 17.05.1951",
        "10:11:12",
        "Tel 0170 1234567",
        "Herr K.",
        "a\\b",
        "",
        " ",
    ],
)
def test_other_text_does_not(text: str) -> None:
    kept = bp.trust.admitted_text(text)
    assert kept is None or not kept.strip()


def test_outputs_open_in_the_peers(canaries: ModuleType, key: Path, planted: Path, tmp_path: Path) -> None:
    import edfio
    import mne
    import pyedflib
    import wfdb

    path, _ = make(canaries, "EDF+C", planted)
    made = bp.trust.deid(path, tmp_path / "a", key=key)
    out = next(p for p in made.files if p.suffix == ".edf")
    samples = digital(bp.read(path))[0]
    theirs = edfio.read_edf(out)
    np.testing.assert_array_equal(np.stack([s.digital for s in theirs.signals]), samples)
    assert theirs.local_patient_identification.split()[0] == made.reports[0]["pseudonym"]
    assert theirs.patient.sex == "F"
    assert theirs.patient.birthdate_year is None if hasattr(theirs.patient, "birthdate_year") else True
    assert "Age_51" in theirs.local_patient_identification
    raw = mne.io.read_raw_edf(out, preload=True, verbose="error")
    assert raw.n_times == samples.shape[1]
    assert {"Sleep stage W", "Augen zu", "note"} == set(raw.annotations.description)
    with pyedflib.EdfReader(str(out)) as reader:
        np.testing.assert_array_equal(reader.readSignal(0, digital=True), samples[0])
    path, _ = make(canaries, "WFDB", planted)
    out = next(p for p in bp.trust.deid(path, tmp_path / "b", key=key).files if p.suffix == ".hea")
    record = wfdb.rdrecord(str(out.with_suffix("")), physical=False)
    np.testing.assert_array_equal(record.d_signal.T, digital(bp.read(path))[0])
    assert record.comments == ["Age: 90+", "Sex: F", "Dx: 426177001"]
    assert record.base_time is None or record.base_time.hour == 0
    annotation = wfdb.rdann(str(out.with_suffix("")), "atr")
    np.testing.assert_array_equal(annotation.sample, [10, 200, 400, 500, 600, 700, 800, 800, 900, 1000])


def simple(
    path: Path, *, patient: str = "X X X X", date: str = "17.03.03", time: str = "10.11.12", label: str = "EEG Fp1"
) -> Path:
    """Write an EDF+ file of ten seconds."""
    recording = bp.Recording.from_array(np.sin(np.arange(1000)), fs=100, channels=[label], unit="uV")
    bp.write(recording, path)
    raw = bytearray(path.read_bytes())
    raw[8:88] = patient.encode("latin-1").ljust(80)
    raw[88:168] = b"".ljust(80)
    raw[168:184] = (date + time).encode()
    path.write_bytes(raw)
    return path


def start(files: list[Path]) -> np.datetime64:
    moment = bp.read(next(p for p in files if p.suffix == ".edf")).identity.start
    assert moment is not None
    return moment


@pytest.mark.parametrize("date", ["01.01.85", "02.01.85", "31.12.87", "01.01.88", "29.02.04", "31.12.84", "28.02.00"])
def test_dates_at_the_edges_keep_their_weekday(tmp_path: Path, key: Path, date: str) -> None:
    source = simple(tmp_path / "a.edf", patient="17 M X X", date=date)
    before = bp.read(source).identity.start
    after = start(bp.trust.deid(source, tmp_path / "out", key=key).files)
    assert before is not None
    days = (after.astype("datetime64[D]") - before.astype("datetime64[D]")).astype(int)
    assert days % 7 == 0
    assert days != 0
    assert np.datetime64("1985-01-01") <= after.astype("datetime64[D]") <= np.datetime64("2084-12-31")
    assert after == after.astype("datetime64[D]")  # the time of day is dropped
    kept = start(bp.trust.deid(source, tmp_path / "kept", key=key, time_of_day="keep").files)
    assert kept - after == before - before.astype("datetime64[D]")
    hour = start(bp.trust.deid(source, tmp_path / "hour", key=key, time_of_day="hour").files)
    assert hour - after == np.timedelta64(10, "h")


def test_intervals_of_a_patient_stay(tmp_path: Path, key: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    dates = ["20.12.87", "05.03.88", "01.07.02"]
    for i, date in enumerate(dates):
        simple(source / f"r{i}.edf", patient="4711 M X X", date=date, label=f"EEG C{i + 1}")
    simple(source / "other.edf", patient="4712 M X X", date=dates[0], label="EEG O1")
    made = bp.trust.deid(source, tmp_path / "out", key=key)
    assert made.status == CLEAN
    starts = {}
    for file in made.files:
        if file.suffix == ".edf":
            recording = bp.read(file)
            starts[recording.channel_names[0]] = recording.identity.start
    assert starts["EEG C2"] - starts["EEG C1"] == np.timedelta64(76, "D")
    assert starts["EEG C3"] - starts["EEG C1"] == np.datetime64("2002-07-01") - np.datetime64("1987-12-20")
    assert len({r["pseudonym"] for r in made.reports}) == 2


def test_dates_can_be_dropped(tmp_path: Path, key: Path) -> None:
    made = bp.trust.deid(simple(tmp_path / "a.edf", patient="17 M X X"), tmp_path / "out", key=key, dates="drop")
    assert bp.read(next(p for p in made.files if p.suffix == ".edf")).identity.start is None


def test_projects_and_keys_give_other_pseudonyms(tmp_path: Path, key: Path) -> None:
    source = simple(tmp_path / "a.edf", patient="4711 M X X")
    other = bp.trust.new_key(tmp_path / "other.key")
    names = [
        bp.trust.deid(source, tmp_path / str(i), key=k, project=p).reports[0]["pseudonym"]
        for i, (k, p) in enumerate([(key, "A"), (key, "A"), (key, "B"), (other, "A")])
    ]
    assert names[0] == names[1]
    assert len(set(names)) == 3
    assert all(bp.trust.is_pseudonym(name) for name in names)


def test_pseudonyms_of_a_trust_centre(tmp_path: Path, key: Path) -> None:
    source = simple(tmp_path / "a.edf", patient="4711 M X X")
    table = tmp_path / "gpas.csv"
    table.write_text("original;pseudonym\n4711;TRE-0042\n", encoding="utf-8")
    made = bp.trust.deid(source, tmp_path / "out", key=key, pseudonyms=table)
    assert made.reports[0]["pseudonym"] == "TRE-0042"
    assert all(p.name.startswith("TRE-0042-") for p in made.files)
    with pytest.raises(bp.PolicyError, match="list of pseudonyms"):
        bp.trust.deid(source, tmp_path / "none", key=key, pseudonyms={"4712": "x"})
    assert not (tmp_path / "none").exists()


def test_a_name_that_is_a_word_of_the_vocabulary_goes(tmp_path: Path, key: Path) -> None:
    source = simple(tmp_path / "a.edf", patient="4711 M X Frontal_Licht", label="EEG frontal")
    recording = bp.read(source)
    made = bp.trust.deid(source, tmp_path / "out", key=key)
    out = next(p for p in made.files if p.suffix == ".edf")
    assert recording.channel_names == ["EEG frontal"]
    assert bp.read(out).channel_names == ["CH01"]
    assert b"rontal" not in out.read_bytes()


def test_conversion_to_another_format(tmp_path: Path, key: Path) -> None:
    source = simple(tmp_path / "Mustermann.edf", patient="4711 M X Mustermann_Erika")
    made = bp.trust.deid(source, tmp_path / "out" / "case7.h5", key=key)
    assert {p.name for p in made.files} == {"case7.h5", "case7.deid.json", "case7.deid.html"}
    assert bp.read(tmp_path / "out" / "case7.h5").identity.fields["patient"].split()[0] == made.reports[0]["pseudonym"]
    with pytest.raises(OSError, match="new file"):
        bp.trust.deid(source, tmp_path / "out" / "case7.h5", key=key)
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_a_name_in_the_chosen_file_name_is_refused(tmp_path: Path, key: Path) -> None:
    source = simple(tmp_path / "a.edf", patient="4711 M X Mustermann_Erika")
    result = CliRunner().invoke(app, ["deid", str(source), str(tmp_path / "out" / "mustermann.edf"), "--key", str(key)])
    assert result.exit_code == 4
    assert not (tmp_path / "out").exists()
    made = bp.trust.deid(source, tmp_path / "out" / "x-MUSTERMANN.edf", key=key)
    assert made.status == "refused"
    assert made.files == []


def test_keys_that_others_may_read_or_that_lie_among_the_data(tmp_path: Path, key: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    simple(folder / "a.edf")
    inside = bp.trust.new_key(folder / "key")
    with pytest.raises(bp.PolicyError, match="outside"):
        bp.trust.deid(folder, tmp_path / "out", key=inside)
    key.chmod(0o644)
    result = CliRunner().invoke(app, ["deid", str(folder), str(tmp_path / "out"), "--key", str(key)])
    assert result.exit_code == 4
    assert not (tmp_path / "out").exists()


def test_broken_input_leaves_nothing_and_is_not_quoted(tmp_path: Path, key: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    simple(folder / "a.edf")
    bad = folder / "Mustermann.edf"
    bad.write_bytes(b"0       " + b"Mustermann".ljust(300))
    out = tmp_path / "out"
    result = CliRunner().invoke(app, ["deid", str(folder), str(out), "--key", str(key)])
    assert result.exit_code == 6
    assert "ustermann" not in result.output
    assert not out.exists()


def test_mutated_headers_never_crash_nor_leak(canaries: ModuleType, key: Path, planted: Path, tmp_path: Path) -> None:
    path, slots = make(canaries, "EDF+C", planted)
    good = path.read_bytes()
    rng = np.random.default_rng(3)
    written = 0
    for i in range(150):
        raw = bytearray(good)
        for at in rng.integers(184, 1280, rng.integers(1, 4)):
            raw[at] = rng.integers(0, 256)
        path.write_bytes(raw)
        out = tmp_path / f"out{i}"
        try:
            result = bp.trust.deid(path, out, key=key)
        except (ValueError, bp.PolicyError, bp.IntegrityError, OSError):
            assert not out.exists()
            continue
        if result.files:
            written += 1
            assert canaries.occurrences(slots, out) == []
            shutil.rmtree(out)
        else:
            assert not out.exists()
    assert written > 20


def test_usage(tmp_path: Path, key: Path) -> None:
    source = simple(tmp_path / "a.edf")
    for bad in ({"dates": "x"}, {"annotations": "x"}, {"time_of_day": "x"}, {"suffix": ".txt"}):
        with pytest.raises(ValueError, match="wanted"):
            bp.trust.deid(source, tmp_path / "out", key=key, **bad)  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError):
        bp.trust.deid(tmp_path / "none.edf", tmp_path / "out", key=key)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="recordings"):
        bp.trust.deid(tmp_path / "empty", tmp_path / "out", key=key)
    assert not (tmp_path / "out").exists()
    with pytest.raises(ValueError, match="32 bytes"):
        bp.trust.ProjectKey(b"short")
    assert CliRunner().invoke(app, ["keygen", str(key)]).exit_code == 2
    assert CliRunner().invoke(app, ["keygen", str(tmp_path / "new")]).exit_code == 0
    assert os.stat(tmp_path / "new").st_mode & 0o777 == 0o600  # noqa: PTH116


def test_real_recordings(test_data: Path, key: Path, tmp_path: Path) -> None:
    made = bp.trust.deid(test_data / "mitdb" / "100.hea", tmp_path / "a", key=key)
    assert made.files
    report = made.reports[0]
    assert report["samples_identical"]
    assert report["annotation_times_identical"]


def test_brainvision_becomes_hdf5(tmp_path: Path, key: Path) -> None:
    recording = bp.Recording.from_array(np.sin(np.arange(1000)), fs=100, channels=["Fp1"], unit="uV")
    bp.write(recording, tmp_path / "Mustermann.vhdr")
    header = (tmp_path / "Mustermann.vhdr").read_text(encoding="utf-8")
    (tmp_path / "Mustermann.vhdr").write_text(
        header + "\n; Patient: Erika Beispiel\n[Comment]\nSerial QX998877\n", encoding="utf-8"
    )
    made = bp.trust.deid(tmp_path / "Mustermann.vhdr", tmp_path / "out", key=key)
    assert made.status == CLEAN
    out = next(p for p in made.files if p.suffix == ".h5")
    np.testing.assert_array_equal(bp.read(out).data, bp.read(tmp_path / "Mustermann.vhdr").data)
    for file in made.files:
        content = file.read_bytes().lower()
        for word in (b"mustermann", b"erika", b"beispiel", b"qx998877"):
            assert word not in content
            assert word not in file.name.lower().encode()
