import assert from "node:assert/strict";
import { once } from "node:events";
import { createConnection } from "node:net";
import { describe } from "node:test";
import { fileURLToPath } from "node:url";
import { serveHttp } from "../fixtures/http_server.ts";
import { evaluate, forGood, test, testWith } from "../fixtures/python.ts";

const servers = forGood(() =>
  evaluate("import runpy, types\ntypes.SimpleNamespace(**runpy.run_path(file))", {
    file: fileURLToPath(new URL("../fixtures/servers.py", import.meta.url)),
  })
);

/** As many as the process may open, both ends of each. */
const CONNECTIONS = forGood(() => Math.min(1000, (servers.allow_files(4096) - 200) >> 1));

/** What runs while a Python server does; it ends with the server. */
async function whileServing(name: string, use: (port: number) => Promise<void>): Promise<void> {
  const made = await servers[name]();
  const [server, port] = made;
  try {
    await use(port);
  } finally {
    await servers.closed(server);
    made.$.release(); // what was awaited belongs to no scope
  }
}

// What the event loop itself holds is there before anything is counted.
await whileServing("serve_echo", () => Promise.resolve());

/** Counts how often a timer of 1 ms fired. */
async function ticking(use: () => Promise<void>): Promise<number> {
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  try {
    await use();
  } finally {
    clearInterval(timer);
  }
  return ticks;
}

/** A connection of TypeScript's that sends lines, one at a time: how many came back. */
async function talk(port: number, number: number, lines: number): Promise<number> {
  const socket = createConnection({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  let count = 0;
  let text = "";
  let wanted: (() => void) | null = null;
  socket.on("data", (data: Uint8Array) => {
    text += new TextDecoder().decode(data);
    if (text.endsWith("\n")) wanted?.();
  });
  for (let line = 0; line < lines; line++) {
    const came = new Promise<void>((resolve) => wanted = resolve);
    text = "";
    socket.write(`${number} ${line}\n`);
    await came;
    if (text === `${number} ${line}\n`) count++;
  }
  const closed = once(socket, "close");
  socket.end();
  await closed;
  return count;
}

describe("a server of asyncio", () => {
  test("answers fetch() of the same process", () =>
    whileServing("serve_http", async (port) => {
      const answers = await Promise.all(["a", "b"].map(async (body) => {
        const answer = await fetch(`http://127.0.0.1:${port}/x`, { method: "POST", body });
        return await answer.text();
      }));
      assert.deepEqual(answers, ["/x a", "/x b"]);
    }));

  test("streams to fetch()", () =>
    whileServing("serve_http", async (port) => {
      const answer = await fetch(`http://127.0.0.1:${port}/chunks/2000`);
      let text = "";
      const decoder = new TextDecoder();
      for await (const part of answer.body!) text += decoder.decode(part, { stream: true });
      const lines = text.trimEnd().split("\n");
      assert.equal(lines.length, 2000);
      assert.ok(lines.every((line, i) => line === `chunk ${i}`));
    }));

  test("talks to TypeScript over one connection for long", () =>
    whileServing("serve_echo", async (port) => {
      assert.equal(await talk(port, 0, 1000), 1000);
    }));

  test("has 1000 connections with clients in Python, and timers go on", () =>
    whileServing("serve_echo", async (port) => {
      const ticks = await ticking(async () => {
        assert.equal(await servers.talk(port, CONNECTIONS, 3), CONNECTIONS * 3);
      });
      assert.ok(ticks > 0);
    }));

  test("has 1000 connections with clients in TypeScript, and timers go on", () =>
    whileServing("serve_echo", async (port) => {
      const ticks = await ticking(async () => {
        const all = Array.from({ length: CONNECTIONS }, (_, i) => talk(port, i, 3));
        assert.ok((await Promise.all(all)).every((count) => count === 3));
      });
      assert.ok(ticks > 0);
    }));
});

describe("the runtime's server", () => {
  test("answers clients of asyncio in the same process", async () => {
    const server = serveHttp(async (request) =>
      new Response(`${new URL(request.url).pathname} ${await request.text()}`)
    );
    try {
      const answers = evaluate(
        `
import asyncio
async def main():
    bodies = await asyncio.gather(*[get(port, "/p%d" % i, b"%d" % i) for i in range(50)])
    return b"|".join(bodies).decode()
main()`,
        { get: servers.get, port: server.port },
      );
      const expected = Array.from({ length: 50 }, (_, i) => `/p${i} ${i}`);
      assert.equal(await answers, expected.join("|"));
    } finally {
      await server.stop();
    }
  });

  test("answers urllib in a thread", async () => {
    const server = serveHttp(() => new Response("from TypeScript"));
    try {
      const text = evaluate(
        `
import asyncio, urllib.request
def ask():
    with urllib.request.urlopen("http://127.0.0.1:%d/" % port) as answer:
        return answer.read().decode()
async def main():
    return await asyncio.get_running_loop().run_in_executor(None, ask)
main()`,
        { port: server.port },
      );
      assert.equal(await text, "from TypeScript");
    } finally {
      await server.stop();
    }
  });
});

describe("aiohttp", () => {
  testWith(["aiohttp"], "serves fetch(), and asks the runtime's server", async () => {
    const server = serveHttp(() => new Response("from TypeScript"));
    try {
      const made = await evaluate(
        `
import types
import aiohttp
from aiohttp import web
async def hello(request):
    return web.Response(text="hello " + await request.text())
async def ask():
    async with aiohttp.ClientSession() as session:
        async with session.get("http://127.0.0.1:%d/" % port) as answer:
            return await answer.text()
async def main():
    app = web.Application()
    app.router.add_post("/", hello)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    own = site._server.sockets[0].getsockname()[1]
    return types.SimpleNamespace(runner=runner, own=own, ask=ask)
main()`,
        { port: server.port },
      );
      const { runner, own, ask } = made;
      const answer = await fetch(`http://127.0.0.1:${own}/`, { method: "POST", body: "you" });
      assert.equal(await answer.text(), "hello you");
      assert.equal(await ask(), "from TypeScript");
      await runner.cleanup();
      made.$.release();
    } finally {
      await server.stop();
    }
  });
});

describe("10,000 at once", () => {
  test("tasks of Python sleep and await Promises", async () => {
    const main = evaluate(
      `
import asyncio
async def one(number):
    await asyncio.sleep(0.001)
    return await later(number)
async def main():
    return sum(await asyncio.gather(*[one(number) for number in range(10000)]))
main()`,
      {
        later: (number: number) =>
          number % 2 === 0
            ? Promise.resolve(number)
            : new Promise((resolve) => setTimeout(resolve, 1, number)),
      },
    );
    assert.equal(await main, 49_995_000);
  });

  test("awaits of coroutines by TypeScript", async () => {
    const one = evaluate(`
import asyncio
async def one(number):
    await asyncio.sleep(0.001 if number % 2 else 0)
    return number
one`);
    const all = await Promise.all(Array.from({ length: 10_000 }, (_, i) => one(i)));
    assert.equal(all.reduce((sum: number, each) => sum + Number(each), 0), 49_995_000);
  });
});
