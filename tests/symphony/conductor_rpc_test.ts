import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import fc from "fast-check";
import { LineReader, LineWriter } from "../../src/symphony/conductor/lines.ts";
import { Restarts } from "../../src/symphony/conductor/restarts.ts";
import { RpcPeer } from "../../src/symphony/conductor/rpc.ts";
import { ArtifactError, PortError, RemoteError } from "../../src/symphony/mod.ts";
import { rejection } from "../fixtures/conductor_events.ts";
import { StillClock } from "../fixtures/still_clock.ts";

/** Two sides of a conversation in this process. */
function pair(maxLineBytes = 10_000): {
  here: RpcPeer;
  there: RpcPeer;
  clock: StillClock;
  problems: string[];
} {
  const clock = new StillClock();
  const problems: string[] = [];
  const options = {
    clock,
    maxLineBytes,
    onProtocolError: (reason: string) => void problems.push(reason),
  };
  const later = (peer: () => RpcPeer) => async (line: string): Promise<void> => {
    await Promise.resolve();
    peer().receive(line);
  };
  const here: RpcPeer = new RpcPeer({ ...options, write: later(() => there) });
  const there: RpcPeer = new RpcPeer({ ...options, write: later(() => here) });
  return { here, there, clock, problems };
}

const lines = fc.array(fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", "")));

describe("LineReader", () => {
  it("gives the lines that were written, however they are cut", () => {
    fc.assert(fc.property(lines, fc.array(fc.nat(30)), (texts, cuts) => {
      const bytes = new TextEncoder().encode(texts.map((text) => `${text}\n`).join(""));
      const seen: string[] = [];
      const reader = new LineReader(1e6, {
        onLine: (line) => void seen.push(line),
        onTooLong: () => assert.fail("none is too long"),
      });
      let at = 0;
      for (const cut of cuts) {
        const part = bytes.slice(at, at + cut);
        reader.push(part);
        part.fill(0); // its owner may use it again
        at += cut;
      }
      reader.push(bytes.subarray(at));
      assert.deepStrictEqual(seen, texts.filter((text) => text !== ""));
    }));
  });

  it("drops a line that is too long, and keeps nothing of it", () => {
    const seen: unknown[] = [];
    const reader = new LineReader(5, {
      onLine: (line) => void seen.push(line),
      onTooLong: (bytes) => void seen.push(bytes),
    });
    reader.push(new TextEncoder().encode("12345\n123456\n1"));
    for (let i = 0; i < 9; i++) reader.push(new TextEncoder().encode("x"));
    reader.push(new TextEncoder().encode("\nend"));
    assert.deepStrictEqual(seen, ["12345", 6, 10]);
    reader.end();
    assert.deepStrictEqual(seen, ["12345", 6, 10, "end"]);
  });
});

describe("LineWriter", () => {
  it("waits for room, in order, and a closed pipe ends the wait", async () => {
    const pipe = new PassThrough({ highWaterMark: 10 });
    const writer = new LineWriter(pipe);
    const done: number[] = [];
    const written = [1, 2, 3].map((n) =>
      writer.write(String(n).repeat(20)).then(() => void done.push(n))
    );
    await Promise.resolve();
    assert.deepStrictEqual(done, []);
    let text = "";
    pipe.on("data", (bytes) => text += bytes);
    await Promise.all(written);
    assert.deepStrictEqual(done, [1, 2, 3]);
    assert.strictEqual(text, [1, 2, 3].map((n) => `\n${String(n).repeat(20)}\n`).join(""));
    const full = new PassThrough({ highWaterMark: 1 });
    const last = new LineWriter(full);
    const both = [last.write("long"), last.write("longer")];
    full.destroy();
    await Promise.all(both);
  });
});

describe("RpcPeer", () => {
  it("both sides call each other, and notify", async () => {
    const { here, there } = pair();
    const told: unknown[] = [];
    there.register("double", (params) => there.call("half", params).then((n) => [n, params]));
    here.register("half", (params) => (params as number) / 2);
    there.register("tell", (params) => void told.push(params));
    assert.deepStrictEqual(await here.call("double", 4), [2, 4]);
    await here.notify("tell", { a: 1 });
    assert.strictEqual(await here.call("tell"), null);
    assert.deepStrictEqual(told, [{ a: 1 }, {}]);
    assert.strictEqual(here.pending, 0);
  });

  it("carries errors with what is known of them", async () => {
    const { here, there } = pair();
    there.register("port", () => {
      throw new PortError("ResourceExhausted", "allocate_model", "no room");
    });
    there.register("special", () => {
      throw new ArtifactError("retrieve_artifact", "abc", "is damaged");
    });
    there.register("other", () => Promise.reject(new TypeError("wrong")));
    there.register("text", () => Promise.reject("only text"));
    const port = await rejection(here.call("port")) as PortError;
    assert.ok(port instanceof PortError && !(port instanceof RemoteError));
    assert.deepStrictEqual([port.kind, port.operation, port.message], [
      "ResourceExhausted",
      "allocate_model",
      "allocate_model: no room",
    ]);
    const special = await rejection(here.call("special")) as PortError;
    assert.ok(special instanceof PortError && !(special instanceof RemoteError));
    assert.deepStrictEqual([special.kind, special.operation, special.message], [
      "PitOperationFailed",
      "retrieve_artifact",
      "retrieve_artifact: artifact abc: is damaged",
    ]);
    const other = await rejection(here.call("other")) as RemoteError;
    assert.deepStrictEqual([other.message, other.remote.name], ["other: wrong", "TypeError"]);
    assert.strictEqual((await rejection(here.call("text"))).message, "text: only text");
    const unknown = await rejection(here.call("nowhere")) as RemoteError;
    assert.strictEqual(unknown.remote.code, -32601);
    assert.strictEqual(
      unknown.message,
      'nowhere: there is no method "nowhere"; there are other, port, special, text',
    );
  });

  it("ends calls by signal, timeout and close, and aborts what answers them", async () => {
    const { here, there, clock } = pair();
    const aborted: string[] = [];
    there.register("never", (params, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => {
          aborted.push(params as string);
          reject(signal.reason);
        });
      }));
    const controller = new AbortController();
    const first = rejection(here.call("never", "signal", { signal: controller.signal }));
    await Promise.resolve();
    controller.abort(new Error("stop"));
    assert.strictEqual((await first).message, "stop");
    const second = rejection(here.call("never", "timeout", { timeout: 10 }));
    clock.advance(10);
    assert.match((await second).message, /^never: no answer within 10 ms/);
    const third = rejection(here.call("never", "close"));
    here.close((method) => new Error(`closed before ${method}`));
    assert.strictEqual((await third).message, "closed before never");
    assert.strictEqual((await rejection(here.call("never"))).message, "closed before never");
    assert.deepStrictEqual(aborted, ["signal", "timeout"]);
    assert.deepStrictEqual(clock.waiting, []);
    const before = await rejection(
      there.call("x", {}, { signal: AbortSignal.abort(new Error("before")) }),
    );
    assert.strictEqual(before.message, "before");
  });

  it("idle() waits for what is being answered", async () => {
    const { here, there } = pair();
    let answer!: (value: string) => void;
    there.register("slow", () => new Promise((resolve) => answer = resolve));
    const call = here.call("slow");
    await Promise.resolve();
    await Promise.resolve();
    const idle = there.idle().then(() => "idle");
    assert.strictEqual(await Promise.race([idle, Promise.resolve("busy")]), "busy");
    answer("done");
    assert.strictEqual(await call, "done");
    assert.strictEqual(await idle, "idle");
  });

  it("takes no harm from any line", async () => {
    const { here, there, problems } = pair();
    there.register("echo", (params) => params);
    const junk = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({
        id: fc.oneof(fc.integer(), fc.string(), fc.constant(null)),
        method: fc.oneof(
          fc.string(),
          fc.constant("echo"),
          fc.constant("$/cancelRequest"),
          fc.integer(),
        ),
        params: fc.jsonValue(),
        result: fc.jsonValue(),
        error: fc.jsonValue(),
      }, { requiredKeys: [] }).map((message) => JSON.stringify(message)),
    );
    await fc.assert(fc.asyncProperty(junk, fc.jsonValue(), async (line, value) => {
      // Answers to calls that were not made yet are no answers: a guess does no harm either.
      here.receive(line);
      there.receive(line);
      assert.deepStrictEqual(
        JSON.stringify(await there.call("missing").catch(() => null)),
        "null",
      );
      assert.strictEqual(JSON.stringify(await here.call("echo", value)), JSON.stringify(value));
    }));
    assert.ok(problems.every((reason) => reason.length < 1000));
  });
});

describe("Restarts", () => {
  it("next() waits longer each time, up to the limits; ended() begins anew after a long life", () => {
    const restarts = new Restarts({ maxRestarts: 4, delay: 10, factor: 3, maxDelay: 100 });
    restarts.ended(59_999);
    assert.deepStrictEqual([1, 2, 3, 4, 5].map(() => restarts.next()), [10, 30, 90, 100, null]);
    restarts.ended(60_000);
    assert.strictEqual(restarts.next(), 10);
    assert.strictEqual(new Restarts(false).next(), null);
    assert.deepStrictEqual([1, 2, 3, 4, 5, 6].map(() => DEFAULTS.next()), [
      ...[500, 1000, 2000, 4000, 8000],
      null,
    ]);
  });
});

const DEFAULTS = new Restarts();
