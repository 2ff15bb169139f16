/**
 * Starting: inside a process, and whole processes. Each sample is a fresh process;
 * the kinds of process take turns.
 * @module
 */

import { locate } from "../src/capi/locate.ts";
import { type Child, runCommand, runHere } from "./child.ts";
import { type Stats, statsOf } from "./measure.ts";
import { atMost, type Bench, ofFloor, type Piece, type Row, type Topic } from "./topic.ts";

/** Processes of each kind. */
const FEW = 15;
const MANY = 60;

/** Rows of starting. */
export function topic({ full }: Bench): Topic {
  const candidate = locate(undefined);
  const told = JSON.stringify(candidate);
  const python = candidate.executable ?? "python3";
  const processes = full ? MANY : FEW;

  const said = (child: Child): number => child.said as number;
  const lived = (child: Child): number => child.milliseconds;
  const part = (...args: string[]) => () => runHere("start_child.ts", args);

  function starts(
    name: string,
    ways: Readonly<Record<string, readonly [() => Child, (child: Child) => number]>>,
    more: Pick<Row, "goals" | "note">,
  ): Row {
    return {
      name,
      unit: "ms",
      ...more,
      measure: () => Promise.resolve(inTurns(ways, processes)),
    };
  }

  function alone(name: string, run: () => Child, read: (child: Child) => number): Piece {
    return {
      name,
      unit: "ms",
      measure: () => Promise.resolve(inTurns({ it: [run, read] }, processes).it!),
    };
  }

  return {
    title: `Starting (${processes} fresh processes for each number)`,
    rows: [
      starts("startPython(), in the process", {
        floor: [part("floor", told), said],
        ours: [part("start"), said],
      }, {
        goals: [ofFloor(1, 10)],
        note: "left over the floor are locate(), the symbols bound, and the Python source of the " +
          "bridge, which is compiled at each start",
      }),
      starts('import "pyduet", nothing started, in the process', {
        ours: [part("import"), said],
      }, {
        goals: [atMost(15)],
        note: "the package is measured as its source files: each is found, read and compiled; a " +
          "bundle of it is one file",
      }),
      starts("process start to first result", {
        floor: [part("floor", told), lived],
        native: [() => runCommand(python, ["-c", "1 + 1"]), lived],
        ours: [part("result"), lived],
      }, {}),
    ],
    pieces: [
      alone("locate() alone", part("locate"), said),
      alone(
        "new Interpreter(): the floor, the lock, the symbols it needs",
        part("interpreter", told),
        said,
      ),
      alone("createBridge(): the package pyduet inside Python", part("bridge", told), said),
      alone(
        "making and removing a folder for temporary files, as the lock does",
        part("lock"),
        said,
      ),
      alone("binding 24 symbols at once", part("bind", told), said),
      alone("the first py.run(), after startPython()", part("run"), said),
      alone("a process of the runtime that does nothing", part("empty"), lived),
    ],
  };
}

function inTurns(
  ways: Readonly<Record<string, readonly [() => Child, (child: Child) => number]>>,
  processes: number,
): Record<string, Stats> {
  const values: Record<string, number[]> = {};
  for (let i = 0; i < processes; i++) {
    for (const [name, [run, read]] of Object.entries(ways)) (values[name] ??= []).push(read(run()));
  }
  return Object.fromEntries(Object.entries(values).map(([name, all]) => [name, statsOf(all)]));
}
