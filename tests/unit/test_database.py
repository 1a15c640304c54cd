"""What connection to the database the settings allow."""

import pytest

from streams.database import UnsafeDatabaseConnection, database_url
from streams.settings import Settings

PASSWORD = "s3cret"


@pytest.fixture(autouse=True)
def _nothing_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGHOST", "PGHOSTADDR", "PGSSLMODE", "PGSERVICE"):
        monkeypatch.delenv(name, raising=False)


def _settings(address: str, **changed: object) -> Settings:
    return Settings(database_url=f"postgresql://ric:{PASSWORD}@{address}", **changed)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1:5432/ric", "localhost/ric", "[::1]/ric", "/ric?host=/run/postgresql", "/ric", "db.example/ric?sslmode=verify-full"],
)
def test_this_machine_and_a_server_whose_name_is_checked_are_talked_to(address: str) -> None:
    settings = _settings(address)
    assert settings.database_url is not None
    assert database_url(settings) == settings.database_url.get_secret_value()


@pytest.mark.parametrize(
    "address",
    [
        "db.example/ric",
        "db.example/ric?sslmode=require",  # encrypted, to whoever answers
        "db.example/ric?sslmode=verify-ca",  # to any server of that CA
        "10.0.0.5/ric",
        "localhost,db.example/ric",
        "localhost/ric?hostaddr=10.0.0.5",
        "/ric?host=db.example",
    ],
)
def test_another_host_is_refused_with_the_mend_and_without_the_password(address: str) -> None:
    with pytest.raises(UnsafeDatabaseConnection, match=r"RIC_DATABASE_URL names .*sslmode=verify-full") as refused:
        database_url(_settings(address))
    assert PASSWORD not in str(refused.value)


def test_what_the_address_does_not_say_is_taken_from_where_libpq_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "db.example")
    with pytest.raises(UnsafeDatabaseConnection, match=r"db\.example"):
        database_url(_settings("/ric"))
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert database_url(_settings("/ric")).endswith("/ric")


def test_a_trusted_network_is_trusted() -> None:
    assert database_url(_settings("postgres/ric", trusted_network=True)).endswith("@postgres/ric")


@pytest.mark.parametrize("url", [None, f"nonsense {PASSWORD}", f"postgresql://ric:{PASSWORD}%zz@db.example/ric"])
def test_what_is_no_address_is_told_without_the_password(url: str | None) -> None:
    with pytest.raises(UnsafeDatabaseConnection, match=r"RIC_DATABASE_URL .*postgresql://") as refused:
        database_url(Settings(database_url=url))
    assert PASSWORD not in str(refused.value)
    assert refused.value.__cause__ is None
