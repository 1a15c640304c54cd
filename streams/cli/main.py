"""The `ric` command. `ric --help` pays for typer alone: everything heavy is imported by the verb that needs it."""

import os
import sys

import typer

from streams.cli import agency_verbs, centre_verbs, delivery_verbs, exercise_verb, operator_verbs, positions_verb, retention_verb
from streams.cli.failures import MEANINGS, Exit, Failure

app = typer.Typer(
    name="ric",
    help="Publish, import, watch and search reports; run a centre.",
    epilog="Exit codes: " + "; ".join(f"{int(code)} {meaning}" for code, meaning in MEANINGS.items()) + ".",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
agency_verbs.register(app)
centre_verbs.register(app)
operator_verbs.register(app)
delivery_verbs.register(app)
positions_verb.register(app)
exercise_verb.register(app)
retention_verb.register(app)


def main(arguments: list[str] | None = None) -> None:
    """Run and exit. A failure is one or two lines on standard error: what was wrong, and what to do."""
    try:
        code = app(arguments, standalone_mode=False)
        # Whoever reads the pipe may leave before all is written, also here.
        sys.stdout.flush()
    except Failure as failure:
        _say(failure)
        code = failure.code
    except (KeyboardInterrupt, typer.Abort):
        code = Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader has left (`ric search | head`): nobody is there to be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = Exit.DONE
    except Exception as error:
        code = _usage(error)
    sys.exit(int(code or 0))


def _say(failure: Failure) -> None:
    print(f"ric: {failure.what}", file=sys.stderr)
    if failure.mend:
        print(f"     {failure.mend}", file=sys.stderr)


def _usage(error: Exception) -> Exit:
    """What is the caller's to mend is said in words; anything else is a fault of ours and keeps its trace."""
    from pydantic import ValidationError

    show = getattr(error, "show", None)
    if show is not None:  # click's own: unknown option, missing argument
        show()
        return Exit.USAGE
    if isinstance(error, ValidationError) and error.title == "Settings":
        for each in error.errors():
            print(f"ric: RIC_{'_'.join(map(str, each['loc'])).upper()}: {each['msg']}", file=sys.stderr)
        return Exit.USAGE
    raise error


if __name__ == "__main__":
    main()
