"""Reading and writing beside MNE, edfio, pyEDFlib, wfdb-python and h5py: best of alternating runs, equal samples.

python benchmarks/bench_io.py [--repeats 9] [--threads 0] [--hours 24] [--data FOLDER]

Without --data (or BIOPOTENTIAL_TEST_DATA) the MIT-BIH line is left out.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import edfio
import h5py
import mne
import numpy as np
import pyedflib
import wfdb

import biopotential as bp


def best(ours: Callable[[], object], theirs: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Best times in seconds of runs that alternate, so that what else the machine does hits both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for function, into in zip((ours, theirs), times, strict=True):
            began = time.perf_counter()
            function()
            into.append(time.perf_counter() - began)
    return min(times[0]), min(times[1])


def row(what: str, peer: str, times: tuple[float, float], goal: str) -> None:
    ours, theirs = times
    print(f"{what:<44} {peer:<10} {ours * 1e3:>9.2f} ms {theirs * 1e3:>9.2f} ms {theirs / ours:>6.2f}x  {goal}")


def pyedflib_all(path: Path) -> np.ndarray:
    with pyedflib.EdfReader(str(path)) as file:
        return np.array([file.readSignal(i) for i in range(file.signals_in_file)])


def edf(folder: Path, repeats: int) -> None:
    fs, seconds, n = 500, 600, 64
    rng = np.random.default_rng(0)
    x = rng.normal(size=(n, fs * seconds)) * 50
    names = [f"EEG {i}" for i in range(n)]
    path, other = folder / "x.edf", folder / "y.edf"

    def edfio_write() -> None:
        signals = [
            edfio.EdfSignal(row, fs, label=name, physical_dimension="uV", physical_range=(-400, 400))
            for row, name in zip(x, names, strict=True)
        ]
        edfio.Edf(signals).write(other)

    edfio_write()
    path.write_bytes(other.read_bytes())
    recording = bp.read(path)
    recording.data  # noqa: B018  (written from memory, as edfio's)
    ours = bp.read(path).data

    mne_read = lambda: mne.io.read_raw_edf(path, preload=True, verbose="error").get_data()  # noqa: E731
    edfio_read = lambda: [signal.data for signal in edfio.read_edf(path).signals]  # noqa: E731
    np.testing.assert_allclose(ours * 1e-6, mne_read(), rtol=1e-9, atol=1e-15)
    np.testing.assert_array_equal(ours, np.array(edfio_read()))
    what = "EDF, 64 channels, 10 min, 500 Hz: read whole"
    row(what, "MNE", best(lambda: bp.read(path).data, mne_read, repeats), "goal 1.6x")
    row(what, "edfio", best(lambda: bp.read(path).data, edfio_read, repeats), "")
    row(what, "pyEDFlib", best(lambda: bp.read(path).data, lambda: pyedflib_all(path), repeats), "")

    opened, reader = bp.open(path).signals[0], pyedflib.EdfReader(str(path))
    first = 200 * fs
    mine = lambda: opened.read(first, 30 * fs, [17])  # noqa: E731
    other_slice = lambda: reader.readSignal(17, first, 30 * fs)  # noqa: E731
    np.testing.assert_allclose(mine()[0], other_slice(), rtol=1e-9, atol=1e-9)
    row("  30 s of one channel, file open", "pyEDFlib", best(mine, other_slice, repeats * 20), "goal 1x")
    reader.close()

    made = bp.Recording.from_array(x, fs=fs, channels=names, unit="uV")
    row(
        "  write from float64", "edfio", best(lambda: bp.write(made, folder / "z.edf"), edfio_write, repeats), "goal 2x"
    )
    digital = bp.read(path)

    def edfio_copy() -> None:
        edfio.read_edf(path).write(other)

    row("  read and write digital", "edfio", best(lambda: bp.write(digital, folder / "z.edf"), edfio_copy, repeats), "")


def mitbih(data: Path, repeats: int) -> None:
    path = data / "mitdb" / "100"

    def ours() -> object:
        recording = bp.read(path)
        return recording.data, recording.events

    def theirs() -> object:
        return wfdb.rdrecord(str(path)).p_signal, wfdb.rdann(str(path), "atr").sample

    row("MIT-BIH, 30 min, 2 leads, with annotations", "wfdb", best(ours, theirs, repeats), "goal 5x")


def hdf5(folder: Path, repeats: int, hours: float) -> None:
    fs, n = 250, 12
    rng = np.random.default_rng(1)
    length = int(fs * 3600 * hours)
    minute = (np.cumsum(rng.integers(-9, 10, (n, 60 * fs)), axis=1) % 4000 - 2000).astype("<i2")
    digital = np.tile(minute, int(np.ceil(length / minute.shape[1])))[:, :length]
    with h5py.File(folder / "default.h5", "w") as file:
        file.create_dataset("x", data=digital, chunks=True, shuffle=True, compression="gzip")
    ours_path = folder / "ours.h5"
    raw_path = folder / "raw.vhdr"
    (folder / "raw.eeg").write_bytes(np.ascontiguousarray(digital.T).tobytes())
    channels = "\n".join(f"Ch{i + 1}=c{i},,0.5,µV" for i in range(n))
    raw_path.write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\nDataFile=raw.eeg\nDataFormat=BINARY\n"
        f"DataOrientation=MULTIPLEXED\nNumberOfChannels={n}\nSamplingInterval={1e6 / fs}\n[Binary Infos]\n"
        f"BinaryFormat=INT_16\n[Channel Infos]\n{channels}\n"
    )
    bp.write(bp.read(raw_path), ours_path)

    def windows(read: Callable[[int], np.ndarray]) -> Callable[[], object]:
        draw = np.random.default_rng(2)  # other windows in every run: nobody has them in a cache
        return lambda: [read(int(first)) for first in draw.integers(0, length - 10 * fs, 60)]

    signal = bp.open(ours_path).signals[0]
    ours = windows(lambda first: signal.read(first, 10 * fs))
    file = h5py.File(ours_path)
    same = file["signals/0/samples"]
    gain, offset = same.attrs["gain"][:, None], same.attrs["offset"][:, None]
    theirs = windows(lambda first: gain * same[:, first : first + 10 * fs] + offset)
    np.testing.assert_allclose(signal.read(1000, 500), gain * same[:, 1000:1500] + offset, rtol=1e-12, atol=1e-12)
    row(
        f"HDF5, {hours:g} h, 12 channels: 60 windows of 10 s", "h5py", best(ours, theirs, repeats), "goal 1x, same file"
    )
    other = h5py.File(folder / "default.h5")["x"]
    default = windows(lambda first: gain * other[:, first : first + 10 * fs] + offset)
    row("  h5py on its default chunks", "h5py", best(ours, default, max(2, repeats // 3)), "goal 3x")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--data", type=Path, default=os.environ.get("BIOPOTENTIAL_TEST_DATA"))
    parser.add_argument("--hours", type=float, default=24, help="length of the HDF5 record")
    parser.add_argument("--only", choices=["edf", "mitbih", "hdf5"])
    arguments = parser.parse_args()
    mne.set_log_level("ERROR")
    if arguments.threads:
        bp.set_num_threads(arguments.threads)
    print(f"{'':<44} {'peer':<10} {'ours':>12} {'peer':>12} {'ratio':>7}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.only in (None, "edf"):
            edf(folder, arguments.repeats)
        if arguments.data and arguments.only in (None, "mitbih"):
            mitbih(Path(arguments.data), arguments.repeats)
        if arguments.only in (None, "hdf5"):
            hdf5(folder, arguments.repeats, arguments.hours)


if __name__ == "__main__":
    main()
