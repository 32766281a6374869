"""What a production shows: its queue, extendable items, takeovers, ticker, shows, and what outlives a restart."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, strategies as st
import orjson
import pytest

from custom_components.maestra.core.bus import Bus
from custom_components.maestra.core.domain.errors import InvalidField, TooMany
from custom_components.maestra.core.production.events import (
    AlertShown,
    ShowChanged,
    StreamHappening,
    TakeoverEnded,
    TakeoverStarted,
)
from custom_components.maestra.core.production.layers import LOOKS, Layer, LayerState
from custom_components.maestra.core.production.production import (
    Production,
    UnknownShow,
    caption_seconds,
)
from custom_components.maestra.core.production.queue import (
    MAX_ITEMS,
    MAX_KNOWN,
    UnknownItem,
)
from custom_components.maestra.core.production.shows import (
    SHOWS,
    ContentKind,
    ProductionSettings,
)

from .bench import BEGIN, Bench

FG, MID, BG = Layer.FOREGROUND, Layer.MIDGROUND, Layer.BACKGROUND
HIDDEN, ENTERING, ACTIVE, INTERRUPTED, EXITING = LayerState


@pytest.fixture
def bench() -> Bench:
    return Bench()


# The queue.


def test_at_first_there_is_nothing(bench: Bench) -> None:
    assert bench.production.show.key == "variety"
    assert bench.states == (HIDDEN, HIDDEN, HIDDEN)
    assert bench.production.due is None
    assert bench.production.current is None


def test_an_alert_comes_and_goes(bench: Bench) -> None:
    shown = bench.alert(data={"message": "Hello"})
    assert bench.on() == shown
    assert bench.states == (ENTERING, HIDDEN, HIDDEN)
    assert [event.item.id for event in bench.said_of(AlertShown)] == [shown]
    bench.wait(9.5)
    assert bench.states == (ACTIVE, HIDDEN, HIDDEN)
    bench.wait(0.5)
    assert bench.states == (EXITING, HIDDEN, HIDDEN)
    bench.wait(0.3)
    assert bench.states == (HIDDEN, HIDDEN, HIDDEN)
    assert bench.on() is None
    assert bench.production.due is None


def test_alerts_never_overlap_and_each_has_its_time(bench: Bench) -> None:
    first, second = bench.alert(), bench.alert()
    assert (bench.on(), bench.waiting) == (first, [first, second])
    bench.wait(10)
    assert bench.on() == second
    assert bench.states == (ACTIVE, HIDDEN, HIDDEN)
    bench.wait(9.5)
    assert bench.on() == second
    bench.wait(0.5)
    assert bench.waiting == []


def test_what_is_more_important_goes_first_and_the_other_goes_on(bench: Bench) -> None:
    low = bench.alert()
    bench.wait(4)
    high = bench.alert(priority=200, duration=3)
    assert bench.on() == high
    bench.wait(3)
    assert bench.on() == low
    bench.wait(5.5)
    assert bench.on() == low
    bench.wait(0.5)
    assert bench.waiting == []
    assert [event.item.id for event in bench.said_of(AlertShown)] == [low, high]


def test_layers_are_independent(bench: Bench) -> None:
    train = bench.alert("sub_train", data={"subscriber": "Ann", "tier": "1000"})
    bench.wait(1)
    alert = bench.alert()
    assert (bench.on(FG), bench.on(MID)) == (alert, train)
    assert bench.states == (ENTERING, INTERRUPTED, HIDDEN)
    bench.wait(10)
    assert bench.states == (EXITING, ACTIVE, HIDDEN)


@pytest.mark.parametrize(
    ("show", "content_type", "layer", "priority", "duration"),
    [
        ("variety", "alert", FG, 100, 10),
        ("variety", "raid_alert", FG, 100, 10),
        ("ironmon", "death_alert", FG, 100, 10),
        # Of another show, and of none: an alert like any other.
        ("variety", "death_alert", FG, 100, 10),
        ("variety", "my_own", FG, 100, 10),
        ("ironmon", "level_up", MID, 100, 10),
        ("variety", "sub_train", MID, 50, 300),
        ("default", "daily_stats", BG, 100, 10),
        # The default show stands in where one has no row.
        ("coding", "daily_stats", BG, 100, 10),
    ],
)
def test_layer_priority_and_duration(
    bench: Bench,
    show: str,
    content_type: str,
    layer: Layer,
    priority: int,
    duration: float,
) -> None:
    bench.production.set_show(show)
    item = bench.production.show_alert(content_type)
    assert item
    assert (item.layer, item.priority, item.duration) == (layer, priority, duration)


def test_what_users_set_counts() -> None:
    bench = Bench(
        ProductionSettings(kinds={"raid_alert": ContentKind(priority=150, duration=20)})
    )
    item = bench.production.show_alert("raid_alert")
    assert item
    assert (item.priority, item.duration) == (150, 20)
    other = bench.production.show_alert("alert")
    assert other
    assert (other.priority, other.duration) == (10, 15)


def test_an_id_is_shown_once(bench: Bench) -> None:
    bench.alert(item_id="twitch-1")
    assert bench.production.show_alert("alert", item_id="twitch-1") is None
    bench.wait(11)
    assert bench.production.show_alert("alert", item_id="twitch-1") is None
    assert bench.production.queue.counters["duplicate"] == 2


def test_known_ids_are_bounded(bench: Bench) -> None:
    for number in range(MAX_KNOWN + 5):
        bench.production.remove(bench.alert(item_id=f"a{number}"))
    assert bench.production.show_alert("alert", item_id="a0")
    assert bench.production.show_alert("alert", item_id=f"a{MAX_KNOWN}") is None


def test_a_full_queue_keeps_what_is_important(bench: Bench) -> None:
    ids = [bench.alert() for _ in range(MAX_ITEMS)]
    with pytest.raises(TooMany):
        bench.alert()
    high = bench.alert(priority=101)
    assert bench.waiting == [high, *ids[:-1]]
    assert bench.production.queue.counters["dropped"] == 2


def test_skip_and_remove(bench: Bench) -> None:
    first, second, third = (bench.alert() for _ in range(3))
    bench.production.remove(second)
    skipped = bench.production.skip()
    assert skipped
    assert skipped.id == first
    assert bench.on() == third
    assert bench.production.skip(MID) is None
    with pytest.raises(UnknownItem):
        bench.production.remove(first)


def test_a_pause_stays_until_it_ends(bench: Bench) -> None:
    first, second = bench.alert(), bench.alert()
    bench.production.pause(True)
    assert bench.on() == first
    bench.wait(11)
    assert bench.on() is None
    forced = bench.production.show_content("alert", duration=5)
    assert bench.on() == forced.id
    bench.restart()
    assert bench.production.queue.is_paused
    bench.wait(6)
    assert bench.on() is None
    bench.production.pause(False)
    assert bench.on() == second


def test_what_is_on_is_not_put_off_by_what_a_pause_held_back(bench: Bench) -> None:
    bench.production.pause(True)
    held_back = bench.alert()
    forced = bench.production.show_content("alert", layer=FG)
    bench.production.pause(False)
    assert bench.on() == forced.id
    bench.wait(30)
    assert bench.on() == held_back


@pytest.mark.parametrize(
    "options",
    [
        {"duration": 0},
        {"duration": float("nan")},
        {"duration": 1e9},
        {"priority": -1},
        {"priority": 1_001},
        {"data": {str(number): 0 for number in range(65)}},
        {"data": {"a": float("inf")}},
    ],
)
def test_bad_alerts_are_refused(bench: Bench, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidField):
        bench.alert(**options)
    assert bench.waiting == []


def test_a_type_is_a_word(bench: Bench) -> None:
    with pytest.raises(InvalidField):
        bench.alert("<b>")


# What is extended.


def test_a_sub_train_is_extended(bench: Bench) -> None:
    train = bench.alert("sub_train", data={"subscriber": "Ann", "tier": "1000"})
    bench.wait(200)
    same = bench.alert("sub_train", data={"subscriber": "Bob", "tier": "2000"})
    assert same == train
    content = bench.production.layers.content(MID)
    assert content
    assert content.data == {
        "subscriber": "Ann",
        "tier": "1000",
        "latest_subscriber": "Bob",
        "latest_tier": "2000",
        "count": 2,
    }
    assert content.expires_at == BEGIN + timedelta(seconds=500)
    assert len(bench.said_of(AlertShown)) == 1
    bench.wait(299.5)
    assert bench.on(MID) == train
    bench.wait(0.5)
    assert bench.waiting == []


def test_a_sub_train_knows_of_its_first_and_its_latest_only(bench: Bench) -> None:
    for number in range(100):
        data = {f"badge_{number}": number}
        bench.alert("sub_train", data=data)
    content = bench.production.layers.content(MID)
    assert content
    assert content.data == {"badge_0": 0, "latest_badge_99": 99, "count": 100}


def test_the_time_of_a_sub_train_goes_on_behind_others(bench: Bench) -> None:
    train = bench.alert("sub_train")
    high = bench.alert("alert", layer=MID, priority=200, duration=400)
    assert bench.on(MID) == high
    bench.wait(300)
    assert bench.waiting == [high]
    assert train not in bench.waiting


# Takeovers.


def test_a_takeover_interrupts_and_what_it_covers_goes_on(bench: Bench) -> None:
    bench.production.set_ticker_content("emote_stats", {"top": "avalonHi"})
    bench.wait(1)
    alert = bench.alert()
    bench.wait(4)
    item = bench.production.start_takeover("please-stand-by", "Back in a minute", 60)
    assert bench.on(FG) == item.id
    assert bench.states == (ACTIVE, HIDDEN, INTERRUPTED)
    waiting = bench.alert()
    bench.wait(30)
    assert bench.production.clear_takeover()
    assert bench.on(FG) == alert
    bench.wait(5.5)
    assert bench.on(FG) == alert
    bench.wait(0.5)
    assert bench.on(FG) == waiting
    bench.wait(10)
    assert bench.states == (EXITING, HIDDEN, ACTIVE)
    assert [event.item for event in bench.said_of(TakeoverStarted)] == [item]
    assert [event.reason for event in bench.said_of(TakeoverEnded)] == ["cleared"]
    assert not bench.production.clear_takeover()


def test_a_takeover_ends_by_itself_or_only_when_cleared(bench: Bench) -> None:
    bench.production.start_takeover("screen-cover")
    bench.wait(11)
    assert bench.waiting == []
    first = bench.production.start_takeover("custom", "Intermission", 0)
    bench.wait(100_000)
    assert bench.production.takeover is first
    second = bench.production.start_takeover("technical-difficulties", "Oh no", 0)
    assert bench.waiting == [second.id]
    ended = [(event.item, event.reason) for event in bench.said_of(TakeoverEnded)]
    assert ended[1:] == [(first, "replaced")]


@pytest.mark.parametrize(
    ("kind", "message"),
    [("alert", "a"), ("custom", ""), ("custom", " "), ("custom", "a" * 501)],
)
def test_bad_takeovers_are_refused(bench: Bench, kind: str, message: str) -> None:
    with pytest.raises(InvalidField):
        bench.production.start_takeover(kind, message)
    assert bench.production.takeover is None


# Ticker and shows.


def test_the_ticker_shows_what_has_data_in_turn(bench: Bench) -> None:
    for kind in ("daily_stats", "emote_stats", "not_in_this_show"):
        bench.production.set_ticker_content(kind, {"of": kind})
    assert bench.type_on(BG) == "emote_stats"
    bench.wait(15)
    assert bench.type_on(BG) == "daily_stats"
    bench.wait(15)
    assert bench.type_on(BG) == "emote_stats"
    bench.production.set_ticker_content("emote_stats", None)
    bench.production.set_ticker_content("daily_stats", None)
    bench.wait(1)
    assert bench.states == (HIDDEN, HIDDEN, HIDDEN)
    assert bench.production.due is None


def test_another_show_has_another_ticker(bench: Bench) -> None:
    bench.production.set_ticker_content("emote_stats", {})
    bench.production.set_ticker_content("commit_stats", {"commits": 3})
    bench.production.set_show("Coding")
    assert bench.type_on(BG) == "commit_stats"
    assert bench.said_of(ShowChanged) == [ShowChanged("p", "coding", "variety")]
    with pytest.raises(UnknownShow):
        bench.production.set_show("opera")


@pytest.mark.parametrize(
    ("category_id", "name", "show"),
    [
        ("13332", "", "ironmon"),
        ("490100", "", "ironmon"),
        ("1469308723", "", "coding"),
        ("509660", "", "coding"),
        ("509658", "", "variety"),
        ("1", "Pokémon FireRed/LeafGreen", "ironmon"),
        ("1", "Pokemon Fire", "ironmon"),
        ("1", "Pokémon Blue", "variety"),
        ("1", "Software and Game Development", "coding"),
        ("1", "Just Chatting", "variety"),
        ("1", "Chess", "variety"),
        ("", "", "variety"),
    ],
)
def test_the_category_chooses_the_show(
    bench: Bench, category_id: str, name: str, show: str
) -> None:
    bench.production.set_show("default")
    bench.happens("channel.update", category_id=category_id, category_name=name)
    assert bench.production.show.key == show


def test_other_settings_are_taken_over(bench: Bench) -> None:
    bench.production.set_show("coding")
    alert = bench.alert()
    bench.production.apply(ProductionSettings(shows={"default": SHOWS["default"]}))
    assert bench.production.show.key == "default"
    assert bench.on() == alert


# What happens on the stream.


def test_events_fill_what_is_empty(bench: Bench) -> None:
    for number in range(8):
        bench.happens("channel.follow", id=f"e{number}", user_name=f"Fan {number}")
    assert bench.type_on(BG) == "latest_event"
    content = bench.production.layers.content(MID)
    assert content
    assert content.type == "events_timeline"
    entries: Any = content.data["entries"]
    assert [entry["person"] for entry in entries] == [
        f"Fan {number}" for number in range(7, 1, -1)
    ]


def test_an_event_comes_once(bench: Bench) -> None:
    assert bench.happens("channel.subscribe", id="a", user_name="Ann", tier="2000")
    assert not bench.happens("channel.subscribe", id="a", user_name="Ann", tier="2000")
    assert len(bench.said_of(StreamHappening)) == 1
    bench.happens("channel.subscribe", id="b", user_name="Bob", tier="1000")
    content = bench.production.layers.content(MID)
    assert content
    assert content.data["count"] == 2
    assert content.data["latest_subscriber"] == "Bob"


@pytest.mark.parametrize(
    ("kinds", "is_live"),
    [
        (["stream.online"], True),
        (["stream.online", "channel.follow"], True),
        (["stream.online", "stream.offline"], False),
        (["obs.stream_started"], True),
        ([], False),
    ],
)
def test_whether_it_is_live(bench: Bench, kinds: list[str], is_live: bool) -> None:
    for kind in kinds:
        bench.happens(kind)
    bench.restart()
    assert bench.production.is_live is is_live


# What outlives a restart.


@pytest.mark.parametrize(
    ("after", "wrong_by", "left"),
    [
        (0, timedelta(0), 6),
        (2, timedelta(0), 4),
        (60, timedelta(0), 1),
        # The clock was wrong then, or is now.
        (0, timedelta(days=-400), 10),
    ],
)
def test_a_restart_leaves_the_remaining_time(
    bench: Bench, after: float, wrong_by: timedelta, left: float
) -> None:
    on, waiting = bench.alert(), bench.alert()
    bench.wait(4)
    bench.restart(after=after, wrong_by=wrong_by)
    assert bench.on() == on
    assert bench.said_of(AlertShown) == []
    bench.wait(left - 0.5)
    assert bench.on() == on
    bench.wait(0.75)
    assert bench.on() == waiting
    assert [event.item.id for event in bench.said_of(AlertShown)] == [waiting]
    bench.wait(9.5)
    assert bench.on() == waiting


def test_after_a_restart_layers_cover_each_other_as_before(bench: Bench) -> None:
    bench.production.set_ticker_content("emote_stats", {})
    bench.alert("sub_train")
    bench.alert()
    bench.wait(1)
    before = bench.states
    bench.restart()
    bench.wait(1)
    assert bench.states == before == (ACTIVE, INTERRUPTED, INTERRUPTED)


def test_a_restart_leaves_everything_else(bench: Bench) -> None:
    bench.production.set_show("coding")
    bench.production.set_ticker_content("commit_stats", {"commits": 3})
    bench.happens("channel.follow", id="f", user_name="Ann")
    train = bench.alert("sub_train")
    bench.alert("alert", layer=MID, priority=300)
    item = bench.production.start_takeover("custom", "Intermission", 0)
    bench.alert(item_id="once", priority=1)
    bench.production.remove("once")
    bench.restart(after=10)
    assert bench.production.show.key == "coding"
    assert bench.production.takeover
    assert bench.production.takeover.id == item.id
    assert bench.type_on(BG) == "commit_stats"
    assert bench.production.show_alert("alert", item_id="once") is None
    assert not bench.happens("channel.follow", id="f", user_name="Ann")
    assert [entry["person"] for entry in bench.production.timeline] == ["Ann"]
    # It went on behind the others, and while nobody looked.
    bench.wait(289)
    assert train in bench.waiting
    bench.wait(2)
    assert train not in bench.waiting


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["queue", "items", "known", "show", "id", "data"]),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_a_broken_snapshot_is_no_end(saved: Any) -> None:
    production = Production("p", ProductionSettings(), Bus())
    production.restore(saved)
    production.start()
    assert production.show_alert("alert")


@pytest.mark.parametrize(
    "wrong",
    [
        {"duration": 1e300, "remaining": 1e300},
        {"data": {"deep": [[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]}},
        {"data": {str(number): 0 for number in range(1_000)}},
        {"data": "x"},
        {"added_at": "2026-01-01T00:00:00", "expires_at": "2026-01-01T00:00:00"},
    ],
    ids=["long", "deep", "wide", "text", "no zone"],
)
@pytest.mark.parametrize("kind", ["alert", "sub_train"])
def test_one_item_that_was_written_by_hand_is_no_end(
    bench: Bench, kind: str, wrong: dict[str, Any]
) -> None:
    bench.alert(kind, data={"title": "Ann"})
    saved: Any = bench.production.snapshot()
    saved["queue"]["items"][0] |= wrong
    saved["ticker"] = {"emote_stats": wrong.get("data"), "recent_follows": None}
    saved["timeline"] = [wrong, *range(100)]
    saved["events"] = [*range(1_000)]
    production = Production("p", ProductionSettings(), Bus())
    production.restore(saved)
    production.start()
    assert production.show_alert("alert")
    assert orjson.dumps(production.snapshot())
    assert len(production.snapshot()["events"]) <= MAX_KNOWN  # type: ignore[arg-type]


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(
            st.just("alert"),
            st.sampled_from(Layer),
            st.integers(0, 3),
            st.integers(1, 20),
        ),
        st.tuples(st.just("wait"), st.floats(0, 30)),
        st.tuples(st.just("pause"), st.booleans()),
        st.tuples(st.just("skip")),
        st.tuples(st.just("takeover"), st.integers(0, 20)),
        st.tuples(st.just("clear")),
        st.tuples(st.just("restart"), st.integers(0, 30)),
    ),
    max_size=30,
)


@given(OPERATIONS)
def test_always(operations: list[tuple[Any, ...]]) -> None:
    """Whatever is done: layers show what is on, the most important of each, and in the end nothing is left."""
    bench = Bench()
    for name, *arguments in operations:
        match name, arguments:
            case "alert", [layer, priority, duration]:
                bench.alert(layer=layer, priority=priority, duration=duration)
            case "wait", [seconds]:
                bench.wait(seconds)
            case "pause", [is_paused]:
                bench.production.pause(is_paused)
            case "skip", _:
                bench.production.skip()
            case "takeover", [duration]:
                bench.production.start_takeover("screen-cover", duration=duration)
            case "clear", _:
                bench.production.clear_takeover()
            case "restart", [after]:
                bench.restart(after=after)
        queue, layers = bench.production.queue, bench.production.layers
        for layer in Layer:
            on = queue.on(layer)
            if layers.is_visible(layer):
                assert on
                assert bench.on(layer) == on.id
            assert on is None or layers.is_visible(layer) or layers.content(layer)
            behind = [item for item in queue if item.layer is layer and item is not on]
            if on is not None and not queue.is_paused:
                assert all(item.priority <= on.priority for item in behind)
            if on is None and not queue.is_paused:
                assert behind == []
    bench.production.pause(False)
    bench.production.clear_takeover()
    bench.wait(1_000)
    assert bench.waiting == []
    assert bench.states == (HIDDEN, HIDDEN, HIDDEN)


# Captions.


def test_a_caption_comes_is_replaced_and_goes(bench: Bench) -> None:
    bench.production.show_caption("Hello", 3)
    assert bench.states == (HIDDEN, HIDDEN, ENTERING)
    first = bench.production.layers.content(BG)
    assert first
    assert (first.type, first.data) == ("caption", {"text": "Hello"})
    bench.wait(2)
    bench.production.show_caption("x" * 501, 3)
    second = bench.production.layers.content(BG)
    assert second
    # The same thing, whose words are others: the latest of what is too long.
    assert (second.id, len(str(second.data["text"]))) == (first.id, 500)
    bench.wait(2.5)
    assert bench.states == (HIDDEN, HIDDEN, ACTIVE)
    bench.wait(0.5)
    assert bench.states == (HIDDEN, HIDDEN, EXITING)
    bench.wait(0.3)
    assert bench.production.due is None


def test_captions_are_dim_under_alerts(bench: Bench) -> None:
    bench.production.show_caption("Hello", 60)
    bench.wait(1)
    assert bench.states == (HIDDEN, HIDDEN, ACTIVE)
    bench.alert(duration=5)
    assert bench.states[2] is INTERRUPTED
    # What is said meanwhile is a caption all the same, and no brighter.
    bench.production.show_caption("Hello again", 60)
    content = bench.production.layers.content(BG)
    assert content
    assert (content.data, bench.states[2]) == ({"text": "Hello again"}, INTERRUPTED)
    assert LOOKS[BG][INTERRUPTED].opacity < LOOKS[BG][ACTIVE].opacity
    bench.wait(10)
    assert bench.states[2] is ACTIVE


def test_a_caption_is_where_its_show_has_it_and_behind_what_waits() -> None:
    show = replace(SHOWS["variety"], layers={"caption": MID, "alert": MID})
    bench = Bench(settings=ProductionSettings(shows={"variety": show}))
    bench.production.show_caption("Hello", 60)
    assert bench.states == (HIDDEN, ENTERING, HIDDEN)
    alert = bench.alert()
    assert bench.on(MID) == alert
    bench.wait(10)
    content = bench.production.layers.content(MID)
    assert content
    assert content.type == "caption"


@pytest.mark.parametrize(
    ("text", "seconds"), [("", 3), ("x" * 60, 5.5), ("x" * 999, 15)]
)
def test_who_reads_slowly_has_time(text: str, seconds: float) -> None:
    assert caption_seconds(text) == seconds
