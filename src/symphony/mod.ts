/**
 * Symphony on pyduet: messages, a bus, the Pit, the Conductor and its experiments, for TypeScript and for Python in
 * the same process.
 * @module
 */

export * from "./error.ts";
export type * from "./ports.ts";
export { type Clock, SYSTEM_CLOCK } from "./clock.ts";
export { installSymphony, type SymphonyOptions } from "./install.ts";
export { Pit, type PitOptions, sharedPit, sharePit } from "./pit/pit.ts";
export { artifactsToClean, TRAINING_TAG } from "./pit/stale_artifacts.ts";
export {
  PitManager,
  PitManagerFace,
  WorkflowExecutor,
  WorkflowExecutorFace,
} from "./python/pit_manager_face.ts";
export { symphonyPit } from "./python/symphony_pit.ts";
export { symphonyBridge } from "./python/symphony_bridge.ts";
export { MockPit } from "./mock_pit.ts";
export { installSources } from "./sources.ts";

export { canTransition, MODEL_STATES, ModelLifecycle } from "./pit/pool_state.ts";
export type * from "./pit/pool_state.ts";
export { ModelCache } from "./pit/pool_cache.ts";
export type * from "./pit/pool_cache.ts";
export type {
  LoadContext,
  LoadedModel,
  Model,
  ModelLoader,
  ModelObject,
} from "./pit/pool_model.ts";
export type * from "./pit/pool_health.ts";
export type { PooledModel } from "./pit/pool_entry.ts";
export type { LeaseOwner, ModelLease } from "./pit/pool_lease.ts";
export type { RegisterOptions } from "./pit/pool_registry.ts";
export type { ShutdownReport } from "./pit/pool_shutdown.ts";
export type * from "./pit/pool.ts";
export { PoolManager } from "./pit/pool.ts";
export { TimeBasedPredictor, WorkflowPredictor } from "./pit/pool_usage.ts";
export type * from "./pit/pool_usage.ts";
export { Prewarmer } from "./pit/pool_prewarm.ts";
export type * from "./pit/pool_prewarm.ts";
export type { Timers } from "./pit/timers.ts";

export type * from "./pit/arbitration_request.ts";
export { scoreOf } from "./pit/arbitration_request.ts";
export type * from "./pit/arbitration_conflict.ts";
export { PRIORITY_LEVELS, PriorityRouter } from "./pit/arbitration_router.ts";
export type * from "./pit/arbitration_router.ts";
export { STRATEGIES, type Strategy } from "./pit/arbitration_strategy.ts";
export type { PolicyRules } from "./pit/arbitration_policy.ts";
export { type FairnessMetrics, gini } from "./pit/arbitration_fairness.ts";
export { AuditLog } from "./pit/arbitration_audit.ts";
export type * from "./pit/arbitration_audit.ts";
export { ArbitrationEngine } from "./pit/arbitration.ts";
export type * from "./pit/arbitration.ts";

export type * from "./pit/stale_store.ts";
export { tierOf, valueOf } from "./pit/stale_score.ts";
export type * from "./pit/stale_score.ts";
export type * from "./pit/stale_rule.ts";
export type { CleanupMode, StaleReport } from "./pit/stale_cleanup.ts";
export { StaleManager } from "./pit/stale.ts";
export type * from "./pit/stale.ts";

