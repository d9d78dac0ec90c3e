"""Does anything get lost when engines and daemons die all the time?

    python -m benchmarks.chaos [--jobs 200] [--engine-kills 20] [--daemon-kills 5] [--model tone] [--seed 1]

Eight clients over UDP, TCP and WebSocket send jobs of every kind, some of them wrong, some cancelled, while the engine
and the daemon are killed. Then the clients, the journal and the folder of takes have to agree about every id. Ends
with status 1 if they do not.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.accounting import Account, Client, Plan
from benchmarks.hosts import KINDS, host
from benchmarks.serving import Serving
from bridge.journal import Entry, read
from engine import Clip, Request, Take, load, read_clip, read_request, wav_bytes

SOURCE = "source.wav"
_JITTER = 0.4  # seconds, at most, between a job's end and the kill that follows it
_HISTORY = 20  # lines of what was said about an id that went wrong
_AFRESH = 50  # takes that are rendered again, to be compared


@dataclass(slots=True)
class Report:
    """What was counted, and everything that is wrong; ``faults`` has to be empty."""

    seconds: float = 0.0
    kills: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    clients: list[str] = field(default_factory=list)
    takes: int = 0
    faults: list[str] = field(default_factory=list)


def plans(client: str, count: int, draw: random.Random, source: Path) -> list[Plan]:
    """Jobs of every kind: one in eight is cancelled, one in sixteen is wrong."""
    return [_plan(f"{client}-{number}", draw, str(source)) for number in range(count)]


def _plan(id: str, draw: random.Random, source: str) -> Plan:
    takes, seed = draw.choice((1, 1, 2, 3)), draw.randrange(2**31)
    cancel = draw.uniform(0.0, 0.8) if draw.random() < 1 / 8 else None
    more = ("seed", seed, "takes", takes)
    if draw.random() < 1 / 16:
        return Plan(id, "/render/generate", ("A4", "seconds", -1.0), 0, wrong=True)
    kinds = (
        ("/render/generate", (f"A{draw.randrange(8)}", "seconds", draw.choice((0.05, 0.4, 2.0)), *more)),
        ("/render/morph", ("A4 : 0.7 | C5 : 0.3", "seconds", 0.5, *more)),
        ("/render/loop", ("A3", 1.0, 120.0, *more)),
        ("/render/extend", (source, 0.5, "C5", *more)),
        ("/render/restyle", (source, "C4", 0.5, *more)),
        ("/render/inpaint", (source, 0.2, 0.4, "C6", *more)),
    )
    address, args = draw.choices(kinds, weights=(6, 1, 1, 1, 1, 1))[0]
    return Plan(id, address, args, takes, cancel)


def run(
    *, jobs: int, engine_kills: int, daemon_kills: int, options: Sequence[str], seed: int = 1, patience: float = 600.0
) -> Report:
    """One session of chaos. ``options`` are the daemon's; after ``patience`` seconds it is given up."""
    draw, report = random.Random(seed), Report()
    with Serving(*options) as daemon:
        daemon.takes.mkdir(exist_ok=True)
        source = daemon.takes / SOURCE
        write_source(source)
        clients = _clients(daemon, jobs, draw, source)
        before = time.monotonic()
        for client in clients:
            client.start()
        _kill(daemon, clients, order(engine_kills, daemon_kills), jobs, draw, report, before + patience)
        for client in clients:
            client.join(max(0.0, before + patience - time.monotonic()))
            client.stop()
        report.seconds = time.monotonic() - before
        time.sleep(1.0)  # anything that is told twice, or written late, would come now
        daemon.stop()
        _judge(report, clients, daemon, source)
    return report


def write_source(path: Path) -> None:
    """A second of noise, for jobs that edit a recording."""
    noise = np.random.default_rng(1).uniform(-0.3, 0.3, (1, 48000)).astype(np.float32)
    path.write_bytes(wav_bytes(Take(Clip(noise, 48000), Request(prompt="noise"), 0, 0.0)))


