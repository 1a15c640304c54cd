"""Settings to the database's address: the one place that decides how this installation may talk to PostgreSQL."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from streams.kafka import is_loopback
from streams.settings import Settings

CHECKED = "verify-full"
"""libpq's one mode that checks both who signed the server's certificate and for which name: all others talk to whoever answers."""

NO_ADDRESS = (
    "RIC_DATABASE_URL is no address: give postgresql://user:password@host:port/database, with %40 for @ and %2F for / in the password"
)


class UnsafeDatabaseConnection(ValueError):
    """The settings name no database, or would send reports and the password to another host unprotected."""


def database_url(settings: Settings) -> str:
    """`postgresql://…`, fit for psycopg. What it does not say libpq takes from the environment (PGHOST, PGSSLMODE), and so does the check.

    Raises UnsafeDatabaseConnection where none is set, and for another host without `sslmode=verify-full` unless the network is trusted.
    """
    if settings.database_url is None:
        raise UnsafeDatabaseConnection("RIC_DATABASE_URL is not set: give postgresql://…, or start everything with `ric up`")
    url = settings.database_url.get_secret_value()
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # Its own words quote the password.
        raise UnsafeDatabaseConnection(NO_ADDRESS) from None
    if any("@" in str(given.get(name, ""))[1:] for name in ("host", "dbname")):
        # The end of a password that was cut at its own @ or /: libpq's words, and ours below, would quote it.
        raise UnsafeDatabaseConnection(NO_ADDRESS)
    if settings.trusted_network:
        return url
    asked = {option.keyword.decode(): option.val.decode() for option in Conninfo.get_defaults() if option.val} | given
    service = given.get("service")
    # What its file says is not known here, and comes before the environment.
    checked = (given if service else asked).get("sslmode") == CHECKED
    for host in [f"the service {service}"] if service else _hosts(asked):
        if not (checked or host == "" or host.startswith(("/", "@")) or is_loopback(host)):
            raise UnsafeDatabaseConnection(
                f"RIC_DATABASE_URL names {host}, and would talk to whoever answers there: add ?sslmode={CHECKED}&sslrootcert=CA.pem to it, "
                "or set RIC_TRUSTED_NETWORK=1 where the network is inside one machine"
            )
    return url


def _hosts(asked: Mapping[str, Any]) -> Iterator[str]:
    """Where libpq will ask: of each host its `hostaddr`, where it has one."""
    addresses, names = (str(asked.get(name) or "").split(",") for name in ("hostaddr", "host"))
    yield from (address or name for address, name in zip_longest(addresses, names, fillvalue=""))
