/**
 * Messages and the bus of Symphony. The floor of a delivery is JavaScript awaiting a function that it has; the native
 * column of Python's rows is asyncio's own queue between two tasks, on a loop of its own.
 * @module
 */

import { IpcBus, Message, MessageBus, PatternRouter, symphonyIpc } from "../src/symphony/mod.ts";
import { each, type SelfTimed } from "./measure.ts";
import { atMost, type Bench, ofFloor, row, type Topic } from "./topic.ts";

const CODE = `
import asyncio, threading, time
from symphony_ipc import create_message

async def send_many(bus, target, times):
    message = create_message("Request", {"a": 1}, target=target)
    for _ in range(times): await bus.send(message)

async def request_many(bus, target, times):
    for _ in range(times): await bus.request(create_message("Request", {"a": 1}, target=target))

def take(message):
    return None

async def queue(times):
    there, back = asyncio.Queue(), asyncio.Queue()
    async def answer():
        for _ in range(times):
            await back.put(await there.get())
    task = asyncio.create_task(answer())
    for _ in range(times):
        await there.put(1)
        await back.get()
    await task

def plain_queue(times):
    """Nanoseconds on a loop of plain asyncio."""
    took = []
    async def main():
        began = time.perf_counter_ns()
        await queue(times)
        took.append(time.perf_counter_ns() - began)
    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    thread.join()
    return took[0]

def create_many(times):
    began = time.perf_counter_ns()
    for _ in range(times): create_message("Request", 1)
    return time.perf_counter_ns() - began
`;

/** Ten thousand messages a second. */
const TEN_THOUSAND = atMost(100_000);

/** Rows of the bus. */
export function topic({ py }: Bench): Topic {
  py.register(symphonyIpc());
  py.run(CODE);
  const { send_many: sendMany, request_many: requestMany, take } = py.globals;
  const { plain_queue: plainQueue, create_many: createMany } = py.globals;

  const bus = new MessageBus();
  const ipc = new IpcBus(bus);
  bus.register("ts", () => null);
  bus.register("py", (message) => take(message));

  const build = (target: string, payload: unknown): Message =>
    Message.builder().messageType("Request").source("bench").target(target).payload(payload)
      .build();
  const timed = (work: (times: number) => Promise<unknown>): SelfTimed => ({
    async nanoseconds(times) {
      const began = performance.now();
      await work(times);
      return (performance.now() - began) * 1e6;
    },
  });
  const send = (target: string): SelfTimed => {
    const message = build(target, { a: 1 });
    return timed(async (times) => {
      for (let i = 0; i < times; i++) await bus.send(message);
    });
  };
  const request = (target: string): SelfTimed =>
    timed(async (times) => {
      for (let i = 0; i < times; i++) await bus.request(build(target, { a: 1 }));
    });
  // deno-lint-ignore require-await -- what is measured
  const handler = async (_: Message): Promise<null> => null;
  const direct = build("ts", { a: 1 });
  const floor = timed(async (times) => {
    for (let i = 0; i < times; i++) await handler(direct);
  });
  const native: SelfTimed = { nanoseconds: (times) => Number(plainQueue(times)) };

  const router = new PatternRouter();
  for (let i = 0; i < 100; i++) router.add(`service${i}.*`, `endpoint${i}`);
  const names = Array.from({ length: 50 }, (_, i) => `service${i}.task`);

  const payload = { user: "ada", tags: ["a", "b"], sizes: [1, 2.5, 3], nested: { ok: true } };
  const message = build("ts", payload);
  const bytes = message.toBytes();
  const text = new TextDecoder().decode(bytes);
  const plain = JSON.parse(text);
  const encoder = new TextEncoder();
  const decoder = new TextDecoder();

  return {
    title: "Messages and the bus",
    rows: [
      row("a message is made", {
        floor: each(() => ({ id: crypto.randomUUID(), payload })),
        ours: each(() => build("ts", payload)),
      }, { goals: [atMost(1000)], note: "the floor is a UUID and an object literal" }),
      row("Python makes a message", {
        ours: { nanoseconds: (times) => Number(createMany(times)) },
      }),
      row("toBytes()", {
        floor: each(() => encoder.encode(JSON.stringify(plain))),
        ours: each(() => message.toBytes()),
      }, {
        goals: [ofFloor(2)],
        note: "payload and metadata are looked through for what JSON would lose",
      }),
      row("fromBytes()", {
        floor: each(() => JSON.parse(decoder.decode(bytes))),
        ours: each(() => Message.fromBytes(bytes)),
      }, { goals: [ofFloor(3)], note: `the floor checks nothing of ${text.length} characters` }),
      row("a route is found among a hundred patterns", {
        ours: (times) => {
          for (let i = 0; i < times; i++) router.find(names[i % names.length]!);
        },
      }, { goals: [atMost(100_000)] }),
      row("send() from TypeScript to TypeScript", { floor, ours: send("ts") }, {
        goals: [TEN_THOUSAND],
      }),
      row("send() from TypeScript to Python", { floor, native, ours: send("py") }, {
        goals: [TEN_THOUSAND],
      }),
      row("send() from Python to TypeScript", {
        floor,
        native,
        ours: timed((times) => sendMany(ipc, "ts", times).$.promise()),
      }, { goals: [TEN_THOUSAND] }),
      row("send() from Python to Python", {
        native,
        ours: timed((times) => sendMany(ipc, "py", times).$.promise()),
      }, { goals: [TEN_THOUSAND] }),
      row("request() from TypeScript to TypeScript", { floor, ours: request("ts") }, {
        goals: [TEN_THOUSAND],
      }),
      row("request() from TypeScript to Python", { floor, native, ours: request("py") }, {
        goals: [TEN_THOUSAND],
      }),
      row("request() from Python to TypeScript", {
        floor,
        native,
        ours: timed((times) => requestMany(ipc, "ts", times).$.promise()),
      }, {
        goals: [TEN_THOUSAND],
        note:
          "a request and its answer are made anew for each, and each is an object in both languages",
      }),
    ],
    pieces: [],
  };
}
