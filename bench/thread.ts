/**
 * Another thread of Python calls TypeScript and gets the answer; TypeScript has a thread work for it.
 * @module
 */

import type { NativeFunction } from "../src/ffi/backend.ts";
import { backend } from "../src/ffi/select.ts";
import type { SelfTimed } from "./measure.ts";
import { atMost, type Bench, ofFloor, row, type Topic } from "./topic.ts";

/** Each gives the nanoseconds that so many calls took. `pair`: a byte goes out at one end and its echo comes back. */
const CODE = `
from time import perf_counter_ns
def calls(fn, times):
    start = perf_counter_ns()
    for i in range(times):
        fn(1)
    return perf_counter_ns() - start
def rings(address, times):
    from ctypes import CFUNCTYPE, c_int
    return calls(CFUNCTYPE(None, c_int)(address), times)
def echoes(times):
    send, recv = outside.send, outside.recv
    start = perf_counter_ns()
    for i in range(times):
        send(b"x")
        recv(1)
    return perf_counter_ns() - start
def pair():
    global outside
    from socket import socketpair
    inside, outside = socketpair()
    inside.setblocking(False)
    return inside.detach()
def nothing():
    return None
`;

/** Rows of threads. */
export function topic({ py }: Bench): Topic {
  py.run(CODE);
  const { calls, rings, echoes, pair, nothing } = py.globals;

  /** The runtime's own wake-up by another thread and its answer, with nothing of ours. */
  function wakeUp(): SelfTimed {
    const { write } = backend.open(py.info.library).bind({ write: { signature: "ibz:z" } }) as {
      write: NativeFunction;
    };
    const one = backend.size(1);
    const byte = new Uint8Array(new ArrayBuffer(8));
    let socket = -1;
    // SAFETY: the byte lives as long as this function; the socket is the runtime's, and open.
    const bell = backend.bell(() => void (socket >= 0 && write(socket, byte, one)), null);
    if (bell.address) {
      const address = backend.toNumber(bell.address);
      return { nanoseconds: (times) => rings.$.inThread([address, times]) };
    }
    socket = pair();
    bell.listen(socket);
    return { nanoseconds: (times) => echoes.$.inThread([times]) };
  }

  const echo = (x: number) => x;
  return {
    title: "Other threads of Python",
    rows: [
      row("a Python thread calls a TypeScript function and gets the answer", {
        floor: wakeUp(),
        ours: { nanoseconds: (times) => calls.$.inThread([echo, times]) },
      }, {
        goals: [ofFloor(2)],
        note:
          "the floor waits in C for the JS thread, whatever it does; ours looks for deadlocks meanwhile. On the " +
          "runtime that has no socket for it a further thread reads the bell, until it has rung a thousand times. " +
          "Of 18 and 24 µs, 9 and 11 pass until TypeScript hears the bell, 3 and 4 in the call, 6 and 9 until the " +
          "waiting thread has its answer and the GIL: two wake-ups of the system, as in the floor, are most of it",
      }),
      row("f.$.inThread() of a function that does nothing", {
        ours: async (times) => {
          for (let i = 0; i < times; i++) await nothing.$.inThread();
        },
      }, { goals: [atMost(200_000)] }),
    ],
    pieces: [],
  };
}
