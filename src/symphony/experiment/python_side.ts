/**
 * What an experiment has of Python's libraries: figures by numpy, pictures by matplotlib, Dask, tqdm.
 * @module
 */
import init from "../../../python/symphony_experiment/__init__.py" with { type: "text" };
import daskCrew from "../../../python/symphony_experiment/dask_crew.py" with { type: "text" };
import daskWorker from "../../../python/symphony_experiment/dask_worker.py" with { type: "text" };
import plots from "../../../python/symphony_experiment/plots.py" with { type: "text" };
import statistics from "../../../python/symphony_experiment/statistics.py" with { type: "text" };
import { type Python, type PyValue, startPython } from "../../../mod.ts";
import { installSources } from "../sources.ts";

/** The text that Dask's workers run. */
export const DASK_WORKER: string = daskWorker;

/** Python, with the package `symphony_experiment`. */
export function pythonSide(): Python {
  const py = startPython();
  installSources(py, {
    "symphony_experiment/__init__.py": init,
    "symphony_experiment/dask_crew.py": daskCrew,
    "symphony_experiment/plots.py": plots,
    "symphony_experiment/statistics.py": statistics,
  });
  return py;
}

/** A module of the package. */
export function experimentModule(name: "dask_crew" | "plots" | "statistics"): PyValue {
  return pythonSide().import(`symphony_experiment.${name}`);
}
