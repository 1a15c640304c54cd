"""How the command ends: exit codes, and failures that say what to do."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes; `docs/cli.md` lists them from here."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    NOT_PERMITTED = 4
    STORED = 5
    INTERRUPTED = 130


MEANINGS = {
    Exit.DONE: "done; everything was accepted, or was there already",
    Exit.REFUSED: "done, but some reports or rows were refused, or something is wrong (doctor, topology)",
    Exit.USAGE: "the command, its file or its mapping is wrong; nothing was sent",
    Exit.UNREACHABLE: "the centre cannot be reached, or did not answer in time",
    Exit.NOT_PERMITTED: "the token is missing, expired, or for another role",
    Exit.STORED: "no connection: the reports are stored in the outbox and wait to be sent",
    Exit.INTERRUPTED: "stopped by Ctrl-C",
}


class Failure(Exception):
    """Ends the command. `what` was wrong, and the `mend`."""

    def __init__(self, what: str, mend: str | None = None, code: Exit = Exit.USAGE) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend
        self.code = code