export { pythonLoader } from "./python/python_model.ts";
export {
  ModelHandleFace,
  PoolManagerFace,
  PythonModelHandle,
  PythonPoolManager,
} from "./python/pool_face.ts";
export {
  ArbitrationEngineFace,
  type AuditArguments,
  PythonArbitrationEngine,
} from "./python/arbitration_face.ts";
export { PythonStaleManager, StaleManagerFace } from "./python/stale_face.ts";
export type { Dict } from "./python/spec.ts";
// The Pit: workflows and artifacts.
export type * from "./pit/workflow.ts";
export type { Backoff, RecoveryStrategy } from "./pit/workflow_recovery.ts";
export { WorkflowError, type WorkflowProblem, workflowProblems } from "./pit/workflow_check.ts";
export { type GraphEdge, topologicalOrder, type WorkflowGraph } from "./pit/dag_graph.ts";
export type { ExecutionState, NodeState } from "./pit/dag_state.ts";
export type { NodeRunner, RunContext, RunFunction } from "./pit/dag_runner.ts";
export type { Durability } from "./pit/durable_file.ts";
export type { Journal, JournalOptions, LineCipher } from "./pit/journal.ts";
export { type Checkpoint, CheckpointStore, type Progress } from "./pit/dag_checkpoint.ts";
export type { ProgressOptions } from "./pit/dag_progress.ts";
export type { Execution, ExecutionParts } from "./pit/dag_execution.ts";
export { type ExecutionEvent, type ExecutionOptions } from "./pit/dag_execution.ts";
export { DagTracker, type DagTrackerOptions, ExecutionFailed } from "./pit/dag_tracker.ts";
export type * from "./pit/artifact.ts";
export { ArtifactError } from "./pit/artifact.ts";
export type { ArtifactDamage, StoreReport } from "./pit/artifact_check.ts";
export type { ArtifactSecret } from "./pit/artifact_key.ts";
export type { ArtifactQuality } from "./pit/artifact_quality.ts";
export type { ArtifactQuery, ArtifactSearchResult } from "./pit/artifact_search.ts";
export type { ArtifactVersion } from "./pit/artifact_versions.ts";
export type { DiffPart } from "./pit/line_diff.ts";
export type { ArtifactStoreOptions } from "./pit/artifact_opening.ts";
export type { ContentStream } from "./pit/artifact_stream.ts";
export { ArtifactStore } from "./pit/artifact_store.ts";
export { pythonRunner, type PythonRunnerOptions } from "./python/python_runner.ts";
export { type BuilderOptions, type Failure, Message, MessageBuilder } from "./message.ts";
export { MessageError, type MessageErrorCategory, type MessageErrorKind } from "./message_error.ts";
export { type HeaderFields, MessageHeader } from "./message_header.ts";
export {
  checkEndpointId,
  type EndpointId,
  EVERYONE,
  type MessageId,
  newMessageId,
  parseMessageId,
} from "./message_id.ts";
export { MessageType, type MessageTypeName } from "./message_type.ts";
export { Priority } from "./priority.ts";
export { ProtocolVersion } from "./protocol_version.ts";
export { BUS_DEFAULTS, type BusConfig } from "./bus/config.ts";
export type { RequestOptions } from "./bus/delivery.ts";
export type { Handler } from "./bus/dispatcher.ts";
export { BusError, type BusErrorKind, type BusErrorReason } from "./bus/error.ts";
export { Glob } from "./bus/glob.ts";
export {
  type EndpointHealth,
  HEALTH_DEFAULTS,
  type HealthCheck,
  type HealthConfig,
  HealthMonitor,
  type HealthStatus,
} from "./bus/health.ts";
export { Loopback } from "./bus/loopback.ts";
export type { BusMetrics, Latency } from "./bus/metrics.ts";
export { type BusOptions, type EndpointOptions, MessageBus } from "./bus/message_bus.ts";
export {
  type NatsConnection,
  type NatsMessage,
  type NatsOptions,
  type NatsSubscription,
  natsTransport,
} from "./bus/nats.ts";
export { PatternRouter, type Route } from "./bus/router.ts";
export { shareBus, sharedBus } from "./bus/shared.ts";
export {
  type NextOptions,
  type Overflow,
  Subscription,
  type SubscriptionOptions,
} from "./bus/subscription.ts";
export type * from "./bus/transport.ts";
export { type EndpointArguments, IpcBus } from "./python/bus_face.ts";
export { symphonyIpc, type SymphonyIpcOptions } from "./python/symphony_ipc.ts";

