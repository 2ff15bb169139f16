/**
 * How far an experiment is: a bar of Python's tqdm, or one that the program gives.
 * @module
 */
import { kw, type PyValue, startPython } from "../../../mod.ts";

/** A bar such as those of npm's cli-progress: `new SingleBar({})`. */
export interface ProgressBar {
  /** Shows itself. */
  start(total: number, startValue: number, payload?: object): void;
  /** So many runs are over. */
  update(value: number, payload?: object): void;
  /** Ends. */
  stop(): void;
}

/** The bar that an option stands for; `true` is tqdm, where Python has it. */
export function progressBar(option: boolean | ProgressBar, title: string): ProgressBar {
  if (typeof option === "object") return option;
  const nothing = { start() {}, update() {}, stop() {} };
  if (!option) return nothing;
  const py = startPython();
  let tqdm: PyValue;
  try {
    tqdm = py.import("tqdm");
  } catch {
    return nothing; // tqdm is a comfort
  }
  let bar: PyValue;
  return {
    start(total, startValue) {
      bar = tqdm.tqdm(kw({ total, initial: startValue, desc: title, unit: "run" }));
    },
    update(value, payload) {
      if (payload) bar.set_postfix(payload, kw({ refresh: false })); // shown with the next step
      bar.update(value - bar.n);
    },
    stop() {
      bar.close();
      bar.$.release();
      tqdm.$.release();
    },
  };
}
