"""The figures of the cards, in a real browser at all of it, as a user has it."""

import asyncio
from collections import Counter
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
import json
import os
from pathlib import Path
from statistics import median
import sys
from tempfile import TemporaryDirectory
import time
from typing import Any, Final

import aiomqtt
from playwright.async_api import CDPSession, Page, ViewportSize

from custom_components.maestra.core.store.connection import inspect
from custom_components.maestra.core.store.maintenance import maintain
from custom_components.maestra.core.store.settings import Lifetimes
from scripts.catalogue import STORE_CATALOGUE
from scripts.devenv.paths import ROOT
from scripts.report import Table
from scripts.stack.browser import GO, STRATEGY, chromium, logged_in

from .basics import LOOPBACK, PATIENCE
from .effort import Effort
from .processes import FOLDER
from .rows import DEVICE
from .store_charts import FILL
from .traffic import MOVING, PREFIX, slug, topic
from .whole_parts import Whole, whole

LOAD: Final = 1_000  # changes a second
MOVED: Final = 200
"""Entities that the load moves; the one that is watched is none of them."""
WATCHED: Final = MOVED
THINGS: Final = MOVED + 1
ENTITIES: Final = 1_000
"""Of the house whose dashboard is made."""
FIRST_NUMBER: Final = 700_000
"""Below those that are looked for on a page: nothing else there looks like them."""
TRACED: Final = 2.0  # seconds
ROUNDS: Final = 5
PACE: Final = 0.25
"""Seconds between changes whose delay is taken."""
DELAYS: Final = 240
"""How many of them, at most."""
STEPS: Final = 10
MS: Final = 1_000
MB: Final = 1e6
SHOWN: Final = 12
"""Cards of a page under load."""
DASHBOARD_PATH: Final = "/bench-cards"
SIZE: Final[ViewportSize] = {"width": 1280, "height": 900}

CATEGORIES: Final = (
    "toplevel",
    "cc",
    "benchmark",
    "devtools.timeline",
    "disabled-by-default-devtools.timeline.frame",
)
SERIES: Final = {"device": DEVICE, "datapoint": 1, "name": "Pressure"}
CARDS: Final[Mapping[str, Sequence[Mapping[str, Any]]]] = {
    "cards": [
        {"type": "custom:maestra-entity", "slug": slug(number)}
        for number in range(SHOWN - 3)
    ]
    + [{"type": f"custom:maestra-{kind}"} for kind in ("tree", "fleet", "bus")],
    "watched": [{"type": "custom:maestra-entity", "slug": slug(WATCHED)}],
    "week": [{"type": "custom:maestra-history", "series": [SERIES], "hours": 168}],
    "year": [{"type": "custom:maestra-history", "series": [SERIES], "hours": 8760}],
    "empty": [{"type": "markdown", "content": "Nothing"}],
}
"""What our views have, by their path."""

# Elements of all shadow roots; a page has few of what is looked for.
FIND: Final = """
window.find = (selector, root = document) => {
  const found = root.querySelector(selector);
  if (found) return found;
  for (const each of root.querySelectorAll("*")) {
    const below = each.shadowRoot && window.find(selector, each.shadowRoot);
    if (below) return below;
  }
  return null;
};
window.frame = () => new Promise((done) => requestAnimationFrame(done));
window.until = async (isSo) => { while (!isSo()) await window.frame(); };
"""
# When a number is on the page below `root`: in the frame in which it is there.
WATCH: Final = """
  window.painted = {};
  new MutationObserver(() => {
    const text = root.textContent.replaceAll(",", "");
    requestAnimationFrame(() => {
      const at = performance.timeOrigin + performance.now();
      for (const [number] of text.matchAll(/7\\d{5}/g)) window.painted[number] ??= at;
    });
  }).observe(root, { subtree: true, childList: true, characterData: true });
"""
WATCH_CARD: Final = f"""async () => {{
  await window.until(() => window.find("maestra-entity-card")?.shadowRoot.querySelector(".value"));
  const root = window.find("maestra-entity-card").shadowRoot;
  {WATCH}
}}"""
FIRST_PAINT: Final = f"""async path => {{
  const begin = performance.now();
  ({GO})(path);
  await window.until(() => window.find("maestra-history-card")?.shadowRoot.querySelector(".u-over")
    && /\\d/.test(window.find("maestra-history-card").shadowRoot.querySelector(".legend .figure")?.textContent ?? ""));
  return performance.now() - begin;
}}"""
# A step is done when what it shows is there, whether it was read ahead or not.
STEP: Final = """async () => {
  const root = window.find("maestra-history-card").shadowRoot;
  await window.until(() => !root.querySelector(".busy"));
  const begin = performance.now();
  root.querySelector("button[aria-label=Earlier]").click();
  await window.frame();
  await window.until(() => !root.querySelector(".busy"));
  return performance.now() - begin;
}"""
GENERATE: Final = f"""async () => {{
  const {{ hass }} = document.querySelector("home-assistant");
  const begin = performance.now();
  const {{ views }} = await customElements.get("{STRATEGY}").generate({{}}, hass);
  return [performance.now() - begin, views.length, Object.keys(hass.entities).length];
}}"""