export { EmbeddedConductor, type EmbeddedConductorOptions } from "./conductor/embedded.ts";
export { serveConductor } from "./conductor/child.ts";
export type { ConductorEvents } from "./conductor/events.ts";
export type { Ending, LogLine } from "./conductor/connection.ts";
export { type CallOptions, ConductorProcess } from "./conductor/process.ts";
export { ConductorProcessError, type ProcessProblem } from "./conductor/process_error.ts";
export type * from "./conductor/process_options.ts";
export { installConductor } from "./conductor/python_package.ts";
export type { Rpc, RpcCallOptions, RpcContext, RpcHandler } from "./conductor/rpc.ts";
export { type RemoteCause, RemoteError } from "./conductor/rpc_error.ts";
export type { ConductorSettings, LearningPolicyName } from "./conductor/settings.ts";
export type { Setup, SetupContext } from "./conductor/setup.ts";
export { type RpcLink, rpcTransport } from "./conductor/bus_transport.ts";
export { RemotePit } from "./conductor/remote_pit.ts";
export { PitAccess, PyPitAccess, type PythonDict } from "./python/pit_access_face.ts";
export * from "./python/conductor_face.ts";

export { generatedLevel, type GeneratedOptions } from "./quest/family.ts";
export type * from "./quest/function.ts";
export { SymphonyModelFunction } from "./quest/function.ts";
export { mapOf, type MapOptions, type QuestLevel, type QuestMap } from "./quest/level.ts";
export { addQuestLevel, questLevel, questLevelNames } from "./quest/levels.ts";
export { type Episode, Mastery, type MasteryOptions } from "./quest/mastery.ts";
export {
  FunctionQuest,
  type QuestOptions,
  type QuestStep,
  type QuestVerdict,
} from "./quest/quest.ts";
export { CALL_COST, QuestReward, type RewardOptions, VICTORY } from "./quest/reward.ts";
export type * from "./quest/state.ts";
export { FunctionQuestState } from "./quest/state.ts";
export type * from "./quest/training.ts";
export { playEpisode, trainConductor } from "./quest/training.ts";
export type { QuestValue, QuestValues } from "./quest/value.ts";
export { PythonModel, qLearner, type QLearnerOptions } from "./python/learner.ts";
export { type FromPythonOptions, functionFromPython } from "./python/quest_function.ts";
export { installQuest, questModule } from "./python/quest_face.ts";

export { dask, type DaskOptions } from "./experiment/dask.ts";
export type * from "./experiment/executor.ts";
export { inProcess } from "./experiment/executor.ts";
export type * from "./experiment/experiment.ts";
export { experiment, ExperimentResult } from "./experiment/experiment.ts";
export type {
  Grid,
  ParametersOf,
  ParameterValue,
  ParameterValues,
  Task,
} from "./experiment/grid.ts";
export type { ComparisonOptions, CurveOptions, PictureOptions } from "./experiment/plots.ts";
export { processes, type ProcessesOptions } from "./experiment/processes.ts";
export type { ProgressBar } from "./experiment/progress.ts";
export type { Measured, Measures, Outcome, Row, RowError } from "./experiment/row.ts";
export type { IntervalOptions, SummaryRow } from "./experiment/summary.ts";
export {
  type EdgeArguments,
  type NodeArguments,
  PythonWorkflow,
  WorkflowFace,
} from "./python/workflow_face.ts";
export {
  CheckpointFace,
  type CheckpointFields,
  CheckpointStoreFace,
  PythonCheckpointStore,
} from "./python/checkpoint_face.ts";
export {
  DagTrackerFace,
  ExecutionFace,
  PythonDagTracker,
  PythonExecution,
  type RunArguments,
  type WorkflowResultDict,
} from "./python/dag_face.ts";
export { ArtifactCare, type StatsDict } from "./python/artifact_care_face.ts";
export {
  ArtifactStoreFace,
  type ContentGiven,
  type MetadataDict,
  type OpenArguments,
  PythonArtifactStore,
  type SearchArguments,
  type VersionDict,
} from "./python/artifact_face.ts";
