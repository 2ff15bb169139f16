/**
 * The Python package `symphony_conductor`, made importable.
 * @module
 */
import bandit from "../../../python/symphony_conductor/bandit.py" with { type: "text" };
import calls from "../../../python/symphony_conductor/_calls.py" with { type: "text" };
import conductor from "../../../python/symphony_conductor/conductor.py" with { type: "text" };
import errors from "../../../python/symphony_conductor/errors.py" with { type: "text" };
import features from "../../../python/symphony_conductor/features.py" with { type: "text" };
import journal from "../../../python/symphony_conductor/journal.py" with { type: "text" };
import package_ from "../../../python/symphony_conductor/__init__.py" with { type: "text" };
import policies from "../../../python/symphony_conductor/policies.py" with { type: "text" };
import process_ from "../../../python/symphony_conductor/_process.py" with { type: "text" };
import qlearning from "../../../python/symphony_conductor/qlearning.py" with { type: "text" };
import records from "../../../python/symphony_conductor/records.py" with { type: "text" };
import type { Python } from "../../../mod.ts";
import { installSources } from "../sources.ts";

const FILES: Readonly<Record<string, string>> = {
  "symphony_conductor/__init__.py": package_,
  "symphony_conductor/_calls.py": calls,
  "symphony_conductor/_process.py": process_,
  "symphony_conductor/bandit.py": bandit,
  "symphony_conductor/conductor.py": conductor,
  "symphony_conductor/errors.py": errors,
  "symphony_conductor/features.py": features,
  "symphony_conductor/journal.py": journal,
  "symphony_conductor/policies.py": policies,
  "symphony_conductor/qlearning.py": qlearning,
  "symphony_conductor/records.py": records,
};

/**
 * Makes `import symphony_conductor` work in Python: Conductor, QLearner and the rest.
 *
 * @example
 * ```ts
 * import { startPython } from "pyduet";
 * import { installConductor } from "pyduet/symphony";
 * const py = startPython();
 * installConductor(py);
 * const { Conductor } = py.import("symphony_conductor");
 * Conductor.__name__; // "Conductor"
 * ```
 */
export function installConductor(py: Python): void {
  installSources(py, FILES);
}
