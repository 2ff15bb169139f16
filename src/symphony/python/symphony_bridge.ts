/**
 * The module `symphony_bridge` of Python: the whole Pit, and the Conductor.
 * @module
 */
import { availableParallelism, totalmem } from "node:os";
import process from "node:process";
import { pyFunction, type PyModule, pyModule, raise, startPython, t } from "../../../mod.ts";
import { ArtifactStoreFace } from "./artifact_face.ts";
import { CONDUCTOR_MEMBERS } from "./conductor_face.ts";
import { PitManager, PitManagerFace, WorkflowExecutorFace } from "./pit_manager_face.ts";
import { ModelHandleFace } from "./pool_face.ts";

/** The version of Symphony's modules: that of the package. */
export const SYMPHONY_VERSION = "0.1.0";

const createPitManager = pyFunction("create_pit_manager", {
  doc: "The manager of the Pit of this process.",
  params: {},
  returns: t.instance(PitManager),
}, () => new PitManager());

const getSystemInfo = pyFunction("get_system_info", {
  doc: "What this runs on: versions, platform, cores, bytes of memory.",
  params: {},
  returns: t.record("SystemInfo", {
    version: t.str,
    python_version: t.str,
    platform: t.str,
    architecture: t.str,
    cpu_count: t.int,
    memory_bytes: t.int,
    process_id: t.int,
  }),
}, () => ({
  version: SYMPHONY_VERSION,
  python_version: startPython().version.join("."),
  platform: process.platform,
  architecture: process.arch,
  cpu_count: availableParallelism(),
  memory_bytes: totalmem(),
  process_id: process.pid,
}));

const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"];

const setupLogging = pyFunction("setup_logging", {
  doc: "Let the logger 'symphony' write lines of this level and above to the standard error.",
  params: { level: t.str.default("INFO") },
  returns: t.none,
}, (level) => {
  const py = startPython();
  py.scope(() => {
    const name = level.toUpperCase();
    if (!LEVELS.includes(name)) {
      raise(py.builtins.ValueError, `level must be one of ${LEVELS.join(", ")}, not '${level}'`);
    }
    const logging = py.import("logging");
    const logger = logging.getLogger("symphony");
    logger.setLevel(name);
    if (logger.handlers.length === 0) logger.addHandler(logging.StreamHandler());
  });
  return null;
});

/** The module `symphony_bridge`, for `py.register()`. */
export function symphonyBridge(): PyModule {
  return pyModule("symphony_bridge", {
    doc: "The Pit of this process, and the Conductor.",
    members: [
      ...[PitManagerFace, WorkflowExecutorFace, ModelHandleFace, ArtifactStoreFace],
      ...[createPitManager, getSystemInfo, setupLogging],
      ...CONDUCTOR_MEMBERS,
    ],
    constants: {
      VERSION: SYMPHONY_VERSION,
      BUILD_INFO: { version: SYMPHONY_VERSION, platform: process.platform, native_code: false },
    },
  });
}
