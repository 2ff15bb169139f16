import assert from "node:assert/strict";
import { describe } from "node:test";
import { BusError, IpcBus, MessageBus, sharedBus } from "../../src/symphony/mod.ts";
import { body, create, importAll, withShared } from "../fixtures/ipc_python.ts";
import { ManualClock } from "../fixtures/manual_clock.ts";
import { evaluate, test } from "../fixtures/python.ts";

describe("IPCBus", () => {
  test("is the bus of the process, another one, or one of its own", () =>
    withShared(async (bus) => {
      assert.equal((evaluate(importAll + "IPCBus()") as IpcBus).bus, bus);
      assert.equal(sharedBus(), bus);
      const own = evaluate(
        importAll +
          "IPCBus.create(max_message_size=10, correlation_timeout=0.5, failure_threshold=2)",
      ) as IpcBus;
      assert.deepEqual(
        [
          own.bus.config.maxMessageSize,
          own.bus.config.correlationTimeout,
          own.bus.config.batchSize,
        ],
        [10, 500, 100],
      );
      assert.equal(own.bus.health.config.failureThreshold, 2);
      const other = new MessageBus();
      other.register("e", () => "other");
      assert.equal(
        await body(
          "return (await bus.request(create_message('Request', target='e'))).payload, bus",
          {
            bus: new IpcBus(other),
          },
        ),
        "('other', <IPCBus of 1 endpoints>)",
      );
    }));

  test("keeps what is alive as it is on its way, and the error of a handler", () =>
    withShared(async (bus) => {
      class Live {}
      const live = new Live();
      bus.register("host", ({ payload }) => [payload]);
      assert.equal(
        await body(
          "value = {'a': 1}\n" +
            "answer = await IPCBus().request(create_message('Request', value, target='host'))\n" +
            "return answer.payload[0] is value",
        ),
        "True",
      );
      await body(`
bus = IPCBus()
class Odd(Exception): pass
@bus.handle("python")
def handler(message):
    if message.payload is None: raise Odd("nothing")
    return message.payload
assert handler.__name__ == "handler"
`);
      assert.equal((await bus.request(create("Request", live, "python"))).payload, live);
      const error = await bus.request(create("Request", null, "python")).catch((each) => each);
      assert.ok(error instanceof BusError);
      assert.equal(error.message, "python failed: body.<locals>.Odd: nothing");
      assert.equal((error.cause as { type: string }).type, "body.<locals>.Odd");
      assert.equal(
        await body(`
try:
    await IPCBus().request(create_message("Request", target="python"))
except BusError as error:
    return error.kind, error.reason, type(error.__cause__).__name__, str(error.__cause__)`),
        "('DeliveryFailed', None, 'Odd', 'nothing')",
      );
    }));

  test("routes, counts and watches", () =>
    withShared(async () => {
      assert.equal(
        await body(`
bus = IPCBus()
bus.register("e", lambda m: m.header.target, concurrency=1, check=lambda: True)
bus.register_route("x.*", "e", 5)
answer = await bus.request(create_message("Request", target="x.y"))
bus.remove_route("x.*")
try:
    await bus.send(create_message("Request", target="x.y"))
except BusError as error:
    kind = error.kind
metrics = bus.metrics()
health = bus.health("e")
result = answer.payload, kind, metrics["sent"], metrics["latency_count"], health["status"], bus.endpoints(), bus.is_shut_down
bus.unregister("e")
return result`),
        "('x.y', 'NoRouteFound', 2.0, 1.0, 'Healthy', ['e'], False)",
      );
      assert.equal(
        await body("IPCBus().register('e', 3)"),
        "TypeError: IPCBus.register() argument 'handler' must be callable, not int",
      );
      assert.equal(
        await body("IPCBus().remove_route('x')"),
        'BusError: there is no route from "x"',
      );
      assert.equal(
        await body("await IPCBus().send({})"),
        "TypeError: IPCBus.send() argument 'message' must be Message, not dict",
      );
      assert.equal(
        await body("IPCBus().subscribe('x', overflow='drop')"),
        "ValueError: IPCBus.subscribe() argument 'overflow' must be 'block' or 'drop_oldest' or 'drop_newest' or " +
          "'error', not 'drop'",
      );
    }));

  test("start_health_checks() asks the checks, async or not", () =>
    withShared(async () => {
      const clock = new ManualClock();
      const bus = new IpcBus(new MessageBus({ clock }));
      await body(
        `
async def ill():
    raise OSError("no disk")
bus.register("ill", print, check=ill)
bus.register("no", print, check=lambda: False)
bus.register("well", print, check=lambda: None)
bus.start_health_checks()`,
        { bus },
      );
      clock.pass(bus.bus.config.healthCheckInterval);
      const seen = await body(
        `
while "Unknown" in [bus.health(e)["status"] for e in bus.endpoints()]:
    await asyncio.sleep(0)
return [bus.health(e)["status"] for e in bus.endpoints()]`,
        { bus },
      );
      assert.equal(seen, "['Unhealthy', 'Unhealthy', 'Healthy']");
      await bus.bus.shutdown();
    }));

  test("says what is wrong in Python's names and units", () =>
    withShared(async () => {
      const told = async (code: string, text: string) => assert.equal(await body(code), text);
      for (
        const name of ["correlation_timeout", "max_message_size", "failure_threshold"]
      ) {
        await told(
          `IPCBus.create(${name}=0)`,
          `BusError: ${name} must be a number above 0, not 0`,
        );
      }
      const asked = "await IPCBus().request(create_message('Request', target='e'), timeout=";
      for (const [given, seen] of [["-1", "-1"], ["float('nan')", "NaN"]] as const) {
        await told(
          `${asked}${given})`,
          `BusError: timeout must be a number of seconds from 0, not ${seen}`,
        );
      }
      await told(
        "IPCBus().handle('e')('f')",
        "TypeError: IPCBus.handle() decorates a function, not str",
      );
      await told(
        "await IPCBus.create(max_message_size=10).send(create_message('Event', 'x' * 11))",
        "BusError: the message has 11 bytes, of which the bus takes 10 (maxMessageSize, in Python max_message_size)",
      );
    }));

  test("has coroutine functions, as asyncio wants them", () =>
    withShared(async () => {
      assert.equal(
        await body(`
import inspect
bus = IPCBus()
bus.register("e", lambda m: m.payload * 2)
names = [n for n in ("send", "request", "publish", "respond", "shutdown") if not inspect.iscoroutinefunction(getattr(bus, n))]
answers = await asyncio.gather(*[bus.request(create_message("Request", n, target="e")) for n in range(5)])
return names, [a.payload for a in answers]`),
        "([], [0, 2, 4, 6, 8])",
      );
    }));

  test("request() that is cancelled waits no more", () =>
    withShared(async (bus) => {
      assert.equal(
        await body(`
bus = IPCBus()
bus.register("silent", lambda m: None, manual=True)
try:
    await asyncio.wait_for(bus.request(create_message("Request", target="silent")), 0.001)
except asyncio.TimeoutError:
    return bus.metrics()["pending"]`),
        "0.0",
      );
      assert.equal(bus.metrics().timedOut, 0);
    }));

  test("shutdown() cancels the coroutines that do not end in time, and fails what was sent to them", () =>
    withShared(async (bus) => {
      assert.equal(
        await body(`
bus, seen = IPCBus(), []
@bus.handle("hangs")
async def hangs(message):
    try:
        await asyncio.get_running_loop().create_future()
    except asyncio.CancelledError:
        seen.append(message.payload)
        raise
sent = [asyncio.ensure_future(bus.send(create_message("Request", n, target="hangs"))) for n in range(2)]
asked = asyncio.ensure_future(bus.request(create_message("Request", 2, target="hangs")))
while bus.metrics()["running"] < 3:
    await asyncio.sleep(0)
await bus.shutdown(grace=0)
failures = await asyncio.gather(*sent, asked, return_exceptions=True)
while bus.metrics()["running"] > 0:
    await asyncio.sleep(0)
return [f.kind for f in failures], sorted(seen)`),
        "(['BusShuttingDown', 'BusShuttingDown', 'BusShuttingDown'], [0, 1, 2])",
      );
      assert.equal(bus.metrics().failed, 0);
    }));
});

