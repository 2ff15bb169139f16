/**
 * `Workflow` of Python: a workflow with nodes and edges of every kind.
 * @module
 */
import { isPyObject, type PyClass, pyClass, type PyValue, t } from "../../../mod.ts";
import { checkWorkflow, workflowProblems } from "../pit/workflow_check.ts";
import { topologicalOrder } from "../pit/dag_graph.ts";
import type { Backoff, RecoveryStrategy } from "../pit/workflow_recovery.ts";
import type {
  Condition,
  ControlType,
  EdgeKind,
  NodeKind,
  Workflow,
  WorkflowEdge,
  WorkflowNode,
} from "../pit/workflow.ts";
import type { DependencyType } from "../ports.ts";
import { DictReader, plain } from "./dict_reader.ts";
import { asPython, checkTimeout } from "./error_face.ts";
import { DEPENDENCY_TYPES } from "./spec.ts";

/** The arguments of `add_node()` after the first two. */
export type NodeArguments = readonly [
  stepType: string | null,
  configuration: PyValue,
  control: ControlType | null,
  priority: number,
  timeout: number | null,
  recovery: PyValue,
];

/** The arguments of `add_edge()` after the first two. */
export type EdgeArguments = readonly [
  kind: EdgeKind,
  dependencyType: DependencyType,
  when: PyValue,
  input: string | null,
];

/** A workflow that Python puts together. */
export class PythonWorkflow {
  /** Its name. */
  readonly name: string;
  /** Its version. */
  readonly version: string;
  readonly #timeout: number | null;
  readonly #nodes: WorkflowNode[] = [];
  readonly #edges: WorkflowEdge[] = [];

  /** The timeout is in seconds. */
  constructor(name: string, version = "1.0", timeout: number | null = null) {
    checkTimeout(timeout);
    this.name = name;
    this.version = version;
    this.#timeout = timeout;
  }

  /** The workflow as it is by now. */
  get workflow(): Workflow {
    return {
      name: this.name,
      version: this.version,
      nodes: [...this.#nodes],
      edges: [...this.#edges],
      ...(this.#timeout === null ? {} : { timeout: this.#timeout * 1000 }),
    };
  }

  /** Adds a node. */
  addNode(id: string, kind: NodeKind, ...more: NodeArguments): this {
    const [stepType, configuration, control, priority, timeout, recovery] = more;
    checkTimeout(timeout);
    this.#nodes.push({
      id,
      kind,
      type: stepType ?? control ?? kind,
      configuration: (plain(configuration) ?? {}) as Record<string, unknown>,
      priority,
      ...(control === null ? {} : { control }),
      ...(timeout === null ? {} : { timeout: timeout * 1000 }),
      ...(recovery === null ? {} : { recovery: readRecovery(recovery) }),
    });
    return this;
  }

  /** Adds an edge. */
  addEdge(from: string, to: string, ...more: EdgeArguments): this {
    const [kind, dependencyType, when, input] = more;
    this.#edges.push({
      from,
      to,
      kind,
      dependencyType,
      ...(when === null ? {} : { when: conditionOf(when) }),
      ...(input === null ? {} : { input }),
    });
    return this;
  }

  /** All that is wrong with it, in words. */
  problems(): string[] {
    return workflowProblems(this.workflow).map(({ message }) => message);
  }

  /** Throws where anything is wrong. */
  validate(): void {
    asPython(() => checkWorkflow(this.workflow));
  }

  /** The names in an order in which each comes after all that it needs. */
  topologicalOrder(): string[] {
    return asPython(() => topologicalOrder(this.workflow));
  }
}

/** A function that stays with the workflow needs a handle of its own. */
function conditionOf(when: PyValue): Condition {
  return isPyObject(when) && typeof when === "function" ? when.$.clone() as Condition : when;
}

const STRATEGIES = ["Retry", "Fallback", "Skip", "Fail", "RestartFromCheckpoint"] as const;
const BACKOFFS = ["Constant", "Linear", "Exponential"] as const;