def _clients(daemon: Serving, jobs: int, draw: random.Random, source: Path) -> list[Client]:
    clients = []
    for number, kind in enumerate(KINDS):
        count = jobs // len(KINDS) + (number < jobs % len(KINDS))
        name = f"{kind.replace(' ', '-')}-{number}"
        connect = lambda kind=kind: host(kind, daemon.osc, daemon.http)  # noqa: E731
        clients.append(Client(name, plans(name, count, draw, source), connect))
    return clients


def order(engine_kills: int, daemon_kills: int) -> list[str]:
    """Which is killed when: the daemon's kills lie evenly among the engine's."""
    victims = ["engine"] * engine_kills
    for number in range(daemon_kills):
        victims.insert(round((number + 1) * (engine_kills + daemon_kills + 1) / (daemon_kills + 1)) - 1, "daemon")
    return victims


def _kill(
    daemon: Serving, clients: list[Client], victims: list[str], jobs: int, draw: random.Random, report: Report,
    end: float,
) -> None:  # fmt: skip
    """Each kill waits for its share of the jobs to end, so that there is work under every one of them, and for one to
    be done, so that an engine was there again."""
    done = 0
    for number, victim in enumerate(victims):
        enough = jobs * number / (len(victims) + 1)
        while time.monotonic() < end:
            ended = sum(client.ended for client in clients)
            if ended >= enough and (sum(client.done for client in clients) > done or ended == jobs):
                break
            time.sleep(0.01)
        done = sum(client.done for client in clients)
        time.sleep(draw.uniform(0.0, _JITTER))
        if victim == "daemon":
            daemon.kill()
            daemon.start(ready=False)
            report.kills[victim] += 1
        elif _kill_engine(daemon, end):
            report.kills[victim] += 1


def _kill_engine(daemon: Serving, end: float) -> bool:
    while time.monotonic() < end:
        if (engine := daemon.engine) is not None:
            engine.kill()
            return True
        time.sleep(0.01)
    return False


def _judge(report: Report, clients: list[Client], daemon: Serving, source: Path) -> None:
    """Clients, journal and folder have to agree about every id."""
    entries: dict[str, list[Entry]] = {}
    for entry in read(next((daemon.folder / "state").glob("journal-*.sqlite")), limit=10**6):
        entries.setdefault(entry.id, []).append(entry)
    told: set[Path] = set()
    for client in clients:
        report.clients.append(_line(client))
        report.faults += [f"{client.name} was told {odd}" for odd in client.odd]
        for account in client.accounts.values():
            report.ends[_named(account)] += 1
            report.faults += faults(account, entries.get(account.plan.id, []))
            told |= {Path(str(take[0])) for takes in account.takes.values() for take in takes}
    # What was being written aside when a daemon was killed is no take; a daemon removes it after an hour.
    on_disk = {path for path in daemon.takes.iterdir() if path.suffix == ".wav" and path != source}
    known = {path for rows in entries.values() for row in rows for path in row.takes}
    report.takes = len(on_disk)
    report.faults += [f"nobody was told of {path.name}" for path in sorted(on_disk - told)]
    report.faults += [f"the journal does not know {path.name}" for path in sorted(on_disk - known)]
    report.faults += [f"{path.name} was told of and is not there" for path in sorted(told - on_disk)]
    report.faults += _unlike(sorted(on_disk)[:_AFRESH]) if "tone" in daemon.text else []
    if "Traceback" in daemon.text:
        report.faults.append(f"the daemon printed {daemon.text[daemon.text.index('Traceback') :][:6000]}")


def _named(account: Account) -> str:
    """done, cancelled, or failed with its code."""
    codes = [str(part) for part in min(account.ends)[1]] if account.end == "failed" else []
    return " ".join([account.end or "NO END", *codes])


