"""Addresses of crypto-asset wallets: Bitcoin (Base58Check, Bech32 of BIP 173 and 350), Tron (Base58Check), Ethereum (EIP-55)."""

import hashlib
import re

from streams.reference.keccak import keccak256

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BITCOIN_OLD = re.compile(r"^[13][1-9A-HJ-NP-Za-km-z]{25,34}$")
_BITCOIN_NEW = re.compile(r"^bc1[02-9ac-hj-np-z]{11,87}$")
_TRON = re.compile(r"^T[1-9A-HJ-NP-Za-km-z]{33}$")
_ETHEREUM = re.compile(r"^0[xX][0-9a-fA-F]{40}$")

Read = tuple[str, str, bool | None, str | None]
"""Network, address in its comparable form, whether the checksum holds (None where the form has none), finding."""


def read(text: str) -> Read | None:
    """Which network's address this is and whether its checksum holds; None where it looks like none of the three networks'."""
    if _ETHEREUM.match(text):
        return _ethereum(text)
    if _TRON.match(text):
        return _base58("tron", text, b"\x41")
    if _BITCOIN_OLD.match(text):
        return _base58("bitcoin", text, b"\x00" if text[0] == "1" else b"\x05")
    lower = text.lower()
    if _BITCOIN_NEW.match(lower) and text in (lower, text.upper()):
        return _bech32(lower)
    return None


def _base58(network: str, text: str, version: bytes) -> Read:
    number = 0
    for char in text:
        number = number * 58 + _BASE58.index(char)
    raw = number.to_bytes(max(25, (number.bit_length() + 7) // 8), "big")
    if len(raw) != 25 or raw[:1] != version:
        return network, text, False, f"it does not decode to a {network} address of 25 bytes: a character is wrong, missing or too many"
    given, expected = raw[21:], hashlib.sha256(hashlib.sha256(raw[:21]).digest()).digest()[:4]
    if given != expected:
        return network, text, False, f"checksum {given.hex()}, expected {expected.hex()}"
    return network, text, True, None


def _bech32(text: str) -> Read:
    data = [_BECH32.index(char) for char in text[3:]]
    variant = 1 if data[0] == 0 else 0x2BC830A3
    prefix = [3, 3, 0, 2, 3]
    given = data[-6:]
    rest = _polymod([*prefix, *data[:-6], 0, 0, 0, 0, 0, 0]) ^ variant
    expected = [(rest >> 5 * (5 - index)) & 31 for index in range(6)]
    if given != expected:
        written, right = text[-6:], "".join(_BECH32[value] for value in expected)
        return "bitcoin", text, False, f"checksum {written}, expected {right}"
    return "bitcoin", text, True, None


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_GENERATOR):
            check ^= generator if top >> bit & 1 else 0
    return check


def checksummed(address: str) -> str:
    """An Ethereum address with EIP-55's capitals; `address` is 0x and 40 hexadecimal digits."""
    digits = address[2:].lower()
    digest = keccak256(digits.encode()).hex()
    return "0x" + "".join(char.upper() if int(digest[index], 16) >= 8 else char for index, char in enumerate(digits))


def _ethereum(text: str) -> Read:
    key = "0x" + text[2:].lower()
    if text[2:] in (text[2:].lower(), text[2:].upper()):
        return "ethereum", key, None, None
    expected = checksummed(text)
    if text[2:] != expected[2:]:
        return "ethereum", key, False, f"capitals do not match EIP-55: expected {expected}"
    return "ethereum", key, True, None
