"""What is in `deploy/` fits what workers and servers are: files are read by those who will, metrics exist, numbers agree."""

import asyncio
from collections.abc import Iterator
import json
import os
from pathlib import Path
import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from custom_components.maestra.core.store.settings import StoreSettings
from custom_components.maestra.core.worker.__main__ import main
from custom_components.maestra.core.worker.settings import (
    read_own_settings,
    read_settings,
)
from scripts.devenv.paths import ROOT
from scripts.stack.worker_settings import MAPPED
from tests.kits.nats import NatsBroker
from tests.kits.process import PATIENCE, program
from tests.kits.qs import event
from tests.kits.worker import WorkerProcess, mapped

DEPLOY = ROOT / "deploy"
VALUES = DEPLOY / "kubernetes" / "nats-values.yaml"
WORKERS = DEPLOY / "kubernetes" / "worker.yaml"
UNIT = DEPLOY / "systemd" / "maestra-worker@.service"
METRIC = re.compile(r"\bmaestra_worker_\w+")


def documents(file: Path) -> list[Any]:
    return list(yaml.safe_load_all(file.read_text("utf-8")))


def container() -> tuple[Any, Any]:
    """Return the StatefulSet's specification and its container."""
    spec = next(
        each["spec"] for each in documents(WORKERS) if each["kind"] == "StatefulSet"
    )
    return spec, spec["template"]["spec"]["containers"][0]


def mappings_of(text: str) -> dict[str, str]:
    return dict(re.findall(r'"([^"]+)": "(p\.[^"]+)"', text))


def queries() -> Iterator[str]:
    """Yield what is asked of Prometheus."""
    for group in documents(DEPLOY / "prometheus" / "alerts.yaml")[0]["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"]["summary"]
            assert rule["labels"]["severity"] in ("warning", "critical")
            yield rule["expr"]
    for panel in json.loads((DEPLOY / "grafana" / "maestra-workers.json").read_text())["panels"]:  # fmt: skip
        for target in panel["targets"]:
            yield target["expr"]


def test_workers_read_their_files() -> None:
    environment = {"MAESTRA_NATS_PASSWORD": "n", "MAESTRA_DATABASE_PASSWORD": "d"}
    own = read_own_settings(DEPLOY / "worker.toml", environment, "worker-1")
    shared = read_settings(DEPLOY / "shared.toml", environment)
    assert own.bucket == read_own_settings(DEPLOY / "shared.toml", {}).bucket
    assert own.nats.password == shared.nats.password == "n"
    assert shared.database.password == "d"
    assert shared.stream.workers == 2


def test_workers_of_kubernetes_read_theirs(tmp_path: Path) -> None:
    found = next(each for each in documents(WORKERS) if each["kind"] == "ConfigMap")
    file = tmp_path / "worker.toml"
    file.write_text(found["data"]["worker.toml"], "utf-8")
    own = read_own_settings(file, {}, "maestra-worker-1")
    assert own.bucket == "maestra"
    assert len(own.nats.others) == 2
    spec, worker = container()
    assert worker["ports"][0]["containerPort"] == own.http[1]
    assert spec["replicas"] == 2
    pod = spec["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] > 20
    assert pod["volumes"][0]["configMap"]["name"] == found["metadata"]["name"]
    labels = spec["template"]["metadata"]["labels"]
    assert spec["selector"]["matchLabels"] == labels
    for each in documents(WORKERS):
        if each["kind"] == "Service":
            assert each["spec"]["selector"] == labels
        if each["kind"] == "PodDisruptionBudget":
            assert each["spec"]["selector"]["matchLabels"] == labels


def test_all_divide_alike() -> None:
    """Servers, by hand and by the chart, and workers."""
    by_hand = mappings_of((DEPLOY / "nats" / "nats-server.conf").read_text("utf-8"))
    by_chart = documents(VALUES)[0]["config"]["merge"]["mappings"]
    partitions = read_settings(DEPLOY / "shared.toml", {}).stream.partitions
    assert by_hand == by_chart == mappings_of(mapped(partitions)[0])
    assert by_hand.keys() == set(MAPPED)


def test_the_server_takes_its_configuration() -> None:
    subprocess.run(
        [program("nats-server"), "-t", "-c", DEPLOY / "nats" / "nats-server.conf"],
        env={**os.environ, "WORKER_PASSWORD": "w0rker", "DEVICE_PASSWORD": "dev1ce"},
        check=True,
        capture_output=True,
        timeout=30,
    )


def test_compose_has_what_it_names() -> None:
    compose = documents(DEPLOY / "compose.yaml")[0]
    services = compose["services"]
    for name, service in services.items():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            there = (DEPLOY / source).exists() if source.startswith(".") else source in compose["volumes"]  # fmt: skip
            assert there, volume
        assert set(service.get("depends_on", [])) <= services.keys()
        assert service.get("hostname", name) == name
    shared = read_settings(DEPLOY / "shared.toml", {})
    workers = [name for name in services if name.startswith("worker-")]
    assert len(workers) == shared.stream.workers
    assert {shared.nats.host, shared.database.host} <= services.keys()
    build = services["worker-0"]["build"]
    assert (DEPLOY / build["context"] / build["dockerfile"]).exists()
    copied = re.findall(r"(?m)^COPY (?!--from)(.+) \S+$", (DEPLOY / "Containerfile").read_text())  # fmt: skip
    assert all((ROOT / name).exists() for line in copied for name in line.split())


def test_the_unit_is_one(tmp_path: Path) -> None:
    text = UNIT.read_text("utf-8")
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("no systemd-analyze")
    # Its program is not on this machine.
    unit = tmp_path / UNIT.name
    unit.write_text(text.replace("/opt/maestra/bin/maestra-worker", "/bin/true"))
    done = subprocess.run(
        [verify, "verify", unit],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    said = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert not said


def test_programs_are_called_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """The options in units, in compose and in the runbook are those that there are."""
    with pytest.raises(SystemExit):
        main(["--help"])
    known = set(re.findall(r"--\w+", capsys.readouterr().out))
    for file in (UNIT, DEPLOY / "compose.yaml", DEPLOY / "README.md", DEPLOY / "shared.toml"):  # fmt: skip
        for line in file.read_text("utf-8").splitlines():
            if "maestra-worker " in line or "command:" in line:
                used = set(re.findall(r"(?<=[ \"])--\w+", line.partition("nats ")[0]))
                assert used <= known | {"--now", "--build"}, line


async def test_metrics_that_are_asked_for_exist(
    database: StoreSettings, tmp_path: Path
) -> None:
    async with (
        NatsBroker(tmp_path / "nats", lines=mapped(2)) as server,
        server.mqtt_peer(filters=[]) as mqtt,
        WorkerProcess(server, database, tmp_path, partitions=2) as worker,
        asyncio.timeout(PATIENCE),
    ):
        figures: dict[str, float] = {}
        while not any("pending_messages" in name for name in figures):
            await mqtt.publish("qs/v1/esp32/events", event("one"))
            figures = await worker.metrics()
    known = {name.partition("{")[0] for name in figures}
    asked = {name for query in queries() for name in METRIC.findall(query)}
    assert asked <= known
    # And none is left that nobody looks at, but what /healthz and tests are for.
    assert known - asked <= {
        "maestra_worker_events_accepted_total",
        "maestra_worker_events_repeated_total",
        "maestra_worker_rows_per_second",
    }