class Window:
    """A page of Home Assistant's, and the ways to look into its browser."""

    def __init__(self, page: Page, session: CDPSession) -> None:
        """Take over what is open."""
        self.page = page
        self._session = session

    async def go(self, view: str) -> None:
        """Show a view, without loading the page anew."""
        await self.page.evaluate(GO, f"{DASHBOARD_PATH}/{view}")
        await self.page.wait_for_timeout(TRACED * MS)

    async def traced(self, seconds: float) -> tuple[float, float] | None:
        """Return the milliseconds of CPU that the main thread spends for a frame, and for a second; None where nothing was drawn."""
        events: list[Mapping[str, Any]] = []
        done = asyncio.Event()
        self._session.on(
            "Tracing.dataCollected", lambda data: events.extend(data["value"])
        )
        self._session.on("Tracing.tracingComplete", lambda _: done.set())
        await self._session.send(
            "Tracing.start",
            {
                "transferMode": "ReportEvents",
                "traceConfig": {
                    "excludedCategories": ["*"],
                    "includedCategories": [*CATEGORIES],
                },
            },
        )
        await asyncio.sleep(seconds)
        await self._session.send("Tracing.end")
        async with asyncio.timeout(PATIENCE):
            await done.wait()
        frames = Counter(
            (each["pid"], each["tid"])
            for each in events
            if each["name"] == "BeginMainThreadFrame"
        )
        if not frames:
            return None
        main, count = frames.most_common(1)[0]
        micros = sum(
            each.get("tdur", 0)
            for each in events
            if (each["pid"], each["tid"]) == main
            and each["name"] == "ThreadControllerImpl::RunTask"
        )
        return micros / MS / count, micros / MS / seconds

    async def heap(self) -> float:
        """Return the bytes of JavaScript's heap, after a garbage collection."""
        session = await self.page.context.new_cdp_session(self.page)
        await session.send("HeapProfiler.collectGarbage")
        used = await session.send("Runtime.getHeapUsage")
        await session.detach()
        return float(used["usedSize"])


@asynccontextmanager
async def window(everything: Whole) -> AsyncIterator[Window]:
    """Save the dashboard, and open it in a browser."""
    api = everything.context.api
    # What moves is what their entity is named after.
    moved = tuple(slug(number).replace("-", "_") for number in range(SHOWN))
    # The yardstick: as many cards of Home Assistant's own, of what changes too.
    tiles = [
        {"type": "tile", "entity": state["entity_id"]}
        for state in await api.get("/api/states")
        if state["entity_id"].endswith(moved)
    ]
    views = [
        {"title": path, "path": path, "cards": cards}
        for path, cards in {"reference": tiles, **CARDS}.items()
    ]
    await api.add_dashboard(DASHBOARD_PATH.strip("/"), "Bench", {"views": views})
    async with chromium() as browser:
        context = await browser.new_context(
            storage_state=logged_in(api.url, str(api.token)),
            viewport=SIZE,
            reduced_motion="reduce",
            locale="en",
        )
        page = await context.new_page()
        page.set_default_timeout(PATIENCE * MS)
        await page.add_init_script(FIND)
        await page.goto(f"{api.url}{DASHBOARD_PATH}/empty")
        await page.wait_for_function(
            "() => document.querySelector('home-assistant')?.hass?.entities"
        )
        yield Window(page, await browser.new_browser_cdp_session())