def _line(client: Client) -> str:
    ends = Counter(account.end or "NO END" for account in client.accounts.values())
    told = ", ".join(f"{count} {end}" for end, count in sorted(ends.items()))
    return (f"{client.name:<20} {len(client.accounts):>3} jobs: {told}; {client.connections} connections, "
            f"{client.hellos} hellos, {client.repeats} repeats")  # fmt: skip


def faults(account: Account, entries: list[Entry]) -> Iterator[str]:
    """Everything that is wrong about one id."""
    plan = account.plan
    if len(account.ends) != 1:
        history = "\n    ".join(account.history[:_HISTORY])
        yield f"{plan.id} ended {len(account.ends)} times: {sorted(account.ends)}\n    {history}"
        return
    ((address, reason),) = account.ends
    if plan.wrong != (reason == ("bad-value",)):
        yield f"{plan.id} ended with {address} {reason}"
    if plan.wrong:
        return
    states = {entry.state.value for entry in entries}
    if states != {account.end}:
        yield f"{plan.id} was told {account.end}, and is {states or 'nothing'} in the journal"
    if address == "/job/done" and set(account.takes) != set(range(plan.takes)):
        yield f"{plan.id} is done with the takes {sorted(account.takes)} of {plan.takes}"
    if address == "/job/cancelled" and not account.cancelled:
        yield f"{plan.id} was cancelled by nobody"
    for index, takes in account.takes.items():
        if len(takes) != 1:
            yield f"{plan.id} was told of {len(takes)} different takes {index}"
        for path, frames, rate, _seed in takes:
            yield from half_written(Path(str(path)), int(frames), int(rate))


def half_written(path: Path, frames: int, rate: int) -> Iterator[str]:
    """What is wrong about a take's file, which should have so many frames at so many Hz."""
    try:
        clip = read_clip(path)
    except Exception as error:
        yield f"{path.name} cannot be read: {error}"
        return
    if (clip.frames, clip.rate) != (frames, rate):
        yield f"{path.name} has {clip.frames} frames at {clip.rate} Hz, and was told to have {frames} at {rate}"
    if not np.isfinite(clip.samples).all() or not clip.samples.any():
        yield f"{path.name} is silent"


def _unlike(paths: list[Path]) -> Iterator[str]:
    """Each take, rendered again from the request that it carries, has to have its samples."""
    with load("tone") as model:
        for path in paths:
            afresh = read_clip(wav_bytes(model.render(read_request(path))[0]))
            if not np.array_equal(read_clip(path).samples, afresh.samples):
                yield f"{path.name} is not what its request renders"


def main() -> None:
    """Run it and print what was counted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--engine-kills", type=int, default=20)
    parser.add_argument("--daemon-kills", type=int, default=5)
    parser.add_argument("--model", default="tone", help="pocket takes its time")
    parser.add_argument("--step-seconds", type=float, default=0.02, help="how long a step of the tone takes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--patience", type=float, default=600.0, help="seconds after which it is given up")
    told = parser.parse_args()
    slow = ("--option", f"step_seconds={told.step_seconds}") if told.model == "tone" else ()
    report = run(
        jobs=told.jobs, engine_kills=told.engine_kills, daemon_kills=told.daemon_kills, seed=told.seed,
        patience=told.patience, options=("--model", told.model, *slow),
    )  # fmt: skip
    print("\n".join(report.clients))
    print(f"{told.jobs} jobs of {len(KINDS)} clients in {report.seconds:.0f} s, {told.model}; killed: "
          f"{report.kills['engine']} engines, {report.kills['daemon']} daemons; "
          f"{', '.join(f'{count} {end}' for end, count in sorted(report.ends.items()))}; {report.takes} takes")
    print("\n".join(report.faults) or "every id ended once, every take is whole, and nobody knows more or less")
    sys.exit(bool(report.faults))


if __name__ == "__main__":
    main()
