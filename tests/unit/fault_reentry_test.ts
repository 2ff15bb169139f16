import assert from "node:assert/strict";
import { describe } from "node:test";
import type { PyValue } from "../../mod.ts";
import { formInPython, formOf } from "../fixtures/form.ts";
import { collectPython, evaluate, forGood, py, references, test } from "../fixtures/python.ts";

const identity = forGood(() => evaluate("lambda x: x"));

/** Converts graphs of every way, both directions, and checks what comes of them. */
function convertOthers(): void {
  py.scope(() => {
    const plain = { other: ["x".repeat(200), [[1.5]], { k: 2n ** 70n }], z: "é".repeat(100) };
    assert.strictEqual(formOf(identity(plain).$.toJs()), formOf({ ...plain }));
    identity([new Date(0), () => 1, new Map([[identity, [1]]])]);
    evaluate("['é' * 3000, {'a': (1, 2.5)}, {1: [None]}, __import__('fractions').Fraction(1, 3)]")
      .$.toJs();
  });
}

/** Graphs for both ways to Python. */
const GRAPHS: readonly (readonly [string, () => unknown])[] = [
  [
    "plain",
    () => Array.from({ length: 60 }, (_, i) => [i, { a: [i, "text" + i], b: new Map([[i, [i]]]) }]),
  ],
  [
    "general",
    () => Array.from({ length: 300 }, (_, i) => [i, identity, { a: [i, "é" + i, new Date(i)] }]),
  ],
];

describe("a conversion within a conversion to Python", () => {
  for (const [name, make] of GRAPHS) {
    test(`in a getter of a ${name} graph leaves both right`, () => {
      const expected = formInPython(["got", make()]);
      let asked = 0;
      const value = [{
        get got() {
          asked++;
          convertOthers();
          return "got";
        },
      }, make()];
      const converted = identity(value);
      assert.strictEqual(formInPython([converted[0].$.get("got"), converted[1]]), expected);
      assert.ok(asked > 0);
    });

    // Up to Python 3.11 a collection begins wherever a container is made.
    test(`in a __del__ that garbage collection runs in the middle of a ${name} graph`, () => {
      const value = make();
      const expected = formInPython(value);
      let inside = 0;
      let converting = false;
      const trash = evaluate(
        `
import gc, types
class Trash:
    on = True
    def __init__(self): self.me = self
    def __del__(self):
        if Trash.on:
            ran()
            Trash()
def start(threshold):
    Trash()
    gc.set_threshold(threshold)
def stop():
    Trash.on = False
    gc.set_threshold(700)
types.SimpleNamespace(start=start, pause=lambda: gc.set_threshold(700), stop=stop)`,
        {
          ran() {
            convertOthers();
            if (converting) inside++;
            return { big: ["y".repeat(9000), { k: [inside] }] };
          },
        },
      );
      try {
        for (let threshold = 20; threshold < 160; threshold += 14) {
          py.scope(() => {
            trash.start(threshold);
            converting = true;
            const converted = py.toPython(value);
            converting = false;
            trash.pause();
            assert.strictEqual(formInPython(converted), expected);
          });
        }
      } finally {
        trash.stop();
      }
      assert.ok(inside > 0 || py.version[1] > 11, "no collection in the middle");
    });
  }
});

describe("a conversion within a conversion to TypeScript", () => {
  const HOOKS = `
from collections import UserDict, UserList
from collections.abc import Mapping, Sequence, Set
import dataclasses, datetime, enum, types
class Seq(Sequence):
    def __init__(self, hook, items): self.hook, self.things = hook, items
    def __len__(self): self.hook(); return len(self.things)
    def __getitem__(self, i): self.hook(); return self.things[i]
class Map(Mapping):
    def __init__(self, hook, items): self.hook, self.things = hook, items
    def __len__(self): self.hook(); return len(self.things)
    def __iter__(self): self.hook(); return iter(range(len(self.things)))
    def __getitem__(self, i): self.hook(); return self.things[i]
class Bag(Set):
    def __init__(self, hook, items): self.hook, self.things = hook, items
    def __len__(self): self.hook(); return len(self.things)
    def __contains__(self, x): return False
    def __iter__(self):
        for i, each in enumerate(self.things): self.hook(); yield i, each
@dataclasses.dataclass
class Data:
    things: object
    def __getattribute__(self, name):
        if name == "things" and "hook" in vars(self): self.hook()
        return super().__getattribute__(name)
class Zone(datetime.tzinfo):
    def __init__(self, hook): self.hook = hook
    def utcoffset(self, value): self.hook(); return datetime.timedelta(hours=1)
def data(hook, items):
    made = Data(items)
    made.hook = hook
    return made
def make(hook, items):
    return [Seq(hook, items), Map(hook, items), Bag(hook, items), data(hook, items),
            datetime.datetime(2020, 1, 2, tzinfo=Zone(hook)), list(items)]
make`;

  test("a hook that converts leaves both right", () => {
    let asked = 0;
    const make = evaluate(HOOKS);
    const hook = (): void => {
      asked++;
      convertOthers();
    };
    const items = evaluate("[[1, 'é'], {'a': (2.5,)}, None]");
    const value = make(hook, items);
    const plain = make(evaluate("lambda: None"), items);
    assert.strictEqual(
      formOf(value.$.toJs()),
      formOf(plain.$.toJs()),
    );
    assert.ok(asked > 5);
  });

  test("a hook that converts the very same graph again ends, and is right", () => {
    const make = evaluate(HOOKS);
    let value: PyValue = null;
    let nested = 0;
    const forms = new Set<string>();
    const hook = (): void => {
      if (nested > 1) return;
      nested++;
      try {
        py.scope(() => forms.add(formOf(value.$.toJs())));
      } finally {
        nested--;
      }
    };
    value = make(hook, evaluate("[1, [2]]"));
    forms.add(formOf(value.$.toJs()));
    assert.strictEqual(forms.size, 1);
  });

  test("a hook that empties or fills what is being converted harms nobody", () => {
    const make = evaluate(HOOKS);
    for (
      const act of [
        "owner.clear(); items.clear()",
        "owner.extend([[probe]] * 3)",
        "items.append([probe])",
        "owner.reverse(); items.insert(0, probe)",
        "owner[:] = [probe]; import gc; gc.collect()",
        "items[:] = []; owner.append((probe,)); del owner[0]",
      ]
    ) {
      const probe = evaluate("object()");
      const before = references(probe);
      py.scope(() => {
        const owner = evaluate(
          `
owner = []
items = [[probe], {"k": probe}, (probe,)]
times = [0]
def hook():
    times[0] += 1
    if times[0] < 20: ${act}
owner.extend(make(hook, items))
owner.append({"x": make(hook, items), 1: [probe]})
owner`,
          { make, probe },
        );
        try {
          owner.$.toJs();
        } catch (error) {
          assert.match(`${(error as Error).constructor.name}`, /^Py(thon|Conversion)Error$/);
        }
        owner.clear(); // a cycle through a datetime is beyond Python's collector
      });
      collectPython();
      assert.strictEqual(references(probe), before, act);
    }
  });
});
