"""Where the centre is and who calls: from options, the environment, else the installation on this machine."""

import contextlib
import ipaddress
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from streams.cli.failures import Exit, Failure
from streams.settings import Settings

if TYPE_CHECKING:
    import httpx

LOCAL_LIFETIME = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Connection:
    """A centre and a token. `name` is what the outbox files its reports under: the address, or the local installation."""

    url: str
    token: str = field(repr=False)
    name: str

    def client(self, read_timeout: float | None = 60.0) -> "httpx.Client":
        """An HTTP client as this person; the caller closes it."""
        import httpx

        return httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self.token}", "User-Agent": "ric"},
            timeout=httpx.Timeout(60.0, connect=5.0, read=read_timeout),
        )


def connect(url: str | None, token_file: Path | None, agency: str | None = None) -> Connection:
    """Whom to call and as whom. Raises Failure saying how to give what is missing.

    Without an address the installation on this machine is meant (`RIC_DATA_DIR`). Whoever may read its signing keys is its operator: a
    short-lived token is made for this one command and kept nowhere; as an officer of `agency`, else as a coordinator. A token of this
    machine's centre is never made for another address.
    """
    settings = Settings()
    url = url or os.environ.get("RIC_URL")
    token = _given_token(token_file)
    local = url is None
    if url is None:
        url = local_url(settings)
        token = token or _local_token(settings, agency)
    if token is None:
        raise Failure(f"there is no token for {url}", "give --token-file FILE, or set RIC_TOKEN_FILE or RIC_TOKEN", Exit.NOT_PERMITTED)
    _refuse_plaintext(url)
    return Connection(url.rstrip("/"), token, f"local:{settings.data_dir.resolve()}" if local else url.rstrip("/"))


def local_url(settings: Settings) -> str:
    """The gateway that `ric up` started on this machine. Raises Failure where none ever was."""
    port = settings.port or _read_port(settings.data_dir / "port")
    if not port:
        raise Failure("no centre is known here", "give --url or RIC_URL and --token-file, or start one with: ric up", Exit.UNREACHABLE)
    return f"{'https' if settings.tls_cert else 'http'}://127.0.0.1:{port}"


def _read_port(path: Path) -> int:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def local_servers(settings: Settings) -> Settings:
    """The settings with the broker and the database that `ric up` runs on this machine, where none are named."""
    found: dict[str, Any] = {}
    if not settings.kafka_bootstrap_servers and (port := _read_port(settings.data_dir / "kafka" / "port")):
        found["kafka_bootstrap_servers"] = f"127.0.0.1:{port}"
    if settings.database_url is None and (port := _read_port(settings.data_dir / "postgres" / "port")):
        from pydantic import SecretStr

        from streams.local.postgres import DATABASE, EmbeddedPostgres

        found["database_url"] = SecretStr(EmbeddedPostgres(settings.data_dir / "postgres", port).url_of(DATABASE))
    return settings.model_copy(update=found)


def _given_token(token_file: Path | None) -> str | None:
    named = token_file or (Path(os.environ["RIC_TOKEN_FILE"]) if os.environ.get("RIC_TOKEN_FILE") else None)
    if named is None:
        return os.environ.get("RIC_TOKEN", "").strip() or None
    try:
        token = named.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(
            f"the token file {named} cannot be read", "check its name and rights; it holds one line", Exit.NOT_PERMITTED
        ) from error
    if not token or any(character.isspace() for character in token):
        raise Failure(f"the token file {named} does not hold one token", "it holds one line: the token", Exit.NOT_PERMITTED)
    return token


def _local_token(settings: Settings, agency: str | None) -> str | None:
    if not (settings.signing_keys or settings.data_dir / "keys" / "signing.jwks").is_file():
        return None
    role = "officer" if agency else "coordinator"
    return issue_token(settings, person=local_person(), agency=agency or "CARICC", role=role, lifetime=LOCAL_LIFETIME)


