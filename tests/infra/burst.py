"""1,000 simultaneous uploads in each mode, and a day of a million, in simulated time. Retries, limits and times come from
the workflow, the template and docs/bench/pipeline.json."""
import collections
import heapq
import itertools
import json
import math
import os
import random
import tomllib
import unittest

from evaluator import ROOT, templates

MEASURED = json.loads((ROOT / "docs/bench/pipeline.json").read_text())["large"]
PRICES = tomllib.loads((ROOT / "host/infra/prices.toml").read_text())
# A function also reads and writes: half a second is assumed, from S3's usual tens of milliseconds a request and 5 MB at
# some tens of MB a second.
NETWORK = 0.5
# Lambda Developer Guide, "Configuring scaling behavior for SQS event source mappings": 5 batches at first, and up to
# 300 more each minute.
FIRST_BATCHES, MORE_BATCHES = 5, 5.0
ACCOUNT_LIMIT = 1000


class Clock:
    """Runs coroutines, which yield the seconds that they wait."""

    def __init__(self, seed):
        self.now, self.due, self.order, self.random = 0.0, [], itertools.count(), random.Random(seed)

    def start(self, coroutine, after=0.0):
        heapq.heappush(self.due, (self.now + after, next(self.order), coroutine))

    def run(self):
        while self.due:
            self.now, _, coroutine = heapq.heappop(self.due)
            wait = next(coroutine, None)
            if wait is not None:
                self.start(coroutine, wait)


class Failed(Exception):
    """A state's error, by its name."""


class Lambda:
    """Functions with limits. A call beyond one is refused at once, and is neither an invocation nor an error."""

    def __init__(self, clock, limits, seconds):
        self.clock, self.limits, self.seconds = clock, limits, seconds
        self.running, self.most, self.invocations, self.throttles = (collections.Counter() for _ in range(4))

    def invoke(self, function, times=1):
        total = sum(self.running.values())
        if self.running[function] >= self.limits.get(function, ACCOUNT_LIMIT) or total >= ACCOUNT_LIMIT:
            self.throttles[function] += 1
            raise Failed("Lambda.TooManyRequestsException")
        self.running[function] += 1
        self.invocations[function] += 1
        self.most[function] = max(self.most[function], self.running[function])
        yield times * self.seconds[function] * self.clock.random.uniform(0.7, 1.5)
        self.running[function] -= 1


class Workflow:
    """Step Functions, as far as pipeline.asl.json uses it."""

    FUNCTIONS = {"${CompressFunctionArn}": "compress", "${ThumbnailFunctionArn}": "thumbnail", "${MetadataFunctionArn}": "metadata"}

    def __init__(self, clock, functions, queue, definition):
        self.clock, self.functions, self.queue, self.machine = clock, functions, queue, definition
        self.ends, self.longest = collections.Counter(), 0.0

    def execution(self, upload):
        begun = self.clock.now
        try:
            yield from self.states(self.machine, upload)
            self.ends["succeeded"] += 1
        except Failed:
            self.ends["failed"] += 1
        self.longest = max(self.longest, self.clock.now - begun)

    def states(self, machine, upload):
        name = machine["StartAt"]
        while name:
            state = machine["States"][name]
            if state["Type"] == "Fail":
                raise Failed(state.get("Error", "again"))
            try:
                yield from self.with_retries(state, upload)
                name = state.get("Next")
            except Failed as failed:
                name = next((entry["Next"] for entry in state.get("Catch", []) if matches(entry, failed)), None)
                if name is None:
                    raise

    def with_retries(self, state, upload):
        tries = collections.Counter()
        while True:
            try:
                yield from self.once(state, upload)
                return
            except Failed as failed:
                number, entry = next(((n, e) for n, e in enumerate(state.get("Retry", [])) if matches(e, failed)), (None, None))
                if entry is None or tries[number] >= entry["MaxAttempts"]:
                    raise
                wait = min(entry["IntervalSeconds"] * entry.get("BackoffRate", 2) ** tries[number], entry.get("MaxDelaySeconds", math.inf))
                tries[number] += 1
                yield self.clock.random.uniform(0, wait) if entry.get("JitterStrategy") == "FULL" else wait

    def once(self, state, upload):
        if state["Type"] == "Parallel":
            yield from self.branches(state["Branches"], upload)
        elif function := self.FUNCTIONS.get(state["Resource"]):
            yield from self.functions.invoke(function)
            if "images.$" in state["Parameters"]:
                self.queue.recorded.add(upload)
        elif "sqs" in state["Resource"]:
            self.queue.send(upload, dead="DeadLetters" in state["Parameters"]["QueueUrl"])
            yield 0.02
        else:
            self.queue.told.add(upload)
            yield 0.02

    def branches(self, machines, upload):
        """Concurrent; the first that fails ends the others."""
        ended, waiting = [], len(machines)

        def branch(machine):
            try:
                yield from self.states(machine, upload)
                ended.append(None)
            except Failed as failed:
                ended.append(failed)

        for machine in machines:
            self.clock.start(branch(machine))
        while len(ended) < waiting and not any(ended):
            yield 0.05
        if failed := next(filter(None, ended), None):
            raise failed


def matches(entry, failed):
    return bool({"States.ALL", str(failed)} & set(entry["ErrorEquals"]))