describe("Subscription", () => {
  test("is for `async for` and `async with`", () =>
    withShared(async (bus) => {
      assert.equal(
        await body(`
bus = IPCBus()
taken = []
async with bus.subscribe("t.*") as topic:
    for n in range(3):
        await bus.publish("t.x", create_message("Event", n))
    size = topic.size
    async for message in topic:
        taken.append(message.payload)
        if len(taken) == 3: break
    repr(topic)
return taken, size, topic.closed, topic.pattern, topic.capacity, await topic.recv(), topic.try_recv()`),
        "([0, 1, 2], 3, True, 't.*', 1000, None, None)",
      );
      assert.equal(bus.subscriberCount(), 0);
      assert.equal(
        await body(`
bus = IPCBus()
topic = bus.subscribe("t")
await bus.publish("t", create_message("Event", 1))
await bus.shutdown()
return [message.payload async for message in topic]`),
        "[1]",
      );
    }));

  test("loses no message when a receiver is cancelled, whenever that is", () =>
    withShared(async () => {
      assert.equal(
        await body(`
bus = IPCBus()
got, cancelled = [], 0
async with bus.subscribe("t") as topic:
    async def receive():
        got.append((await topic.recv()).payload)
    async def step():
        async for message in topic:
            got.append(message.payload)
            return
    for n in range(40):
        task = asyncio.ensure_future((receive if n % 2 else step)())
        for _ in range(n % 4):
            await asyncio.sleep(0)
        if n % 5 == 1: # before a message came
            task.cancel()
        sending = asyncio.ensure_future(bus.publish("t", create_message("Event", n)))
        for _ in range(n % 7):
            await asyncio.sleep(0)
        if n % 5 != 0:
            task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            cancelled += 1
        await sending
    while topic.size:
        got.append(topic.try_recv().payload)
return sorted(got) == list(range(40)), 0 < cancelled < 40`),
        "(True, True)",
      );
    }));
});

