/**
 * All of Symphony for a Python.
 * @module
 */
import { type Python, startPython } from "../../mod.ts";
import type { MessageBus } from "./bus/message_bus.ts";
import { installConductor } from "./conductor/python_package.ts";
import { type Pit, sharePit } from "./pit/pit.ts";
import { symphonyBridge } from "./python/symphony_bridge.ts";
import { symphonyIpc } from "./python/symphony_ipc.ts";
import { symphonyPit } from "./python/symphony_pit.ts";

/** What Python's modules are to use. */
export interface SymphonyOptions {
  /** The bus that `IPCBus()` is. Default: that of the process. */
  readonly bus?: MessageBus;
  /** The Pit that `PitManager()` is. Default: that of the process. */
  readonly pit?: Pit;
}

/**
 * Makes `symphony_pit`, `symphony_ipc`, `symphony_bridge` and `symphony_conductor` importable. The result takes the
 * modules of TypeScript out again.
 *
 * @example
 * ```ts
 * import { startPython } from "pyduet";
 * import { installSymphony } from "pyduet/symphony";
 * const py = startPython();
 * installSymphony(py);
 * py.run(`
 * from symphony_bridge import PitManager
 * pit = PitManager()
 * pit.pool.register("upper", lambda spec: str.upper)
 * with pit.allocate_model("upper") as model:
 *     said = model.invoke("quiet")
 * said`); // "QUIET"
 * ```
 */
export function installSymphony(
  py: Python = startPython(),
  { bus, pit }: SymphonyOptions = {},
): () => void {
  if (pit) sharePit(pit);
  installConductor(py);
  const modules = [symphonyPit(), symphonyIpc(bus ? { bus } : {}), symphonyBridge()];
  const leave = modules.map((module) => py.register(module));
  return () => {
    for (const each of leave.reverse()) each();
  };
}
