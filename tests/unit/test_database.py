"""What connection to the database the settings allow."""

from pathlib import Path

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
        "/ric?host=localhost,db.example&hostaddr=127.0.0.1,",  # the second is looked up by its name
        "/ric?service=centre",  # its file says where it is
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
    with pytest.raises(UnsafeDatabaseConnection, match="the service centre"):
        database_url(_settings("/ric?service=centre"))
    assert database_url(_settings("/ric?service=centre&sslmode=verify-full"))


def test_a_service_of_the_environment_is_where_its_file_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "services"
    file.write_text("[near]\nhost=127.0.0.1\n[far]\nhost=db.example\n[checked]\nhost=db.example\nsslmode=verify-full\n")
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    for service in ("near", "checked"):
        monkeypatch.setenv("PGSERVICE", service)
        assert database_url(_settings("/ric"))
    monkeypatch.setenv("PGSERVICE", "far")
    with pytest.raises(UnsafeDatabaseConnection, match=r"db\.example"):
        database_url(_settings("/ric"))


def test_a_trusted_network_is_trusted() -> None:
    assert database_url(_settings("postgres/ric", trusted_network=True)).endswith("@postgres/ric")


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize("password", [f"begin@{PASSWORD}", f"begin/{PASSWORD}", f"be/gin@{PASSWORD}", f"be@gin/{PASSWORD}"])
def test_a_password_that_the_address_is_cut_at_is_not_told(password: str, trusted: bool) -> None:
    with pytest.raises(UnsafeDatabaseConnection, match="%40 for @ and %2F for /") as refused:
        database_url(Settings(database_url=f"postgresql://ric:{password}@db.example/ric", trusted_network=trusted))
    assert not any(part in str(refused.value) for part in (PASSWORD, "gin"))


@pytest.mark.parametrize("url", [None, f"nonsense {PASSWORD}", f"postgresql://ric:{PASSWORD}%zz@db.example/ric"])
def test_what_is_no_address_is_told_without_the_password(url: str | None) -> None:
    with pytest.raises(UnsafeDatabaseConnection, match=r"RIC_DATABASE_URL .*postgresql://") as refused:
        database_url(Settings(database_url=url))
    assert PASSWORD not in str(refused.value)
    assert refused.value.__cause__ is None
