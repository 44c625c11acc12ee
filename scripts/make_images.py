"""Take the README's pictures of the demonstration's reports: `make_images.py OUT`; needs chromium and Pillow."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

import biopotential as bp

WIDTH, HEIGHT = 840, 1340


def picture(report: Path, target: Path) -> None:
    """Photograph the top of a report, in few colours: small, and as sharp."""
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "shot.png"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        size = f"--window-size={WIDTH},{HEIGHT}"
        page = report.resolve().as_uri()
        subprocess.run(["chromium", *options, size, f"--screenshot={shot}", page], check=True, capture_output=True)
        with Image.open(shot) as image:
            image.convert("RGB").quantize(128, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
                target, optimize=True
            )


def main() -> None:
    """Write report-ecg.png and report-eeg.png into the folder that the command line names."""
    out = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        bp.report.ecg(bp.io.example("ecg"), folder)
        picture(Path(folder) / "report.html", out / "report-ecg.png")
        bp.report.eeg(bp.io.example("eeg"), folder)
        picture(Path(folder) / "report.html", out / "report-eeg.png")


if __name__ == "__main__":
    main()
