"""GE MUSE XML against ecgdatakit, and a writer of our own."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
from ecgdatakit import FileParser

import biopotential as bp

LEADS = ["I", "II", "V1", "V2", "V3", "V4", "V5", "V6"]


def waveform(kind: str, x: np.ndarray, leads: list[str] = LEADS, step: str = "4.88") -> str:
    data = "".join(
        f"<LeadData><LeadByteCountTotal>{2 * len(row)}</LeadByteCountTotal><LeadTimeOffset>0</LeadTimeOffset>"
        f"<LeadSampleCountTotal>{len(row)}</LeadSampleCountTotal><LeadAmplitudeUnitsPerBit>{step}"
        "</LeadAmplitudeUnitsPerBit><LeadAmplitudeUnits>MICROVOLTS</LeadAmplitudeUnits><LeadHighLimit>32767"
        f"</LeadHighLimit><LeadLowLimit>-32768</LeadLowLimit><LeadID>{lead}</LeadID><LeadSampleSize>2</LeadSampleSize>"
        f"<WaveFormData>{base64.encodebytes(row.astype('<i2').tobytes()).decode()}</WaveFormData></LeadData>\n"
        for lead, row in zip(leads, x, strict=True)
    )
    return (
        f"<Waveform><WaveformType>{kind}</WaveformType><NumberofLeads>{len(leads)}</NumberofLeads>"
        f"<SampleBase>500</SampleBase><SampleExponent>0</SampleExponent>{data}</Waveform>\n"
    )


def muse(x: np.ndarray, times: list[int], rr: int = 800, **options: str) -> str:
    beats = "".join(
        f"<QRS><Number>{i + 1}</Number><Type>{i % 2}</Type><Time>{t}</Time></QRS>" for i, t in enumerate(times)
    )
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!DOCTYPE RestingECG SYSTEM "restecg.dtd">\n<RestingECG>\n'
        "<MuseInfo><MuseVersion>9.0</MuseVersion></MuseInfo><PatientDemographics><PatientID>ID-17</PatientID>"
        "<PatientAge>49</PatientAge><DateofBirth>05-06-1970</DateofBirth><Gender>MALE</Gender>"
        "<PatientLastName>Müller</PatientLastName><PatientFirstName>Jörg</PatientFirstName></PatientDemographics>\n"
        "<TestDemographics><Site>1</Site><SiteName>Ward</SiteName><AcquisitionTime>03:04:05</AcquisitionTime>"
        "<AcquisitionDate>01-02-2020</AcquisitionDate></TestDemographics>\n"
        f"<QRSTimesTypes>{beats}<GlobalRR>{rr}</GlobalRR></QRSTimesTypes>\n"
        + waveform("Median", x[:, :600])
        + waveform("Rhythm", x, **options)
        + "</RestingECG>\n"
    )


@pytest.fixture
def samples() -> np.ndarray:
    return np.random.default_rng(0).integers(-500, 500, (8, 5000))


def test_muse_equals_ecgdatakit(tmp_path: Path, samples: np.ndarray) -> None:
    path = tmp_path / "x.xml"
    path.write_text(muse(samples, [200, 600, 1000]), encoding="iso-8859-1")
    ours = bp.read(path, strict=True)
    assert ours.format == "GE MUSE"
    assert ours.channel_names == LEADS
    assert ours.fs == 500
    np.testing.assert_array_equal(ours.signals[0].digital, samples)
    np.testing.assert_array_equal(ours.data, samples * 4.88)
    assert {channel.unit for channel in ours.signals[0].channels} == {"uV"}
    assert ours.identity.start == np.datetime64("2020-01-02T03:04:05")
    assert ours.identity.fields == {
        "patient": "ID-17", "patient_name": "Müller, Jörg", "birth_date": "05-06-1970", "sex": "MALE", "age": "49",
        "institution": "Ward",
    }  # fmt: skip
    assert "Median" in ours.warnings[0]
    theirs = {lead.label: lead for lead in FileParser().parse(path).leads}
    for name, mine in zip(ours.channel_names, ours.data, strict=True):
        lead = theirs[name]
        assert lead.sampling_rate == 500
        np.testing.assert_allclose(lead.samples * {"mV": 1000, "uV": 1}[lead.units], mine, rtol=1e-12)


@pytest.mark.parametrize(("times", "rr"), [([200, 600, 1000], 800), ([400, 1200, 2000], 800)])
def test_beats_are_events_in_samples_unless_the_mean_interval_says_ms(
    tmp_path: Path, samples: np.ndarray, times: list[int], rr: int
) -> None:
    (tmp_path / "x.xml").write_text(muse(samples, times, rr), encoding="iso-8859-1")
    events = bp.read(tmp_path / "x.xml", strict=True).events
    np.testing.assert_allclose(events.onset_s, [0.4, 1.2, 2.0])
    assert list(events.label) == ["QRS"] * 3
    assert list(events.aux) == ["type 0", "type 1", "type 0"]


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("<WaveformType>Rhythm", "<WaveformType>Other", "type Rhythm"),
        ("<SampleBase>500", "<SampleBase>0", "sampling rate"),
        (">4.88<", ">0<", "step other than 0"),
        ("<LeadSampleSize>2", "<LeadSampleSize>4", "2 bytes"),
        ("WaveFormData>", "Other>", "wanted <WaveFormData>"),
        ("<WaveFormData>", "<WaveFormData>*", "Base64"),
        ("RestingECG", "Other", "RestingECG"),
    ],
)
def test_muse_that_makes_no_sense(tmp_path: Path, samples: np.ndarray, old: str, new: str, match: str) -> None:
    (tmp_path / "x.xml").write_text(muse(samples, []).replace(old, new), encoding="iso-8859-1")
    with pytest.raises(bp.ParseError, match=match):
        bp.read(tmp_path / "x.xml")


def test_a_wrong_count_is_mended_with_a_warning(tmp_path: Path, samples: np.ndarray) -> None:
    text = muse(samples, []).replace("<LeadSampleCountTotal>5000", "<LeadSampleCountTotal>4000", 1)
    (tmp_path / "x.xml").write_text(text, encoding="iso-8859-1")
    assert "LeadSampleCountTotal" in " ".join(bp.read(tmp_path / "x.xml").warnings)
    with pytest.raises(bp.ParseError, match="LeadSampleCountTotal"):
        bp.read(tmp_path / "x.xml", strict=True)
