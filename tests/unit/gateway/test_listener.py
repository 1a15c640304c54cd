"""Where the gateway may listen."""

from pathlib import Path

import pytest

from streams.gateway.__main__ import UnsafeListener, check_listener
from streams.settings import Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_loopback_needs_no_certificate(host: str) -> None:
    check_listener(Settings(host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "gateway.example"])
def test_others_can_reach_it_only_over_tls(host: str) -> None:
    with pytest.raises(UnsafeListener, match="RIC_TLS_CERT"):
        check_listener(Settings(host=host))
    check_listener(Settings(host=host, tls_cert=Path("cert.pem"), tls_key=Path("key.pem")))
    check_listener(Settings(host=host, trusted_network=True))


def test_a_certificate_needs_its_key() -> None:
    with pytest.raises(UnsafeListener, match="both"):
        check_listener(Settings(tls_cert=Path("cert.pem")))
