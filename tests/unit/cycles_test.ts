import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { byRef, pyClass, t } from "../../mod.ts";
import { collectUntil } from "../fixtures/collector.ts";
import { collectPython, evaluate, forGood, py, test } from "../fixtures/python.ts";

class Clock {
  listeners: unknown[] = [];
  named = new Map<string, unknown>();
  add(listener: unknown): void {
    this.listeners.push(listener);
  }
}
const PyClock = pyClass(Clock, { methods: { add: { params: { listener: t.object } } } });

forGood(() => evaluate("kept = Clock", { Clock: PyClock }));

const SCREEN = `
class Screen:
    def __init__(self, clock):
        self.clock = clock
        clock.add(self.tick)
    def tick(self): pass
`;

/** What breaks every cycle of the test. */
function clear(clock: Clock): void {
  for (const listener of clock.listeners.splice(0)) (listener as Disposable)[Symbol.dispose]();
  collectPython();
}

describe("py.debug.cycles()", () => {
  test("lists a cycle through an instance, with its path, and none after it was broken", () => {
    const clock = evaluate(`${SCREEN}\nclock = Clock()\nScreen(clock)\nclock`, {
      Clock: PyClock,
    }) as Clock;
    const cycles = py.debug.cycles();
    assert.deepEqual(cycles, [{
      values: ["Clock"],
      path: "Clock.listeners[0] -> method Screen.tick -> Screen -> clock = Clock -> Clock",
    }]);
    clear(clock);
    assert.deepEqual(py.debug.cycles(), []);
  });

  test("lists a cycle through an attribute of a JsObject", () => {
    const box: { held: unknown; name: string } = { held: null, name: "box" };
    const holder = evaluate("class Holder: pass\nHolder()");
    holder.box = byRef(box);
    box.held = holder;
    const [cycle, ...more] = py.debug.cycles();
    assert.equal(more.length, 0);
    assert.equal(
      cycle!.path,
      "Object.held -> Holder -> box = JsObject -> Object".replace("JsObject", boxKind(holder)),
    );
    box.held = null;
  });

  test("sees through Maps, Sets, arrays and several values", () => {
    const a = new Clock();
    const b = new Clock();
    const list = evaluate("[]");
    const other = evaluate("[]");
    list.append(b);
    other.append(a);
    a.named.set("b", list);
    b.listeners.push(new Set([other]));
    const [cycle, ...more] = py.debug.cycles();
    assert.equal(more.length, 0);
    assert.deepEqual(cycle!.values, ["Clock", "Clock"]);
    assert.match(cycle!.path, /Clock\.named/);
    a.named.clear();
    b.listeners.length = 0;
  });

  it("does not list a Python subclass that holds itself, which the collectors end", async () => {
    const before = py.debug.counts().hostValues;
    py.scope(() => {
      evaluate("class Mine(Clock): pass\nm = Mine()\nm.me = [m]\ndel m", { Clock: PyClock });
    });
    assert.deepEqual(py.debug.cycles(), []);
    const ended = await collectUntil(() => {
      collectPython();
      return py.debug.counts().hostValues === before;
    });
    assert.ok(ended, "the instance lives on");
  });

  test("does not run getters, and bears Proxies that refuse", () => {
    const hostile = {
      get listener(): never {
        throw new Error("asked");
      },
      proxy: new Proxy({}, {
        ownKeys() {
          throw new Error("asked");
        },
      }),
    };
    const keep = evaluate("lambda x: [x]")(byRef(hostile));
    assert.deepEqual(py.debug.cycles(), []);
    assert.equal(keep.$.length, 1);
  });
});

function boxKind(holder: { box: unknown }): string {
  return evaluate("type(h.box).__name__", { h: holder });
}
