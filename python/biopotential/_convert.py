"""Recordings from one format to another, several at a time."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import biopotential as bp
from biopotential._exit import BROKEN, exit_code

__all__ = ["Outcome", "convert_all", "plan"]


@dataclass(frozen=True)
class Task:
    """One recording and the file that it becomes."""

    source: Path
    target: Path


@dataclass(frozen=True)
class Outcome:
    """What became of a task; `error` is empty where it worked."""

    source: str
    target: str
    same_samples: bool = False
    signal_sha256: str = ""
    warnings: list[str] = field(default_factory=list)
    error: str = ""
    exit_code: int = 0

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


def plan(paths: Sequence[Path], *, to: str = "", force: bool = False) -> list[Task]:
    """Pair sources with targets.

    Parameters
    ----------
    paths : sequence of Path
        Recordings, then the target: a file, or a folder where `to` is given.
    to : str
        Suffix of the format.
    force : bool
        Whether existing targets may be replaced.

    Returns
    -------
    list of Task

    Raises
    ------
    ValueError
        No source or several for one file, a target that exists or that two sources would share.
    """
    if len(paths) < 2:
        raise ValueError("[convert] wanted recordings and a target, got too few paths")
    *sources, target = paths
    if to:
        suffix = to if to.startswith(".") else f".{to}"
        tasks = [Task(source, target / (_record_name(source) + suffix)) for source in sources]
    elif len(sources) == 1:
        tasks = [Task(sources[0], target)]
    else:
        raise ValueError("[convert] wanted --to with several recordings, got none")
    taken: dict[Path, Path] = {}
    for task in tasks:
        if task.target in taken:
            raise ValueError(f"[convert] wanted one target each, got {task.target} from {taken[task.target]} too")
        taken[task.target] = task.source
        if task.target.exists() and not force:
            raise ValueError(f"[convert] wanted a new file (or --force), got one that exists: {task.target}")
    return tasks


def _record_name(source: Path) -> str:
    """Name without the suffix; a WFDB record name has none, but may hold dots."""
    return source.stem if source.is_file() else source.name


def _convert(task: Task) -> Outcome:
    source, target = str(task.source), str(task.target)
    try:
        recording = bp.read(task.source)
        task.target.parent.mkdir(parents=True, exist_ok=True)
        bp.write(recording, task.target)
        before, after = recording.signal_sha256(), bp.read(task.target).signal_sha256()
    except (ValueError, OSError, bp.PolicyError, bp.IntegrityError) as error:
        return Outcome(source, target, error=str(error), exit_code=exit_code(error))
    return Outcome(source, target, before == after, after, recording.warnings)


def _in_processes(tasks: Sequence[Task], n_jobs: int, done: Callable[[Task, Outcome], None]) -> None:
    """Run tasks until all are done or a process dies."""
    # Fresh processes: a fork would copy whatever threads were doing.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(n_jobs, mp_context=context) as pool:
        pending: dict[Future[Outcome], Task] = {pool.submit(_convert, task): task for task in tasks}
        for future in as_completed(pending):
            if not isinstance(future.exception(), BrokenProcessPool):
                done(pending[future], future.result())


def convert_all(tasks: Sequence[Task], *, jobs: int = 0) -> list[Outcome]:
    """Run tasks in processes of their own, with a progress bar on a terminal, and return outcomes in their order.

    Parameters
    ----------
    tasks : sequence of Task
    jobs : int
        Recordings at a time; 0: one a core.

    Returns
    -------
    list of Outcome
    """
    from rich.console import Console
    from rich.progress import Progress

    n_jobs = min(len(tasks), jobs if jobs > 0 else os.cpu_count() or 1)
    outcomes: dict[Task, Outcome] = {}
    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("Converting", total=len(tasks))

        def done(task: Task, outcome: Outcome) -> None:
            outcomes[task] = outcome
            progress.advance(bar)

        if n_jobs <= 1:
            for task in tasks:
                done(task, _convert(task))
        else:
            _in_processes(tasks, n_jobs, done)
            # A process that dies takes the others' tasks with it: each that is left has one of its own.
            for task in tasks:
                if task not in outcomes:
                    _in_processes([task], 1, done)
                if task not in outcomes:
                    died = "[convert] wanted a recording, got the end of the process that converted it"
                    done(task, Outcome(str(task.source), str(task.target), error=died, exit_code=BROKEN))
    return [outcomes[task] for task in tasks]