/** Reads a RecoveryStrategy: a dict with `kind` and what belongs to it; times in seconds. */
export function readRecovery(given: unknown, where = "recovery"): RecoveryStrategy {
  const dict = plain(given);
  const fields = new DictReader(dict, where);
  const kind = fields.choice("kind", STRATEGIES);
  switch (kind) {
    case "Retry":
      return {
        kind,
        maxAttempts: fields.whole("max_attempts", 1),
        ...(fields.has("backoff") && { backoff: readBackoff(fields.inner("backoff")) }),
        ...(fields.has("then") && { then: readRecovery(fields.value("then"), `${where}.then`) }),
      };
    case "Fallback":
      return fields.has("node")
        ? { kind, node: fields.text("node") }
        : { kind, value: fields.value("value") };
    case "Skip":
      return Object.hasOwn(dict as object, "default")
        ? { kind, default: fields.value("default") }
        : { kind };
    case "RestartFromCheckpoint":
      return fields.has("max_restarts")
        ? { kind, maxRestarts: fields.whole("max_restarts", 1) }
        : { kind };
    case "Fail":
      return { kind };
  }
}

function readBackoff(fields: DictReader): Backoff {
  const seconds = (name: string): number => fields.number(name, 0) * 1000;
  const kind = fields.choice("kind", BACKOFFS);
  switch (kind) {
    case "Constant":
      return { kind, delay: seconds("delay") };
    case "Linear":
      return { kind, initial: seconds("initial"), increment: seconds("increment") };
    case "Exponential":
      return {
        kind,
        initial: seconds("initial"),
        multiplier: fields.number("multiplier", 0),
        max: seconds("max"),
      };
  }
}

/** `Workflow`, for the modules that have it. */
export const WorkflowFace: PyClass<PythonWorkflow> = pyClass(PythonWorkflow, {
  name: "Workflow",
  doc: "A workflow: nodes, and edges between them. The timeout is in seconds, pauses not counted.",
  init: {
    name: t.str,
    version: t.str.default("1.0"),
    timeout: t.optional(t.float).default(null).keywordOnly(),
  },
  properties: {
    name: { type: t.str, doc: "Its name.", readonly: true },
    version: { type: t.str, doc: "Its version.", readonly: true },
  },
  methods: {
    addNode: {
      doc:
        "Add a node; the workflow itself. 'step_type' says which runner runs it, 'control' how a " +
        "control node leads the way, 'recovery' what happens when it fails: a dict with 'kind', " +
        "such as {'kind': 'Retry', 'max_attempts': 3}. The timeout is in seconds.",
      params: {
        name: t.str,
        kind: t.literal("Instrument", "Operator", "Control", "Input", "Output")
          .default("Instrument"),
        step_type: t.optional(t.str).default(null).keywordOnly(),
        configuration: t.optional(t.dict(t.str, t.any)).default(null).keywordOnly(),
        control: t.optional(t.literal("Branch", "Merge", "Loop", "Parallel", "Join"))
          .default(null).keywordOnly(),
        priority: t.float.default(0).keywordOnly(),
        timeout: t.optional(t.float).default(null).keywordOnly(),
        recovery: t.optional(t.dict(t.str, t.any)).default(null).keywordOnly(),
      },
      returns: t.instance(PythonWorkflow),
    },
    addEdge: {
      doc: "Add an edge; the workflow itself. A 'Data' edge brings the output as an input called " +
        "'input', or by the name of the node that it comes from; a 'Control' edge the order alone; " +
        "a 'Conditional' one is taken when 'when' equals the output, or, called with it, is true.",
      params: {
        source: t.str,
        target: t.str,
        kind: t.literal("Data", "Control", "Conditional").default("Data").keywordOnly(),
        dependency_type: t.literal(...DEPENDENCY_TYPES).default("Hard").keywordOnly(),
        when: t.any.default(null).keywordOnly(),
        input: t.optional(t.str).default(null).keywordOnly(),
      },
      returns: t.instance(PythonWorkflow),
    },
    problems: { doc: "All that is wrong with it, in words.", params: {}, returns: t.list(t.str) },
    validate: {
      doc: "Raise a PitError that names all that is wrong.",
      params: {},
      returns: t.none,
    },
    topologicalOrder: {
      doc: "The names in an order in which each comes after all that it needs.",
      params: {},
      returns: t.list(t.str),
    },
  },
  dunders: {
    __repr__: (self) => `<Workflow ${self.name} ${self.version}>`,
  },
});
