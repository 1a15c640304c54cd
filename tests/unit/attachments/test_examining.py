"""What others get of a file: the same pixels and sounds, and nothing of where and with what they were made; hostile files are refused."""

import io
import json
import os
import struct
import subprocess
import sys
import zipfile

import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageOps

from streams.attachments.examining import examined
from streams.attachments.kinds import Refused
from streams.attachments.pictures import THUMBNAIL_BYTES
from tests.unit.attachments.files import DEVICE, GPS, SECRET, bomb, box, drawing, painted, paper, photograph, recording


def opened(content: bytes) -> Image.Image:
    found = Image.open(io.BytesIO(content))
    found.load()
    return found


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean of the pixels' differences, of 255."""
    assert one.size == other.size
    changed = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).convert("L").histogram()
    return sum(level * count for level, count in enumerate(changed)) / (one.width * one.height)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_of_a_photograph_others_get_the_pixels_as_the_camera_was_held_and_nothing_else(orientation: int) -> None:
    content = photograph(orientation)
    assert Image.open(io.BytesIO(content)).getexif().get_ifd(GPS)
    found = examined(content)
    assert (found.media_type, found.shown is None) == ("image/jpeg", False)
    for part in (found.shown, found.thumbnail):
        assert part is not None
        shown = opened(part)
        assert not shown.getexif()
        assert not shown.info.keys() & {"exif", "comment", "xmp", "icc_profile", "photoshop"}
        assert SECRET not in part
        assert DEVICE.encode() not in part
    upright = ImageOps.exif_transpose(opened(content))
    assert found.shown is not None
    assert difference(opened(found.shown), upright) < 0.6
    assert (found.width, found.height) == upright.size
    assert found.thumbnail is not None
    assert len(found.thumbnail) <= THUMBNAIL_BYTES
    assert max(opened(found.thumbnail).size) == 320


def test_a_drawings_pixels_are_exactly_the_same_and_its_words_are_gone() -> None:
    content = drawing()
    found = examined(content)
    assert found.shown is not None
    shown = opened(found.shown)
    assert shown.tobytes() == opened(content).tobytes()
    assert SECRET not in found.shown
    assert "Location" not in shown.info


def test_noise_fits_into_a_thumbnail_too() -> None:
    noise = Image.frombytes("RGB", (900, 900), os.urandom(900 * 900 * 3))
    made = io.BytesIO()
    noise.save(made, "JPEG", quality=95)
    found = examined(made.getvalue())
    assert found.thumbnail is not None
    assert len(found.thumbnail) <= THUMBNAIL_BYTES


def test_of_a_recording_others_get_what_plays_and_no_place_time_or_device() -> None:
    content = recording(b"vide", b"meta", b"soun")
    found = examined(content)
    assert (found.media_type, found.thumbnail) == ("video/mp4", None)
    shown = found.shown
    assert shown is not None
    assert len(shown) == len(content)
    assert SECRET in content
    for gone in (SECRET, DEVICE.encode(), b"udta", struct.pack(">I", 3_800_000_000), b"meta-", b"left over"):
        assert gone not in shown
    for sample in (b"vide-1-frame", b"vide-2-frame", b"soun-1-frame", b"soun-2-frame"):
        # Where it was: the tables that say so are unchanged.
        assert shown.index(sample) == content.index(sample)
    assert examined(recording(b"soun")).media_type == "audio/mp4"


def test_of_a_paper_others_get_pictures_of_its_pages() -> None:
    content = paper(3)
    assert DEVICE.encode() in content
    found = examined(content)
    assert found.shown is not None
    assert DEVICE.encode() not in found.shown
    with pypdfium2.PdfDocument(found.shown) as document:
        assert len(document) == 3
        assert document[0].get_textpage().get_text_range() == ""
        assert document.get_metadata_value("Author") != DEVICE
    assert found.thumbnail is not None


def test_plain_text_is_what_it_is() -> None:
    found = examined("Пломба ТК-1 цела.\nВес 24 кг.\n".encode())
    assert (found.media_type, found.shown, found.thumbnail) == ("text/plain", None, None)


def archived(content: bytes) -> bytes:
    made = io.BytesIO(content)
    made.seek(0, io.SEEK_END)
    with zipfile.ZipFile(made, "a") as archive:
        archive.writestr("payload.js", "alert(1)")
    return made.getvalue()


HOSTILE = {
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "markup"),
    "html": (b"\xef\xbb\xbf \n<!DOCTYPE html><html><body>photo</body></html>", "markup"),
    "xml": (b'<?xml version="1.0"?><svg/>', "markup"),
    "bomb": (bomb(), "too_many_pixels"),
    "long": (bomb()[:16] + struct.pack(">II", 1, 2**31 - 1) + bomb()[24:], None),
    "cut photograph": (photograph()[:-9000], "cut_short"),
    "cut drawing": (drawing()[:-4000], "cut_short"),
    "head alone": (b"\xff\xd8\xff\xe0", "damaged"),
    "photograph and archive": (archived(photograph()), "twofold"),
    "photograph and paper": (photograph(comment=b"%PDF-1.7"), "twofold"),
    "photograph and page": (photograph(comment=b"<script>alert(1)</script>"), "twofold"),
    "rar": (photograph() + b"Rar!\x1a\x07\x01\x00", "twofold"),
    "gif": (b"GIF89a" + bytes(100), "unknown"),
    "program": (b"\x7fELF" + bytes(100), "unknown"),
    "windows-1251": ("Пломба".encode("cp1251"), "unknown"),
    "blank": (b" \n", "unknown"),
    "heic": (box(b"ftyp", b"heic", bytes(4), b"mif1heic"), "heif"),
    "cut recording": (recording(b"vide")[:-120], "cut_short"),
    "no movie": (box(b"ftyp", b"isom", bytes(4)) + box(b"mdat", b"x" * 50), "cut_short"),
    "data alone": (recording(b"meta"), "unknown"),
    "paper": (paper()[:300], "damaged"),
    "many pages": (paper(41), "too_many_pages"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_and_broken_files_are_refused_with_the_reason(name: str) -> None:
    content, code = HOSTILE[name]
    with pytest.raises(Refused) as refused:
        examined(content)
    assert code is None or refused.value.code == code
    assert ":" in refused.value.reason


def run(content: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "streams.attachments"], input=content, capture_output=True, check=True, timeout=120)


def test_in_a_process_of_its_own_it_says_the_same() -> None:
    content = photograph()
    said = run(content).stdout
    (length,) = struct.unpack_from(">I", said)
    head = json.loads(said[4 : 4 + length])
    found = examined(content)
    assert found.shown is not None
    assert found.thumbnail is not None
    assert said[4 + length :] == found.shown + found.thumbnail
    assert (head["sha256"], head["shown"], head["same"]) == (found.sha256, len(found.shown), False)
    assert b'"refused": "too_many_pixels"' in run(bomb()).stdout


def test_the_pixels_of_a_photograph_in_other_colours_are_brought_into_those_of_every_screen() -> None:
    made = io.BytesIO()
    painted(64, 64).convert("CMYK").save(made, "JPEG")
    found = examined(made.getvalue())
    assert found.shown is not None
    assert opened(found.shown).mode == "RGB"
