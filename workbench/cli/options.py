"""Commands whose many options are the fields of one frozen dataclass."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_type_hints

import typer

Request = TypeVar("Request")

PlanFile = Annotated[Path, typer.Argument(help="Plan of the round, parameters/rounds/<round>.yaml.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON lines instead of text.")]
Workers = Annotated[int, typer.Option(help="Worker processes; 0: one for each core.", min=0)]
Names = list[str]


@dataclass(frozen=True)
class RunRequest:
    """What `workbench run` was asked for; one field an option."""

    plan_file: PlanFile
    workers: Workers = 0
    only: Annotated[
        Names, typer.Option(help="Restrict to participant codes, programme numbers or ALL; repeatable.")
    ] = ()  # type: ignore[assignment]
    first: Annotated[
        Names, typer.Option(help="Make these participant codes, programmes or ALL first; repeatable.")
    ] = ()  # type: ignore[assignment]
    shard: Annotated[str, typer.Option(help="The part i/n of the plan that this machine makes.")] = "1/1"
    force: Annotated[bool, typer.Option("--force", help="Make again what has not changed.")] = False
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Evaluate and plan, make nothing.")] = False
    deadline: Annotated[float, typer.Option(help="Seconds after which one report is stopped.", min=1)] = 300
    memory: Annotated[int, typer.Option(help="MB at which one report is stopped; 0: never.", min=0)] = 2048
    dask: Annotated[
        str,
        typer.Option(
            metavar="tcp://HOST:PORT",
            help="Address of a Dask scheduler whose workers make the reports, on storage they all see.",
        ),
    ] = ""
    as_json: Json = False


@dataclass(frozen=True)
class MaterialRequest:
    """What `workbench homogeneity` was asked for; one field an option."""

    file: Annotated[Path, typer.Argument(help="CSV or Excel: analyte, study, item, replicate_1, ...")]
    sigma_pt: Annotated[Names, typer.Option(help="ANALYTE=VALUE; repeatable.")] = ()  # type: ignore[assignment]
    programme: Annotated[str, typer.Option(help="Its criteria give sigma_pt where nothing else does.")] = ""
    template: Annotated[bool, typer.Option("--template", help="Write an empty FILE instead.")] = False
    report: Annotated[Path | None, typer.Option(help="Folder for the report: HTML, PDF, JSON, CSV.")] = None
    round_code: Annotated[str, typer.Option("--round", help="Round of the report, for example 2026-1.")] = ""
    locale: Annotated[str, typer.Option(help="zh_CN or en; default: both.")] = ""
    issued_at: Annotated[str, typer.Option(help="ISO 8601 with offset; default: the clock's.")] = ""


@dataclass(frozen=True)
class DemoRequest:
    """What `workbench demo` was asked for; one field an option."""

    workers: Workers = 0
    all_programmes: Annotated[
        bool, typer.Option("--all", help="One simulated year of every programme of the catalogue.")
    ] = False
    laboratories: Annotated[int, typer.Option(help="With --all: laboratories of the province.", min=8)] = 60
    only: Annotated[Names, typer.Option(help="With --all: programme numbers; repeatable.")] = ()  # type: ignore[assignment]
    as_json: Json = False


def takes(request: type[Request]) -> Callable[[Callable[[Request], None]], Callable[..., None]]:
    """Make a function of one request a function of the request's fields, as typer reads them.

    Parameters
    ----------
    request : frozen dataclass whose annotations are typer's.
    """

    def decorate(function: Callable[[Request], None]) -> Callable[..., None]:
        def command(**options: Any) -> None:
            function(request(**options))

        hints = get_type_hints(request, include_extras=True)
        parameters = [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=inspect.Parameter.empty if field.default is MISSING else field.default,
                annotation=hints[field.name],
            )
            for field in fields(request)  # type: ignore[arg-type]
        ]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = hints
        command.__name__, command.__doc__ = function.__name__, function.__doc__
        return command

    return decorate