class Queue:
    """SQS and its event source mapping in front of `process`."""

    def __init__(self, clock, functions, resources):
        self.clock, self.functions = clock, functions
        mapping = resources["ProcessMapping"]["Properties"]
        self.batch, self.limit = int(mapping["BatchSize"]), int(mapping["ScalingConfig"]["MaximumConcurrency"])
        self.waiting, self.dead, self.recorded, self.told = collections.deque(), [], set(), set()
        self.deepest, self.oldest, self.since = 0, 0.0, None

    def send(self, upload, dead=False):
        if dead:
            self.dead.append(upload)
            return
        self.since = self.clock.now if self.since is None else self.since
        self.waiting.append((self.clock.now, upload))
        self.deepest = max(self.deepest, len(self.waiting))
        self.poll()

    def poll(self):
        allowed = min(self.limit, FIRST_BATCHES + MORE_BATCHES * (self.clock.now - (self.since or 0.0)))
        while self.waiting and self.functions.running["process"] < allowed:
            messages = [self.waiting.popleft() for _ in range(min(self.batch, len(self.waiting)))]
            work = self.work(messages)
            self.clock.start(work, next(work, 0.0))
        if self.waiting:
            self.clock.start(self.later(), 0.5)

    def later(self):
        self.poll()
        return
        yield

    def work(self, messages):
        """One photo is rendered at a time, while others are read and written."""
        try:
            yield from self.functions.invoke("process", len(messages))
        except Failed:
            self.waiting.extendleft(reversed(messages))
            return
        for sent, upload in messages:
            self.oldest = max(self.oldest, self.clock.now - sent)
            self.recorded.add(upload)
            self.told.add(upload)
        self.poll()


class World:
    """One deployment of the template in a mode."""

    def __init__(self, mode, seed=1, **parameters):
        self.mode, self.clock = mode, Clock(seed)
        resources = templates.render(ROOT / "host/infra/template.yaml", Mode=mode, **parameters)["Resources"]
        functions = {name: resources[f"{name.capitalize()}Function"]["Properties"] for name in ["compress", "thumbnail", "metadata", "process"]}
        cpu = MEASURED["workflow"]["cpu_ms"] | MEASURED["queue"]["cpu_ms"]
        seconds = {name: cpu[name] / 1000 + (0.05 if name == "metadata" else NETWORK) for name in functions}
        limits = {name: int(each["ReservedConcurrentExecutions"]) for name, each in functions.items() if "ReservedConcurrentExecutions" in each}
        self.memory = int(functions["process"]["MemorySize"]) / 1024
        self.lambdas = Lambda(self.clock, limits, seconds)
        self.queue = Queue(self.clock, self.lambdas, resources)
        self.workflow = Workflow(self.clock, self.lambdas, self.queue, json.loads((ROOT / "host/infra/pipeline.asl.json").read_text()))

    def uploads(self, times):
        for number, time in enumerate(times):
            self.clock.start(self.upload(number), time)
        self.clock.run()
        return self

    def upload(self, number):
        if self.mode == "queue":
            self.queue.send(number)
        else:
            yield from self.workflow.execution(number)

    def summary(self):
        return (f"{self.mode}: {len(self.queue.recorded)} items, {len(self.queue.dead)} dead letters, {self.clock.now:.0f} s, "
                f"most at one time {dict(self.lambdas.most)}, throttled {dict(self.lambdas.throttles)}, "
                f"deepest queue {self.queue.deepest}, longest wait {max(self.queue.oldest, self.workflow.longest):.0f} s")


def day(images, seed=1):
    """Realistic times of uploads over a day: four times as many at the peak as at night, with random bursts of
    a hundred."""
    chance = random.Random(seed)
    shape = [1 + 0.6 * math.sin((second / 86_400 - 0.3) * 2 * math.pi) for second in range(86_400)]
    bursts = [chance.randrange(86_400) for _ in range(images // 1000)]
    single = chance.choices(range(86_400), shape, k=images - 100 * len(bursts))
    return sorted([second + chance.random() for second in single] + [float(second) for second in bursts for _ in range(100)])


class Bursts(unittest.TestCase):
    def test_a_thousand_at_one_moment_lose_nothing(self):
        for mode, parameters in [("queue", {}), ("standard", {}), ("express", {}), ("standard", {"ReservedConcurrency": 0}),
                                 ("express", {"ReservedConcurrency": 10, "MaximumConcurrency": 10}), ("queue", {"MaximumConcurrency": 2})]:
            for seed in range(3):
                with self.subTest(mode=mode, parameters=parameters, seed=seed):
                    world = World(mode, seed, **parameters).uploads([0.0] * 1000)
                    if seed == 0:
                        print(parameters or "defaults", world.summary())
                    self.assertEqual((len(world.queue.recorded), len(world.queue.told), world.queue.dead), (1000, 1000, []))
                    self.assertEqual(world.workflow.ends["failed"], 0)
                    self.assertLess(world.workflow.longest, world.workflow.machine["TimeoutSeconds"])

    def test_a_day_of_a_million(self):
        """A tenth of it; all of it with DARKROOM_IMAGES=1000000."""
        images = int(os.environ.get("DARKROOM_IMAGES", 100_000))
        world = World("queue").uploads(day(images))
        print(world.summary())
        cost = images * world.lambdas.seconds["process"] * world.memory * PRICES["lambda-arm64"]["price"]
        print(f"Lambda's duration: {cost:.2f} USD; at the most that MaximumConcurrency allows: "
              f"{86_400 * world.queue.limit * world.memory * PRICES['lambda-arm64']['price']:.0f} USD a day")
        self.assertEqual((len(world.queue.recorded), world.queue.dead), (images, []))
        self.assertEqual(world.lambdas.throttles["process"], 0)
        self.assertLess(world.queue.oldest, 120)


if __name__ == "__main__":
    unittest.main()
