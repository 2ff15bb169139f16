/**
 * The module `symphony_pit` of Python: the Pit's components.
 * @module
 */
import { type PyModule, pyModule } from "../../../mod.ts";
import { ArbitrationEngineFace } from "./arbitration_face.ts";
import { ArtifactStoreFace } from "./artifact_face.ts";
import { CheckpointFace, CheckpointStoreFace } from "./checkpoint_face.ts";
import { DagTrackerFace, ExecutionFace } from "./dag_face.ts";
import { PitErrorFace, ResourceExhaustedFace } from "./error_face.ts";
import { ModelHandleFace, PoolManagerFace } from "./pool_face.ts";
import { StaleManagerFace } from "./stale_face.ts";
import { WorkflowFace } from "./workflow_face.ts";

/** The module `symphony_pit`, for `py.register()`. */
export function symphonyPit(): PyModule {
  return pyModule("symphony_pit", {
    doc: "The Pit's components: pools, workflows, artifacts, arbitration, retention.",
    members: [
      ...[PoolManagerFace, ModelHandleFace],
      ...[DagTrackerFace, ExecutionFace, WorkflowFace, CheckpointStoreFace, CheckpointFace],
      ...[ArtifactStoreFace, ArbitrationEngineFace, StaleManagerFace],
      ...[PitErrorFace, ResourceExhaustedFace],
    ],
  });
}
