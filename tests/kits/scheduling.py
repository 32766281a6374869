"""A plug-in of pytest for runs on several workers: a file's tests stay together, and what takes long comes first.

What a file has made and parsed once is there for all of its tests, and at the end no worker is alone with something long.
At the end of a run the slowest files are named.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, Final, override

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadGroupScheduling

KEPT: Final = "maestra/seconds"
"""Where pytest's cache has how long each file and each group took in the last run of all."""
UNKNOWN_GROUP: Final = 300.0
UNKNOWN_TEST: Final = 0.25
"""Seconds that are expected of what has not run here yet."""
TOO_LONG: Final = 60.0
"""Seconds of a file above which its tests are handed out one by one."""
ONE_BY_ONE: Final = ("tests/tools/test_bench.py",)
"""Files that are known to take longer."""
LONGEST: Final = 900.0
"""Seconds that a test may take; a longer time is that of one who lets the clock leap."""
SLOWEST: Final = 10
WORTH_A_LOOK: Final = 5.0
"""Seconds: a file that takes less is not named."""

type Seconds = dict[str, float]


def file_of(nodeid: str) -> str:
    """Return the file of a test."""
    return nodeid.partition("::")[0]


def group_of(nodeid: str) -> str | None:
    """Return the `xdist_group` of a test; xdist writes it behind the last `@`."""
    return nodeid.rpartition("@")[2] if nodeid.rfind("@") > nodeid.rfind("]") else None


def is_split(file: str, seconds: Seconds) -> bool:
    """Whether the tests of a file are handed out one by one."""
    return file in ONE_BY_ONE or seconds.get(file, 0) > TOO_LONG


class FilesTogether(LoadGroupScheduling):
    """Hands out groups, and files."""

    def __init__(self, config: pytest.Config, log: Producer, seconds: Seconds) -> None:
        super().__init__(config, log)
        self._seconds = seconds

    @override
    def _split_scope(self, nodeid: str) -> str:
        if group := group_of(nodeid):
            return group
        file = file_of(nodeid)
        return nodeid if is_split(file, self._seconds) else file


class Controller:
    """Hands out the tests, and adds up how long they take, set-up and clean-up included."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._known: Seconds = config.cache.get(KEPT, {}) if config.cache else {}
        self._seconds: Seconds = defaultdict(float)
        self._tests: Counter[str] = Counter()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Let a worker know what the others know."""
        node.workerinput[KEPT] = self._known

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(
        self, config: pytest.Config, log: Producer
    ) -> FilesTogether:
        """Be asked for how tests are handed out."""
        return FilesTogether(config, log, self._known)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the time of a part of a test; of all workers."""
        file = file_of(report.nodeid)
        self._tests[file] += report.when == "call"
        if 0 <= report.duration <= LONGEST:
            self._seconds[group_of(report.nodeid) or file] += report.duration

    def pytest_sessionfinish(self) -> None:
        """Keep it for the next run, if this was one of all tests."""
        is_whole = self._config.args_source is pytest.Config.ArgsSource.TESTPATHS
        if is_whole and self._config.cache:
            self._config.cache.set(KEPT, self._known | self._seconds)

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter
    ) -> None:
        """Name the slowest."""
        slowest = [
            (name, seconds)
            for name, seconds in sorted(self._seconds.items(), key=lambda it: -it[1])
            if seconds >= WORTH_A_LOOK
        ][:SLOWEST]
        if slowest:
            whole = sum(self._seconds.values())
            terminalreporter.section(f"slowest files and groups of {whole:.0f} s")
        for name, seconds in slowest:
            tests = self._tests[name] or ""
            terminalreporter.line(f"{seconds:6.0f} s {tests:4} {name}")


class Worker:
    """Brings what takes long to the front, the same on each worker."""

    def __init__(self, seconds: Seconds) -> None:
        self._seconds = seconds

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Sort; tests of one file keep their order."""
        names = {item: self._name_of(item) for item in items}
        expected = self._expected(names.values())
        items.sort(key=lambda item: -expected[names[item]])

    def _name_of(self, item: pytest.Item) -> str:
        group = item.get_closest_marker("xdist_group")
        return group.args[0] if group else file_of(item.nodeid)

    def _expected(self, names: Iterable[str]) -> Seconds:
        return {
            name: self._seconds.get(
                name,
                UNKNOWN_TEST * count if name.endswith(".py") else UNKNOWN_GROUP,
            )
            for name, count in Counter(names).items()
        } | {name: UNKNOWN_GROUP for name in ONE_BY_ONE if name not in self._seconds}


def pytest_configure(config: pytest.Config) -> None:
    """Be on both sides."""
    seconds = getattr(config, "workerinput", {}).get(KEPT)
    config.pluginmanager.register(
        Controller(config) if seconds is None else Worker(seconds)
    )
