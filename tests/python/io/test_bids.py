"""BIDS-EEG folders, compared with mne-bids, bids-validator and the schema of bidsschematools."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import bidsschematools.validator
import mne_bids
import numpy as np
import pandas as pd
import pytest
from bids_validator import BIDSValidator

import biopotential as bp

FS = 200.0
NAMES = ["Fz", "Cz", "EOG1", "ECG", "Resp"]


def example(n: int = 2000) -> bp.Recording:
    rng = np.random.default_rng(3)
    events = pd.DataFrame(
        {
            "onset_s": [0.5, 1.25, 4.0],
            "duration_s": [0.0, 0.5, 0.0],
            "label": ["go", "stop\tnow", "go"],
            "channel": ["", "Cz", ""],
            "code": [1, 0, 1],
        }
    )
    return bp.Recording.from_array(
        rng.normal(0, 20, (5, n)), fs=FS, channels=NAMES, unit=["uV"] * 4 + ["kg"], events=events
    )


ELECTRODES = pd.DataFrame({"name": ["Fz", "Cz"], "x": [0.0, 0.0], "y": [0.07, 0.0], "z": [0.06, 0.1]})


def files_of(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def mne_reads(path: mne_bids.BIDSPath) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # mne-bids's own, on fields that BIDS only recommends
        return mne_bids.read_raw_bids(path, verbose="error")


@pytest.fixture
def study(tmp_path: Path) -> Path:
    bp.io.write_bids(
        example(), tmp_path / "study", subject="01", session="a", task="rest", run=2, line_hz=50, reference="Cz",
        bad_channels=["Cz"], electrodes=ELECTRODES, coordinate_system="CapTrak", sidecar={"Manufacturer": "none"},
    )  # fmt: skip
    return tmp_path / "study"


def test_the_files_are_what_bids_wants(study: Path) -> None:
    stem = "sub-01/ses-a/eeg/sub-01_ses-a_"
    assert files_of(study) == [
        "README",
        "dataset_description.json",
        "participants.tsv",
        f"{stem}space-CapTrak_coordsystem.json",
        f"{stem}space-CapTrak_electrodes.tsv",
        *(
            f"{stem}task-rest_run-2_{kind}"
            for kind in ("channels.tsv", "eeg.edf", "eeg.json", "events.json", "events.tsv")
        ),
    ]
    validator = BIDSValidator()
    assert [name for name in files_of(study) if not validator.is_bids(f"/{name}")] == []
    result = bidsschematools.validator.validate_bids(str(study))
    assert result["path_tracking"] == []
    sidecar = json.loads((study / f"{stem}task-rest_run-2_eeg.json").read_text(encoding="utf-8"))
    required = {"TaskName", "EEGReference", "SamplingFrequency", "PowerLineFrequency", "SoftwareFilters"}
    assert required <= sidecar.keys()
    assert (sidecar["EEGChannelCount"], sidecar["MiscChannelCount"], sidecar["RecordingDuration"]) == (2, 1, 10.0)


@pytest.mark.parametrize("suffix", [".edf", ".bdf", ".vhdr"])
def test_mne_bids_reads_the_same(tmp_path: Path, suffix: Any) -> None:
    recording = example()
    written = bp.io.write_bids(
        recording, tmp_path, subject="s1", task="rest", suffix=suffix, line_hz=60, bad_channels=["Fz"]
    )
    assert BIDSValidator().is_bids(f"/{written.relative_to(tmp_path)}")
    raw = mne_reads(mne_bids.BIDSPath(root=tmp_path, subject="s1", task="rest", datatype="eeg"))
    assert raw.ch_names == NAMES
    assert raw.info["line_freq"] == 60
    assert raw.info["bads"] == ["Fz"]
    assert raw.get_channel_types() == ["eeg", "eeg", "eog", "ecg", "misc"]
    ours = bp.read(written).data
    np.testing.assert_allclose(raw.get_data()[:4], ours[:4] * 1e-6, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(raw.annotations.onset, [0.5, 1.25, 4.0])
    np.testing.assert_allclose(raw.annotations.duration, [0, 0.5, 0])
    assert list(raw.annotations.description) == ["go", "stop now", "go"]


def test_round_trip(study: Path) -> None:
    ours = bp.io.read_bids(study, subject="01", run="02")
    assert isinstance(ours, bp.Recording)
    assert ours.entities == {"sub": "01", "ses": "a", "task": "rest", "run": "2"}
    assert ours.bad_channels == ["Cz"]
    assert ours.channel_types == dict(zip(NAMES, ["EEG", "EEG", "EOG", "ECG", "MISC"], strict=True))
    assert list(ours.channel_table["units"]) == ["µV"] * 4 + ["kg"]
    assert ours.line_hz == 50
    assert (ours.sidecar["EEGReference"], ours.sidecar["Manufacturer"]) == ("Cz", "none")
    pd.testing.assert_frame_equal(ours.electrodes, ELECTRODES, check_dtype=False)
    assert ours.coordinate_system["EEGCoordinateSystem"] == "CapTrak"
    assert list(ours.events["label"]) == ["go", "stop now", "go"]
    assert list(ours.events["channel"]) == ["", "Cz", ""]
    assert list(ours.events["code"]) == [1, 0, 1]
    assert ours.warnings == []
    # Written again, all of it is still there, and the samples are the same to the last bit.
    copy = study.parent / "copy"
    bp.io.write_bids(ours, copy, subject="01", session="a", task="rest", run=2)
    again = bp.io.read_bids(copy, subject="01")
    assert again.signal_sha256() == ours.signal_sha256()
    assert again.sidecar == ours.sidecar
    pd.testing.assert_frame_equal(again.channel_table, ours.channel_table)
    pd.testing.assert_frame_equal(again.electrodes, ours.electrodes)
    pd.testing.assert_frame_equal(again.events, ours.events)


def test_reads_what_mne_bids_writes(tmp_path: Path) -> None:
    raw = example().to_mne()
    raw.info["line_freq"] = 50
    raw.info["bads"] = ["Cz"]
    # mne-bids writes a tab within a label as it is, which makes a column more.
    raw.annotations.rename({"stop\tnow": "stop"})
    path = mne_bids.BIDSPath(root=tmp_path, subject="01", task="rest", run="01", datatype="eeg")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mne_bids.write_raw_bids(raw, path, allow_preload=True, format="BrainVision", verbose="error")
    ours = bp.io.read_bids(tmp_path, subject="01", task="rest", run=1)
    assert ours.format == "BrainVision"
    assert ours.channel_names == NAMES
    assert ours.bad_channels == ["Cz"]
    assert ours.line_hz == 50
    assert list(ours.events["label"]) == list(raw.annotations.description)
    np.testing.assert_allclose(ours.events["onset_s"], raw.annotations.onset)
    theirs = mne_reads(path).get_data()[:4]
    factors = np.array([{"V": 1.0, "mV": 1e-3}.get(c.unit, 1e-6) for c in ours.signals[0].channels[:4]])
    np.testing.assert_allclose(ours.data[:4] * factors[:, None], theirs, rtol=1e-9, atol=1e-12)


def test_sidecars_are_inherited(tmp_path: Path) -> None:
    bp.io.write_bids(example(), tmp_path, subject="01", task="rest")
    eeg = tmp_path / "sub-01" / "eeg"
    (tmp_path / "task-rest_eeg.json").write_text('{"PowerLineFrequency": 60, "Manufacturer": "all"}')
    (tmp_path / "task-other_eeg.json").write_text('{"Manufacturer": "other task"}')
    (tmp_path / "sub-01" / "sub-01_eeg.json").write_text('{"Manufacturer": "this subject"}')
    own = eeg / "sub-01_task-rest_eeg.json"
    fields = json.loads(own.read_text(encoding="utf-8"))
    del fields["PowerLineFrequency"]
    own.write_text(json.dumps(fields))
    sidecar = bp.io.read_bids(tmp_path, subject="01").sidecar
    assert (sidecar["PowerLineFrequency"], sidecar["Manufacturer"]) == (60, "this subject")


def test_which_recording(tmp_path: Path) -> None:
    for run in (1, 2):
        bp.io.write_bids(example(), tmp_path, subject="01", task="rest", run=run)
    with pytest.raises(ValueError, match="got 2"):
        bp.io.read_bids(tmp_path, subject="01")
    assert bp.io.read_bids(tmp_path, subject="sub-01", run="01").entities["run"] == "1"
    with pytest.raises(FileNotFoundError):
        bp.io.read_bids(tmp_path, subject="02")
    with pytest.raises(FileNotFoundError):
        bp.io.read_bids(tmp_path, subject="01", task="other")
    for label in ("../01", "a_b", ""):
        with pytest.raises(ValueError, match="letters and digits"):
            bp.io.read_bids(tmp_path, subject=label)


def test_tables_that_disagree_are_warned_of(study: Path) -> None:
    stem = study / "sub-01" / "ses-a" / "eeg" / "sub-01_ses-a_task-rest_run-2_"
    channels = Path(f"{stem}channels.tsv")
    channels.write_text(channels.read_text(encoding="utf-8").replace("Fz", "Oz"), encoding="utf-8")
    events = Path(f"{stem}events.tsv")
    events.write_text(events.read_text(encoding="utf-8").replace("1.25\t0.5", "n/a\t0.5"), encoding="utf-8")
    ours = bp.io.read_bids(study, subject="01")
    assert [warning.split(":")[0] for warning in ours.warnings] == ["channels.tsv", "events.tsv"]
    assert len(ours.events) == 2
    with pytest.raises(bp.ParseError, match="Fz, Oz"):
        bp.io.read_bids(study, subject="01", strict=True)


@pytest.mark.parametrize(
    ("kind", "content", "offset"),
    [
        ("channels.tsv", b"name\ttype\nFz\n", 10),
        ("channels.tsv", b"", 0),
        ("channels.tsv", b"name\tname\n", 0),
        ("events.tsv", b"onset\tduration\n1\t\xff\n", 17),
        ("events.tsv", b"when\n1\n", 0),
        ("events.tsv", b"onset\nsoon\n", None),
        ("eeg.json", b'{"a": \xc3\xa4}', 6),
        ("eeg.json", b"[1]", 0),
        ("eeg.json", b"[" * 100_000, 0),
    ],
)
def test_broken_tables_are_refused(study: Path, kind: str, content: bytes, offset: int | None) -> None:
    file = study / "sub-01" / "ses-a" / "eeg" / f"sub-01_ses-a_task-rest_run-2_{kind}"
    file.write_bytes(content)
    with pytest.raises(bp.ParseError) as caught:
        bp.io.read_bids(study, subject="01")
    assert (caught.value.file, caught.value.offset) == (str(file), offset)


def test_participants_grow(tmp_path: Path) -> None:
    bp.io.write_bids(example(), tmp_path, subject="01", task="rest")
    table = tmp_path / "participants.tsv"
    table.write_text("participant_id\tage\nsub-01\t50\n", encoding="utf-8")
    bp.io.write_bids(example(), tmp_path, subject="02", task="rest")
    bp.io.write_bids(example(), tmp_path, subject="02", task="other")
    assert table.read_text(encoding="utf-8") == "participant_id\tage\nsub-01\t50\nsub-02\tn/a\n"


def test_nothing_is_replaced_unasked(study: Path) -> None:
    before = {name: (study / name).read_bytes() for name in files_of(study)}
    arguments: dict[str, Any] = {"subject": "01", "session": "a", "task": "rest", "run": 2}
    with pytest.raises(FileExistsError):
        bp.io.write_bids(example(1000), study, **arguments)
    with pytest.raises(FileExistsError, match="another format"):
        bp.io.write_bids(example(), study, **arguments, suffix=".vhdr", overwrite=True)
    assert {name: (study / name).read_bytes() for name in files_of(study)} == before
    bp.io.write_bids(example(1000), study, **arguments, overwrite=True)
    assert bp.io.read_bids(study, subject="01").data.shape == (5, 1000)
    assert not list(study.glob(".*"))


def test_nothing_half_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A recording that the format can't hold: several rates in BrainVision.
    two = example()
    two._core.add_signal(np.zeros((1, 1000)), 100.0, ["slow"], ["uV"])
    two = bp.Recording(two._core)
    with pytest.raises(ValueError, match="rate"):
        bp.io.write_bids(two, tmp_path / "new" / "study", subject="01", task="rest", suffix=".vhdr")
    assert list(tmp_path.iterdir()) == []
    # A disk that gives up while the files take their places.
    bp.io.write_bids(example(), tmp_path / "s", subject="01", task="rest")
    before = {name: (tmp_path / "s" / name).read_bytes() for name in files_of(tmp_path / "s")}
    replace, seen = Path.replace, []

    def failing(self: Path, target: Path) -> Path:
        if str(target).endswith("eeg.edf") and ".biopotential-" in str(self) and "before" not in self.name:
            seen.append(target)
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    for subject in ("01", "02"):
        with pytest.raises(OSError, match="No space"):
            bp.io.write_bids(example(1000), tmp_path / "s", subject=subject, task="rest", overwrite=True)
    assert len(seen) == 2
    assert {name: (tmp_path / "s" / name).read_bytes() for name in files_of(tmp_path / "s")} == before
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == [
        "README", "dataset_description.json", "participants.tsv", "sub-01",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"task": "a b"}, "letters and digits"),
        ({"run": "x"}, "a number"),
        ({"suffix": ".h5"}, "suffix"),
        ({"bad_channels": ["none"]}, "bad_channels"),
        ({"types": {"none": "EEG"}}, "types"),
        ({"electrodes": pd.DataFrame({"name": ["Fz"]})}, "electrodes"),
    ],
)
def test_bad_arguments(tmp_path: Path, arguments: dict[str, Any], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        bp.io.write_bids(example(), tmp_path / "s", **({"subject": "01", "task": "rest"} | arguments))
    assert list(tmp_path.iterdir()) == []


def test_a_real_recording(test_data: Path, tmp_path: Path) -> None:
    source = bp.read(test_data / "eegmmidb" / "S001" / "S001R03.edf")
    bp.io.write_bids(source, tmp_path, subject="S001", task="motor", run=3, line_hz=60)
    ours = bp.io.read_bids(tmp_path, subject="S001")
    assert ours.signal_sha256() == source.signal_sha256()
    pd.testing.assert_frame_equal(
        ours.events[["onset_s", "duration_s", "label"]], source.events[["onset_s", "duration_s", "label"]]
    )
    raw = mne_reads(mne_bids.BIDSPath(root=tmp_path, subject="S001", task="motor", run="3", datatype="eeg"))
    np.testing.assert_allclose(raw.get_data() * 1e6, source.data, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(raw.annotations.onset, source.events["onset_s"])