def local_person() -> str:
    """This machine's user as a person of the centre."""
    import getpass

    kept = "".join(
        character for character in getpass.getuser().lower() if character.isascii() and (character.isalnum() or character in "._-")
    )
    return kept.lstrip("._-")[:64] or "local"


def issue_token(settings: Settings, *, person: str, agency: str, role: str, lifetime: timedelta, supervises: bool = False) -> str:
    """A token signed with this installation's keys. Raises Failure where a name is not well formed or the keys cannot be read."""
    try:
        from streams.gateway import tokens
        from streams.reference.agencies import Agencies
    except ImportError as error:
        raise Failure("only a centre issues tokens", "ask the centre for one; or install ric[centre] where its keys are") from error
    try:
        keys = tokens.Keys.of(settings)
        listed = Agencies().get(agency)
        # A code's letters tell no country: SELEC is not Sweden.
        country = (listed.country if listed else None) or ""
        who = tokens.claims(
            person, agency, country, role, space=settings.space, lifetime=lifetime, now=datetime.now(UTC), supervises=supervises
        )
        return tokens.issue(keys, who)
    except ValueError as error:
        raise Failure(str(error), "see: ric token --help") from error


def sign_in_link(settings: Settings, *, person: str, agency: str, role: str, supervises: bool = False) -> str:
    """A link that signs this person in to the dashboard once. Raises Failure where no gateway is known here."""
    try:
        from streams.gateway.signin import new_code
    except ImportError as error:
        raise Failure("only a centre signs people in", "ask the centre for a link; or install ric[centre] where its keys are") from error
    return f"{local_url(settings)}/sign-in?code={new_code(settings.data_dir, person, agency, role, supervises=supervises)}"


def address(url: str | None) -> str:
    """Where the centre is, for calls that have a credential of their own. Raises Failure where none is known, or it would go in clear."""
    url = url or os.environ.get("RIC_URL") or local_url(Settings())
    _refuse_plaintext(url)
    return url.rstrip("/")


def _refuse_plaintext(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Failure(f"{url} is not an address", "write it as https://centre.example:8443")
    if parts.scheme == "https" or parts.hostname == "localhost":
        return
    with contextlib.suppress(ValueError):
        if ipaddress.ip_address(parts.hostname).is_loopback:
            return
    raise Failure("a token is not sent in clear over a network", f"use https://{parts.netloc}")


def answer(response: "httpx.Response") -> Any:
    """The JSON of a good answer. Raises Failure with what the centre's problem says (RFC 9457) and the fitting exit code."""
    if response.is_success:
        return response.json()
    said: dict[str, Any] = {}
    with contextlib.suppress(ValueError):
        found = response.json()
        said = found if isinstance(found, dict) else {}
    what = str(said.get("detail") or said.get("title") or f"the centre answered {response.status_code}")
    for problem in said.get("problems") or ():
        what += f"\n     {str(problem.get('field')).removeprefix('query.')}: {problem.get('reason')}"
    code, mend = {
        401: (Exit.NOT_PERMITTED, "get a new token: on the centre's machine, ric token; else ask the centre"),
        403: (Exit.NOT_PERMITTED, "use a token of a person in the right role"),
    }.get(response.status_code, (Exit.UNREACHABLE if response.status_code >= 500 or response.status_code == 429 else Exit.USAGE, None))
    retry = response.headers.get("Retry-After")
    raise Failure(what, mend or (f"try again in {retry} s" if retry else None), code)


@contextlib.contextmanager
def reaching(url: str) -> Iterator[None]:
    """Turns what goes wrong on the line into a Failure."""
    import httpx

    try:
        yield
    except httpx.TransportError as error:
        kind = "did not answer in time" if isinstance(error, httpx.TimeoutException) else "cannot be reached"
        raise Failure(f"the centre at {url} {kind}", "check the line and the address; ric doctor says more", Exit.UNREACHABLE) from error
