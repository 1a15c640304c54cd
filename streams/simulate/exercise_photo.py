"""The exercise's photograph: made here, uploaded as a phone does it, looked at by the others, who must not learn where it was taken."""

import asyncio
import hashlib
import io
from base64 import b64encode
from datetime import datetime
from typing import Any

import httpx
from PIL import Image, ImageDraw
from PIL.TiffImagePlugin import IFDRational

from streams.simulate.exercise_line import CannotGoOn, Json, Line, OffScript, in_words
from streams.simulate.exercise_story import Photo, act_id

TUS = {"Tus-Resumable": "1.0.0"}
_MODEL, _TAKEN, _PLACE = 0x0110, 0x0132, 0x8825
_TELLS = {_PLACE: "the place", _MODEL: "the device", _TAKEN: "the time"}
AGAIN_S = 1.0
TRIES = 20


def photograph(at: datetime) -> bytes:
    """A fictional seal as a JPEG, with what a phone writes into one: the place (Almaty), the device, the time."""
    picture = Image.linear_gradient("L").resize((960, 720)).convert("RGB")
    drawing = ImageDraw.Draw(picture)
    drawing.ellipse((330, 210, 630, 510), fill=(196, 160, 64), outline=(64, 48, 16), width=12)
    drawing.text((360, 330), "EX-KZ-S", fill=(32, 24, 8), font_size=60)
    drawing.text((40, 40), "EXERCISE - NOT REAL", fill=(255, 255, 255), font_size=64)
    exif = Image.Exif()
    exif[_MODEL], exif[_TAKEN] = "EXERCISE phone of uchebnov.kz1", f"{at:%Y:%m:%d %H:%M:%S}"
    north, east = (IFDRational(43), IFDRational(144, 10), IFDRational(0)), (IFDRational(76), IFDRational(552, 10), IFDRational(0))
    exif[_PLACE] = {1: "N", 2: north, 3: "E", 4: east}
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=90, exif=exif)
    return made.getvalue()


def told_by(content: bytes) -> list[str]:
    """What the picture tells beside what is to be seen on it."""
    with Image.open(io.BytesIO(content)) as found:
        exif = found.getexif()
        return [name for tag, name in _TELLS.items() if exif.get(tag)]


async def send(line: Line, delivery: str, photo: Photo, now: datetime) -> str:
    """Upload it in two pieces, name it in the room, and look at it as another officer; what was seen, in words. Raises CannotGoOn."""
    content = photograph(now)
    place = await _uploaded(line, delivery, photo.who, content)
    found: Json = {}

    async def unready() -> str | None:
        found.update(await line.read(photo.who, place))
        return None if found["state"] in ("ready", "refused") else f"the photograph of {photo.who} is {found['state']}"

    await line.until(unready)
    if found["state"] == "refused":
        raise CannotGoOn(f"the photograph of {photo.who} was refused: {found['reason']}")
    named = {name: found[name] for name in ("id", "sha256", "media_type", "bytes")}
    about = {"id": str(act_id(delivery, photo.name)), "delivery": delivery, "act": "room", "at": now.isoformat(), "sent": now.isoformat()}
    answer = await line.answered(photo.who, "room", about | {"says": photo.note, "attachments": [named]})
    if answer.status_code != 200:
        raise OffScript(f"{photo.who}'s photograph was not taken into the room: {answer.status_code} {in_words(answer.json())}")
    return await _looked_at(line, photo, place, content)


async def _uploaded(line: Line, delivery: str, who: str, content: bytes) -> str:
    """The upload's address, once all of it has arrived."""
    told = {"sha256": hashlib.sha256(content).hexdigest(), "filename": "IMG_0412.jpg"}
    metadata = ",".join(f"{name} {b64encode(value.encode()).decode()}" for name, value in told.items())
    begun = {"Upload-Length": str(len(content)), "Upload-Metadata": metadata}
    began = await _call(line, who, "POST", f"/v1/deliveries/{delivery}/attachments", b"", begun)
    place = began.headers["Location"]
    offset = int(began.headers["Upload-Offset"])
    while offset < len(content):
        # Half of it, and the line is gone: what has arrived is asked for, and the rest follows.
        piece = content[offset:] if offset else content[: len(content) // 2]
        vouched = f"sha256 {b64encode(hashlib.sha256(piece).digest()).decode()}"
        said = {"Upload-Offset": str(offset), "Upload-Checksum": vouched, "Content-Type": "application/offset+octet-stream"}
        await _call(line, who, "PATCH", place, piece, said)
        offset = int((await _call(line, who, "HEAD", place, b"", {})).headers["Upload-Offset"])
    return place


async def _call(line: Line, who: str, method: str, path: str, content: bytes, headers: dict[str, str]) -> httpx.Response:  # noqa: PLR0917
    """The answer; 409 is one, where a piece arrived whose answer did not. Raises CannotGoOn where there is none, or another refusal."""
    why = ""
    for _ in range(TRIES):
        try:
            answer = await line.send(who, method, path, content, TUS | headers)
        except httpx.TransportError as error:
            why = type(error).__name__
        else:
            if answer.is_success or answer.status_code == 409:
                return answer
            why = f"{answer.status_code} {answer.text}"
            if answer.status_code < 500:
                break
        await asyncio.sleep(AGAIN_S)
    raise CannotGoOn(f"the upload of {who} cannot go on: {why}")


async def _looked_at(line: Line, photo: Photo, place: str, content: bytes) -> str:
    """Raises CannotGoOn where the other officer learns what is not to be seen on the picture, or its own agency has not all of it."""
    own = await _bytes(line, photo.who, f"{place}/original")
    seen: dict[str, Any] = await line.read(photo.seen_by, place)
    given = await _bytes(line, photo.seen_by, f"{place}/content")
    original = await line.call(photo.seen_by, "GET", f"{place}/original")
    if own != content:
        raise CannotGoOn(f"{photo.who} does not get its photograph back as it was sent")
    if (tells := told_by(given)) or seen["name"] is not None:
        raise CannotGoOn(f"{photo.seen_by} learns from the photograph {', '.join(tells) or 'how its file was called'}")
    if original.status_code != 403:
        raise CannotGoOn(f"{photo.seen_by} asks for the original, which is its agency's, and is answered {original.status_code}")
    kept = f"{photo.who} has the original, which tells {', '.join(told_by(own))}"
    return f"{kept}; {photo.seen_by} has {seen['width']} × {seen['height']} pixels and nothing of that; sha256 {seen['sha256'][:16]}…"


async def _bytes(line: Line, who: str, path: str) -> bytes:
    answer = await line.call(who, "GET", path)
    if answer.status_code != 200:
        raise CannotGoOn(f"{who} does not get {path}: {answer.status_code} {in_words(answer.json())}")
    return answer.content