describe("IPCBus and threads of Python", () => {
  test("pyduet.wait() waits for what a thread sends and asks", () =>
    withShared(async (bus) => {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      bus.register("host", ({ payload }) => {
        resolve(payload);
        return (payload as number) + 1;
      });
      assert.equal(
        await body(`
import pyduet, threading
def work():
    bus = IPCBus()
    message = create_message("Request", 41, target="host")
    taken = pyduet.wait(bus.send(message))
    answer = pyduet.wait(bus.request(message.clone()))
    return taken, answer.payload, threading.current_thread() is not threading.main_thread()
return await asyncio.get_running_loop().run_in_executor(None, work)`),
        "(1, 42, True)",
      );
      assert.equal(await promise, 41);
    }));

  test("a message that a thread sends reaches a handler in Python on the JS thread", () =>
    withShared(async () => {
      assert.equal(
        await body(`
import pyduet, threading
from concurrent.futures import ThreadPoolExecutor
bus = IPCBus()
here = threading.get_ident()
seen = []
bus.register("e", lambda m: seen.append((m.payload, threading.get_ident() == here)))
def work(n):
    return pyduet.wait(IPCBus().send(create_message("Request", n, target="e")))
with ThreadPoolExecutor(4) as pool:
    loop = asyncio.get_running_loop()
    taken = await asyncio.gather(*[loop.run_in_executor(pool, work, n) for n in range(8)])
return sum(taken), sorted(seen) == [(n, True) for n in range(8)]`),
        "(8, True)",
      );
    }));
});