@asynccontextmanager
async def moving(everything: Whole, seconds: float) -> AsyncIterator[None]:
    """Let entities change for so long, at least."""
    options = {
        "port": everything.context.ports.mqtt,
        "prefix": PREFIX,
        "mix": "show",
        "entities": MOVED,
        "count": int(LOAD * seconds),
        "rate": LOAD,
        "qos": 0,
        "log": Path(os.environ[FOLDER]) / "published",
    }
    words = [sys.executable, "-m", "scripts.benchmarks.generator"]
    for name, value in options.items():
        words += [f"--{name}", str(value)]
    process = await asyncio.create_subprocess_exec(
        *words,
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin and process.stdout
    await process.stdout.readline()
    process.stdin.write(b"\n")
    await process.stdin.drain()
    try:
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _under_load(
    table: Table, everything: Whole, shown: Window, effort: Effort
) -> None:
    traces: dict[str, list[tuple[float, float]]] = {"reference": [], "cards": []}
    rounds = max(1, min(ROUNDS, effort.rounds * 2 - 1))
    async with moving(everything, rounds * len(traces) * 4 * TRACED):
        for _ in range(rounds):
            for view, figures in traces.items():
                await shown.go(view)
                if took := await shown.traced(min(TRACED, effort.seconds)):
                    figures.append(took)
    for view, aim in (("reference", None), ("cards", 8)):
        frame, second = zip(*traces[view], strict=True) if traces[view] else ((), ())
        table.add(
            f"CPU of the main thread a frame at {LOAD} changes/s, {NAMES[view]}, smallest of {rounds}",
            "ms",
            min(frame, default=None),
            aim,
        )
        table.add("… a second", "ms", min(second, default=None), None)
    stalls = {}
    for view in ("empty", "cards"):
        await shown.go(view)
        everything.probe.do("watch")
        async with moving(everything, effort.steady):
            await asyncio.sleep(effort.steady)
        stalls[view] = everything.probe.do("watched")["stall"]
    table.add(
        f"JavaScript's heap after {effort.steady:g} s of that",
        "MB",
        await shown.heap() / MB,
        150,
    )
    table.add(
        "Home Assistant's longest stall meanwhile", "ms", stalls["cards"] * MS, None
    )
    table.add("… without the cards", "ms", stalls["empty"] * MS, None)


NAMES: Final = {
    "reference": f"{SHOWN} tiles of Home Assistant's",
    "cards": f"{SHOWN} cards of ours",
}


async def painted(
    page: Page, count: int, happens: Callable[[int], Awaitable[None]]
) -> list[float]:
    """Let things happen one after the other, and return the seconds until each was painted on a page with WATCH."""
    known = await page.evaluate("() => Object.keys(window.painted)")
    first = max(map(int, known), default=FIRST_NUMBER) + 1
    numbers, sent = range(first, first + count), {}
    for number in numbers:
        sent[number] = time.time()
        await happens(number)
        await asyncio.sleep(PACE)
    await page.wait_for_function(f"() => window.painted[{numbers[-1]}]")
    found = (await page.evaluate("() => window.painted")).items()
    at_times = {int(number): at / MS for number, at in found}
    # On a busy machine one may be overtaken by the next.
    return [
        next(at_times[it] for it in numbers if it >= number and it in at_times) - at
        for number, at in sent.items()
    ]


async def _delays(
    table: Table, everything: Whole, shown: Window, effort: Effort
) -> None:
    """Time a change until it is painted, and a slider until a client is told."""
    told = f"maestra/entity/state/device/{slug(WATCHED)}"
    count = min(DELAYS, max(4, int(effort.steady / PACE)))
    await shown.go("watched")
    await shown.page.evaluate(WATCH_CARD)
    async with aiomqtt.Client(LOOPBACK, everything.context.ports.mqtt) as client:

        async def changes(number: int) -> None:
            await client.publish(topic(PREFIX, WATCHED), json.dumps({MOVING: number}))

        delayed(
            table,
            f"a change by an MQTT client until it is painted, {count} of them",
            await painted(shown.page, count, changes),
            200,
        )
        await client.subscribe(told)
        slider = shown.page.get_by_role("slider")
        await slider.focus()
        delays: list[float] = []
        for _ in range(count):
            begin = time.time()
            await slider.press("ArrowRight" if len(delays) % 2 else "ArrowLeft")
            async with asyncio.timeout(PATIENCE):
                await anext(aiter(client.messages))
            delays.append(time.time() - begin)
            await asyncio.sleep(PACE)
        delayed(table, "a slider until a client is told", delays, 100)


def delayed(table: Table, name: str, delays: Iterable[float], aim: float) -> None:
    """Add how long something took: the median, and what one of a hundred takes longer than."""
    ordered = sorted(delays)
    table.add(f"{name}: p50", "ms", median(ordered) * MS, None)
    table.add(f"{name}: p99", "ms", ordered[len(ordered) * 99 // 100] * MS, aim)


async def _history(
    table: Table, everything: Whole, shown: Window, effort: Effort
) -> None:
    """Draw a week, and go through a year step by step."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    start = end - timedelta(days=effort.chart_days)
    async with everything.database() as connection:
        info = await inspect(connection, everything.store)
        await connection.execute(FILL, DEVICE, start, end, 1)
        await maintain(connection, STORE_CATALOGUE, info.tier, Lifetimes())
        await connection.execute("VACUUM ANALYZE")
    paints = []
    for _ in range(ROUNDS):
        await shown.go("empty")
        paints.append(await shown.page.evaluate(FIRST_PAINT, f"{DASHBOARD_PATH}/week"))
    days = f"{effort.chart_days} days of 1 Hz"
    table.add(
        f"first paint of 7 days, in {days}, median of {ROUNDS}",
        "ms",
        median(paints),
        300,
    )
    await shown.go("year")
    steps = [await shown.page.evaluate(STEP) for _ in range(STEPS)]
    table.add(
        f"a step back through {days}, median of {STEPS}", "ms", median(steps), None
    )
    table.add("… the longest", "ms", max(steps), 200)


async def _strategy(table: Table, shown: Window, things: int) -> None:
    times = []
    for _ in range(ROUNDS):
        took, views, entities = await shown.page.evaluate(GENERATE)
        times.append(took)
    table.add(
        f"the dashboard of {things} things, {entities} entities: {views} views, longest of {ROUNDS}",
        "ms",
        max(times),
        1_000,
    )


async def _measure(folder: Path, effort: Effort) -> Table:
    entities = min(ENTITIES, effort.many)
    table = Table(
        f"(q) Cards in a browser, on all of it with {THINGS} things of five variables each",
        ("", "", "measured", "aim"),
        (
            "Home Assistant with its recorder, all wires and the store, as in (p); Chromium without a graphics card on the same CPUs.",
            "Home Assistant's own frontend copies what it knows of all entities at each change: with thousands that is most of what a page costs.",
            "CPU a frame: thread time of all tasks in a trace, by the frames of the main thread; the smallest, as others use these CPUs too.",
        ),
    )
    if entities > THINGS:
        async with whole(folder, entities) as everything, window(everything) as shown:
            await _strategy(table, shown, entities)
    with TemporaryDirectory(prefix="maestra-bench-") as another:
        await _small(table, Path(another), effort, has_strategy=entities <= THINGS)
    return table


async def _small(
    table: Table, folder: Path, effort: Effort, *, has_strategy: bool
) -> None:
    """Measure what a house of a few hundred things shows; its dashboard too, where that is to be of no more."""
    async with whole(folder, THINGS) as everything, window(everything) as shown:
        if has_strategy:
            await _strategy(table, shown, THINGS)
        await _delays(table, everything, shown, effort)
        await _under_load(table, everything, shown, effort)
        await _history(table, everything, shown, effort)


PARTS: Final[dict[str, Callable[[Path, Effort], Table]]] = {
    "q": lambda folder, effort: asyncio.run(_measure(folder, effort)),
}
