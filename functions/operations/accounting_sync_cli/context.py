"""What every command works with: which stack, and how to print."""

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from accounting_sync_cli.errors import CommandError, ExitCode
from accounting_sync_cli.screen import Screen
from accounting_sync_cli.stack import Stack, open_deployed, open_local

STACK_VARIABLE = "ACCOUNTING_SYNC_STACK"

FLAGS = frozenset({"--json", "--local"})
VALUED = frozenset({"--stack", "--region", "--profile"})


@dataclass
class Session:
    """One run of the command line."""

    screen: Screen
    stack_name: str | None = None
    local: bool = False
    region: str | None = None
    profile: str | None = None
    opened: Stack | None = None
    """A stack that is reached already: what a program passes as the context's object."""

    @cached_property
    def stack(self) -> Stack:
        """The stack that was named; raises CommandError as `open_local` and `open_deployed`."""
        if self.opened:
            return self.opened
        if self.local:
            return open_local()
        if not self.stack_name:
            raise CommandError(
                ExitCode.INVALID,
                f"Which stack? Say --stack NAME or --local, or set {STACK_VARIABLE} to its name.",
            )
        return open_deployed(self.stack_name, self.region, self.profile)


class RootGroup(TyperGroup):
    """Takes the options that hold for every command wherever they stand, and says what went wrong."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Read the arguments, the common options first."""
        return super().parse_args(ctx, common_first(args))

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]  # noqa: ANN401
        """Run a command; a `CommandError` becomes its message and its exit code."""
        try:
            return super().invoke(ctx)
        except CommandError as error:
            Screen().say(f"Error: {error}")
            raise typer.Exit(error.code) from error


def common_first(arguments: list[str]) -> list[str]:
    """Move the common options before the command; what follows `--` stays where it is."""
    common: list[str] = []
    rest: list[str] = []
    left = iter(arguments)
    for argument in left:
        if argument == "--":
            rest += [argument, *left]
        elif argument in FLAGS or (argument.partition("=")[0] in VALUED and "=" in argument):
            common.append(argument)
        elif argument in VALUED:
            common += [argument, *(value for value in [next(left, None)] if value is not None)]
        else:
            rest.append(argument)
    return common + rest


def common_options(  # noqa: PLR0913, PLR0917
    context: typer.Context,
    stack: Annotated[
        str | None,
        typer.Option(help="Name of the stack in CloudFormation.", envvar=STACK_VARIABLE, metavar="NAME"),
    ] = None,
    local: Annotated[bool, typer.Option("--local", help="The local stack of this folder (make up).")] = False,
    region: Annotated[str | None, typer.Option(help="AWS region, where it is not your default.")] = None,
    profile: Annotated[str | None, typer.Option(help="AWS profile, where it is not your default.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print answers as JSON.")] = False,
) -> None:
    """See, repair and set up what books Moment's documents in Moneybird."""
    context.obj = Session(Screen(json), stack, local, region, profile, opened=context.obj)


def session_of(context: typer.Context) -> Session:
    """Return the session of a run."""
    assert isinstance(context.obj, Session)  # noqa: S101  # `common_options` has run
    return context.obj
