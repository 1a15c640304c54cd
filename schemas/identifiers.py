"""Things with numbers: documents, telephones, accounts, conveyances and containers. A wrong check digit is a finding, never a refusal."""

from typing import Literal

from pydantic import Field

from schemas.bounds import Country, Line, Moment, Sha256, Short, Strict


class Document(Strict):
    """An identity, travel or transport document, number as printed."""

    kind: Literal[
        "passport",
        "identity_card",
        "driving_licence",
        "visa",
        "cmr",
        "tir",
        "bill_of_lading",
        "air_waybill",
        "customs_declaration",
        "invoice",
        "permit",
        "vehicle_registration",
        "other",
    ]
    number: Short
    country: Country | None = None
    issued: Moment | None = None
    expires: Moment | None = None
    mrz: Line | None = Field(None, description="Machine-readable zone (ICAO 9303), lines joined by a space")


class Phone(Strict):
    """A telephone or other address of communication, as written."""

    number: Short
    kind: Literal["mobile", "landline", "satellite", "messenger", "email", "device", "sim", "other"] = "mobile"
    service: Short | None = Field(None, description="Operator or messenger")
    country: Country | None = None
    imei: Short | None = None


class Account(Strict):
    """A bank account, card, wallet or payment handle."""

    kind: Literal["iban", "bank_account", "card", "crypto_wallet", "payment_service", "hawala", "other"]
    number: Short
    institution: Line | None = None
    asset: Short | None = Field(None, description="Currency or token")


class Container(Strict):
    """A freight container (ISO 6346) and its seals."""

    number: Short
    seals: tuple[Short, ...] = Field((), max_length=20)
    declared_goods: Line | None = None


class Conveyance(Strict):
    """A vehicle, vessel, aircraft or train; on a vessel the IMO number and MMSI identify it."""

    kind: Literal[
        "car",
        "truck",
        "trailer",
        "bus",
        "motorcycle",
        "train",
        "wagon",
        "vessel",
        "boat",
        "aircraft",
        "drone",
        "animal",
        "pedestrian",
        "post",
        "other",
    ]
    registration: Short | None = Field(None, description="Number plate, tail number or wagon number")
    country: Country | None = Field(None, description="Of registration or flag")
    make: Short | None = None
    vin: Short | None = None
    name: Short | None = None
    imo: Short | None = None
    mmsi: Short | None = None
    service_number: Short | None = Field(None, description="Flight, voyage or train number")
    seized: bool = False


class Attachment(Strict):
    """A file that belongs to the report, by its content; the bytes travel apart."""

    sha256: Sha256
    media_type: str = Field(pattern=r"^[a-z]+/[a-z0-9.+-]{1,80}$")
    bytes: int = Field(ge=1, le=10_000_000_000)
    name: Short | None = None
    description: Line | None = None
