/**
 * `PitAccess` of Python: the Pit that stands beside a Conductor, by the port's own methods.
 * @module
 */
import { isPyObject, type PyClass, pyClass, t, type Type } from "../../../mod.ts";
import type { ArtifactData, PitPort } from "../ports.ts";
import { asPython } from "./error_face.ts";
import {
  readDecisionContext,
  readExecutionContext,
  readModelSpec,
  readWorkflowDefinition,
} from "./spec.ts";

/** What is in these belongs to the user: its names stay. */
const FREE: readonly string[] = ["configuration", "variables", "metadata", "data", "rules"];
/** Milliseconds in TypeScript, seconds in Python. */
const TIMES: readonly string[] = ["timeout", "duration"];

/** Plain data of a port as Python knows it: `memoryMb` becomes `memory_mb`. */
export function forPython<T>(value: unknown): T {
  return renamed(value) as T;
}

function renamed(given: unknown): unknown {
  const value = plain(given);
  if (Array.isArray(value)) return value.map(renamed);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (FREE.includes(key)) return [key, plain(item)];
      const isTime = TIMES.includes(key) && typeof item === "number";
      const name = key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      return [name, isTime ? item / 1000 : renamed(item)];
    }),
  );
}

function plain(value: unknown): unknown {
  if (!isPyObject(value)) return value;
  const data: unknown = value.$.toJs();
  if (!isPyObject(data)) value.$.release();
  return data;
}

/** A dict of Python with `str` keys. */
export type PythonDict = Record<string, unknown>;

/** The Pit, as Python reaches it. */
export class PitAccess {
  readonly #pit: PitPort;

  /** Takes the Pit. */
  constructor(pit: PitPort) {
    this.#pit = pit;
  }

  #asked<R>(work: (pit: PitPort) => Promise<R>): Promise<R> {
    return asPython(() => work(this.#pit));
  }

  /** See {@link PitPort.allocateModel}. */
  async allocateModel(spec: PythonDict): Promise<string> {
    return await this.#asked((pit) => pit.allocateModel(readModelSpec(spec)));
  }

  /** See {@link PitPort.deallocateModel}. */
  async deallocateModel(handle: string): Promise<null> {
    await this.#asked((pit) => pit.deallocateModel(handle));
    return null;
  }

  /** See {@link PitPort.getModelStatus}. */
  async getModelStatus(handle: string): Promise<string> {
    return await this.#asked((pit) => pit.getModelStatus(handle));
  }

  /** See {@link PitPort.createWorkflow}. */
  async createWorkflow(definition: PythonDict): Promise<string> {
    return await this.#asked((pit) => pit.createWorkflow(readWorkflowDefinition(definition)));
  }

  /** See {@link PitPort.executeWorkflow}. */
  async executeWorkflow(id: string, context: PythonDict): Promise<PythonDict> {
    return forPython(
      await this.#asked((pit) => pit.executeWorkflow(id, readExecutionContext(context))),
    );
  }

  /** See {@link PitPort.getWorkflowStatus}. */
  async getWorkflowStatus(id: string): Promise<string> {
    return await this.#asked((pit) => pit.getWorkflowStatus(id));
  }

  /** See {@link PitPort.storeArtifact}. */
  async storeArtifact(
    content: Uint8Array,
    contentType: string,
    metadata: PythonDict,
  ): Promise<string> {
    const artifact: ArtifactData = { content, contentType, metadata: plainFields(metadata) };
    return await this.#asked((pit) => pit.storeArtifact(artifact));
  }

  /** See {@link PitPort.retrieveArtifact}. */
  async retrieveArtifact(id: string): Promise<PythonDict> {
    return forPython(await this.#asked((pit) => pit.retrieveArtifact(id)));
  }

  /** See {@link PitPort.deleteArtifact}. */
  async deleteArtifact(id: string): Promise<null> {
    await this.#asked((pit) => pit.deleteArtifact(id));
    return null;
  }

  /** See {@link PitPort.submitDecision}. */
  async submitDecision(context: PythonDict): Promise<PythonDict> {
    return forPython(
      await this.#asked((pit) => pit.submitDecision(readDecisionContext(context))),
    );
  }

  /** See {@link PitPort.getPolicy}. */
  async getPolicy(id: string): Promise<PythonDict> {
    return forPython(await this.#asked((pit) => pit.getPolicy(id)));
  }

  /** See {@link PitPort.markStale}. */
  async markStale(resourceId: string): Promise<null> {
    await this.#asked((pit) => pit.markStale(resourceId));
    return null;
  }

  /** See {@link PitPort.cleanupStale}; the age in seconds. */
  async cleanupStale(age: number): Promise<PythonDict> {
    return forPython(await this.#asked((pit) => pit.cleanupStale(age * 1000)));
  }
}

/** A dict of Python whose names stay. */
export function plainFields(fields: PythonDict): PythonDict {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plain(value)]));
}

const dict = t.dict(t.str, t.any);
const method = (doc: string, params: Readonly<Record<string, Type>>, returns: Type) => ({
  doc,
  params,
  returns: t.awaitable(returns),
});

/** `PitAccess`, for the modules that have it. */
export const PyPitAccess: PyClass<PitAccess> = pyClass(PitAccess, {
  doc:
    "The Pit beside a Conductor. Dicts have the port's names in snake_case; times are in seconds.",
  init: false,
  methods: {
    allocateModel: method("A model, loaded and ready; its handle.", { spec: dict }, t.str),
    deallocateModel: method("Gives a model back.", { handle: t.str }, t.none),
    getModelStatus: method("How an allocated model is.", { handle: t.str }, t.str),
    createWorkflow: method("Takes a workflow in; its id.", { definition: dict }, t.str),
    executeWorkflow: method(
      "Runs a workflow to its end.",
      { id: t.str, context: dict.default({}) },
      dict,
    ),
    getWorkflowStatus: method("How a workflow's last execution is.", { id: t.str }, t.str),
    storeArtifact: method(
      "Keeps content; its id is its SHA-256.",
      {
        content: t.bytes,
        content_type: t.str.default("application/octet-stream"),
        metadata: dict.default({}),
      },
      t.str,
    ),
    retrieveArtifact: method("Content that was kept.", { id: t.str }, dict),
    deleteArtifact: method("Forgets content.", { id: t.str }, t.none),
    submitDecision: method("A choice among options.", { context: dict }, dict),
    getPolicy: method("The rules of that id.", { id: t.str }, dict),
    markStale: method("Marks a resource as no longer wanted.", { resource_id: t.str }, t.none),
    cleanupStale: method("Removes what has been stale for that long.", { age: t.float }, dict),
  },
});
