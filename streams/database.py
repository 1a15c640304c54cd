"""Settings to the database's address: the one place that decides how this installation may talk to PostgreSQL."""

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from streams.kafka import is_loopback
from streams.settings import Settings

CHECKED = "verify-full"
"""libpq's one mode that checks both who signed the server's certificate and for which name: all others talk to whoever answers."""


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
        raise UnsafeDatabaseConnection("RIC_DATABASE_URL is no address: give postgresql://user:password@host:port/database") from None
    if settings.trusted_network:
        return url
    asked = {option.keyword.decode(): option.val.decode() for option in Conninfo.get_defaults() if option.val} | given
    for host in str(asked.get("hostaddr") or asked.get("host") or "").split(","):
        if not (host == "" or host.startswith(("/", "@")) or is_loopback(host)) and asked.get("sslmode") != CHECKED:
            raise UnsafeDatabaseConnection(
                f"RIC_DATABASE_URL names {host}, and would talk to whoever answers there: add ?sslmode={CHECKED}&sslrootcert=CA.pem to it, "
                "or set RIC_TRUSTED_NETWORK=1 where the network is inside one machine"
            )
    return url
