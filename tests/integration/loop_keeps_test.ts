import { describe, it } from "node:test";
import { prints } from "../fixtures/program.ts";

const HEAD = `
const py = startPython();
py.run(\`
import asyncio, socket, sys, threading, time
def soon(act):
    threading.Timer(0.05, act).start()
\`);
`;

describe("a program goes on", () => {
  it("until an executor has answered", async () => {
    await prints(
      `${HEAD}
py.run(\`
async def main():
    loop = asyncio.get_running_loop()
    print(await loop.run_in_executor(None, lambda: (time.sleep(0.05), "answered")[1]))
\`);
await py.globals.main();`,
      "answered\n",
    );
  });

  it("until a socket has what a coroutine waits for", async () => {
    await prints(
      `${HEAD}
py.run(\`
async def main():
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    soon(lambda: theirs.send(b"came"))
    print(await asyncio.get_running_loop().sock_recv(ours, 10))
\`);
await py.globals.main();`,
      "b'came'\n",
    );
  });

  it("until a subprocess has ended", async () => {
    await prints(
      `${HEAD}
py.run(\`
async def main():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "import time; time.sleep(0.05); print('child')", stdout=-1)
    print((await process.communicate())[0])
\`);
await py.globals.main();`,
      "b'child\\n'\n",
    );
  });

  it("while a file is watched that TypeScript gave to the loop between two turns", async () => {
    await prints(
      `${HEAD}
py.run(\`
ours, theirs = socket.socketpair()
async def get_loop():
    return asyncio.get_running_loop()
def watch(loop):
    def read():
        print(ours.recv(10))
        loop.remove_reader(ours)
    loop.add_reader(ours, read)
\`);
const loop = await py.globals.get_loop();
await new Promise((resolve) => setTimeout(resolve, 20));
py.globals.watch(loop);
await new Promise((resolve) => setTimeout(resolve, 20));
py.run("soon(lambda: theirs.send(b'came'))");`,
      "b'came'\n",
    );
  });

  it("no longer than its server, and its loop alone does not keep it", async () => {
    await prints(
      `${HEAD}
py.run(\`
async def main():
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    await asyncio.sleep(0.01)
    server.close()
    await server.wait_closed()
    print("closed")
\`);
await py.globals.main();`,
      "closed\n",
    );
  });
});
