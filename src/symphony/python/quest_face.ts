/**
 * Function Quest as Python sees it: `_symphony_quest`, on which the package `symphony_quest` stands.
 * @module
 */
import env from "../../../python/symphony_quest/env.py" with { type: "text" };
import init from "../../../python/symphony_quest/__init__.py" with { type: "text" };
import {
  type PyClass,
  pyClass,
  pyFunction,
  type PyModule,
  pyModule,
  type Python,
  t,
} from "../../../mod.ts";
import { SymphonyModelFunction } from "../quest/function.ts";
import { questLevel, questLevelNames } from "../quest/levels.ts";
import { FunctionQuest, type QuestStep, type QuestVerdict } from "../quest/quest.ts";
import { FunctionQuestState } from "../quest/state.ts";
import { installSources } from "../sources.ts";
import { asPython } from "./error_face.ts";
import { type PythonQuestView, viewFromPython } from "./quest_function.ts";

/** A quest by the numbers of its functions and states, in which little crosses the boundary. */
export class QuestGame {
  /** The quest. */
  readonly quest: FunctionQuest;

  /** Takes the level's name, and options of {@link FunctionQuest}. */
  constructor(level: string, maxCalls: number | null, shaping: number, discount: number) {
    this.quest = asPython(() => {
      try {
        return new FunctionQuest(questLevel(level), {
          shaping,
          discount,
          ...(maxCalls === null ? {} : { maxCalls }),
        });
      } catch (error) {
        // The one argument that Python calls otherwise.
        if (!(error instanceof RangeError)) throw error;
        throw new RangeError(error.message.replace(/^maxCalls /, "max_calls "));
      }
    });
  }

  /** Begins again, with these calls made; the number of the state. */
  reset(calls: readonly string[]): number {
    return asPython(() => {
      this.quest.reset();
      for (const name of calls) this.quest.call(name);
      return this.quest.stateNumber;
    });
  }

  /** Calls a function by its number: state, reward, terminated, truncated, success of the call. */
  step(action: number): [number, number, boolean, boolean, boolean] {
    const { state, reward, terminated, truncated, call } = asPython(() => this.quest.call(action));
    return [state, reward, terminated, truncated, call.error === null];
  }

  /** Why the last call failed; `null` if it did not. */
  lastError(): string | null {
    return this.quest.executionHistory.at(-1)?.error ?? null;
  }

  /** The level's name. */
  get level(): string {
    return this.quest.level.name;
  }

  /** The story. */
  get narrative(): string {
    return this.quest.level.narrative;
  }

  /** What can be called. */
  get functions(): readonly SymphonyModelFunction[] {
    return this.quest.availableFunctions;
  }

  /** Where it stands. */
  get state(): FunctionQuestState {
    return this.quest.currentState;
  }

  /** The single facts that hold in some state. */
  get facts(): readonly string[] {
    return this.quest.map.facts;
  }

  /** How many states can be reached. */
  get states(): number {
    return this.quest.map.keys.length;
  }

  /** The fewest calls that win. */
  get minimumCalls(): number {
    return this.quest.minimumCalls;
  }

  /** After so many calls an episode is over. */
  get maxCalls(): number {
    return this.quest.maxCalls;
  }

  /** The fewest calls that win, divided by the calls used; 0 before victory. */
  get efficiency(): number {
    return this.quest.efficiency;
  }

  /** Which facts hold in a state. */
  observed(state: number): Uint8Array {
    return this.#of(this.quest.map.observed, state);
  }

  /** Which functions would succeed in a state. */
  callable(state: number): Uint8Array {
    return this.#of(this.quest.map.callable, state);
  }

  /** The text of a state. */
  key(state: number): string {
    return this.#of(this.quest.map.keys, state);
  }

  /** The fewest calls from a state to victory. */
  distance(state: number): number {
    return this.#of(this.quest.map.distance, state);
  }

  /** The functions of which the story speaks. */
  analyzeNarrative(): string[] {
    return this.quest.analyzeNarrative();
  }

  /** The fewest calls from here to victory. */
  deduceFunctionSequence(): string[] {
    return asPython(() => this.quest.deduceFunctionSequence());
  }

  /** What calls would come to from here. */
  simulateExecution(sequence: readonly string[]): QuestStep[] {
    return asPython(() => this.quest.simulateExecution(sequence));
  }

  /** Whether a sequence of calls wins from the beginning. */
  validateSolution(sequence: readonly string[]): QuestVerdict {
    return asPython(() => this.quest.validateSolution(sequence));
  }

  /** The state as text. */
  render(): string {
    return this.quest.render();
  }

  #of<T>(all: ArrayLike<T>, state: number): T {
    const found = all[state];
    if (found !== undefined) return found;
    throw new RangeError(`${this.level} has states 0 to ${this.states - 1}, not ${state}`);
  }
}

const Call = t.record("QuestCall", {
  name: t.str,
  returned: t.any,
  error: t.optional(t.str),
});
const View = t.record("QuestView", {
  inventory: t.list(t.str),
  environment_state: t.dict(t.str, t.any),
  current_return_values: t.dict(t.str, t.any),
});
const Verdict = t.record("QuestVerdict", {
  valid: t.bool,
  reason: t.optional(t.str),
  efficiency: t.float,
});
const Step = t.record("QuestStep", {
  call: Call,
  state: t.int,
  reward: t.float,
  terminated: t.bool,
  truncated: t.bool,
});

/** `SymphonyModelFunction` */
export const PySymphonyModelFunction: PyClass<SymphonyModelFunction> = pyClass(
  SymphonyModelFunction,
  {
    doc: "One model, as a function that the Conductor calls.",
    init: false,
    properties: {
      name: { type: t.str, doc: "What it is called by.", readonly: true },
      description: { type: t.str, doc: "What it does.", readonly: true },
      expectedReturn: {
        type: t.any,
        doc: "What it returns when all is well; None: anything.",
        readonly: true,
      },
      dependencies: {
        type: t.list(t.str),
        doc: "Functions that must have succeeded before.",
        readonly: true,
      },
      usageConstraints: { type: t.any, doc: "When it may be called.", readonly: true },
    },
    methods: {
      execute: {
        doc: "What calling it does: a dict with returns, gains, loses, environment.",
        params: { view: View },
        returns: t.any,
        call(this: SymphonyModelFunction, view: PythonQuestView) {
          return asPython(() => this.execute(viewFromPython(view)));
        },
      },
    },
    dunders: { __repr__: (self) => `<SymphonyModelFunction ${self.name}>` },
  },
);

/** `FunctionQuestState` */
export const PyFunctionQuestState: PyClass<FunctionQuestState> = pyClass(FunctionQuestState, {
  doc: "Where a quest stands.",
  init: false,
  properties: {
    inventory: { type: t.list(t.str), doc: "What is held." },
    environmentState: { type: t.dict(t.str, t.any), doc: "How the world is." },
    functionCallHistory: { type: t.list(Call), doc: "Every call, failures included." },
    currentReturnValues: {
      type: t.dict(t.str, t.any),
      doc: "What each function returned when it last succeeded.",
    },
    goalAchieved: { type: t.bool, doc: "Whether the goal is reached.", readonly: true },
  },
  methods: { facts: { doc: "Single facts that hold, as texts.", returns: t.list(t.str) } },
  dunders: { __repr__: (self) => `<FunctionQuestState ${self.facts().join(", ")}>` },
});

/** `FunctionQuest` */
export const PyFunctionQuest: PyClass<QuestGame> = pyClass(QuestGame, {
  name: "FunctionQuest",
  doc: "A level in play. Functions and states have numbers; 0 is the state at the beginning.",
  init: {
    params: {
      level: t.str,
      max_calls: t.optional(t.int).default(null).keywordOnly(),
      shaping: t.float.default(1).keywordOnly(),
      discount: t.float.default(0.99).keywordOnly(),
    },
  },
  methods: {
    reset: {
      doc: "Begin again, with these calls made; the number of the state.",
      params: { calls: t.list(t.str).default([]) },
      returns: t.int,
    },
    step: {
      doc: "Call a function by its number: (state, reward, terminated, truncated, succeeded).",
      params: { action: t.int },
      returns: t.tuple(t.int, t.float, t.bool, t.bool, t.bool),
    },
    lastError: { doc: "Why the last call failed, or None.", returns: t.optional(t.str) },
    observed: {
      doc: "Which facts hold in a state: a byte of 0 or 1 for each.",
      params: { state: t.int },
      returns: t.bytes,
    },
    callable: {
      doc: "Which functions would succeed in a state: a byte of 0 or 1 for each.",
      params: { state: t.int },
      returns: t.bytes,
    },
    key: { doc: "The text of a state.", params: { state: t.int }, returns: t.str },
    distance: {
      doc: "The fewest calls from a state to victory.",
      params: { state: t.int },
      returns: t.float,
    },
    analyzeNarrative: {
      doc: "The functions of which the story speaks, in its order.",
      returns: t.list(t.str),
    },
    deduceFunctionSequence: {
      doc: "The fewest calls from here to victory.",
      returns: t.list(t.str),
    },
    simulateExecution: {
      doc: "What calls would come to from here; nothing changes.",
      params: { sequence: t.list(t.str) },
      returns: t.list(Step),
    },
    validateSolution: {
      doc: "Whether a sequence of calls wins from the beginning.",
      params: { sequence: t.list(t.str) },
      returns: Verdict,
    },
    render: { doc: "The state as text, for people.", returns: t.str },
  },
  properties: {
    level: { type: t.str, doc: "The level's name." },
    narrative: { type: t.str, doc: "The story." },
    functions: { type: t.list(t.instance(SymphonyModelFunction)), doc: "What can be called." },
    state: { type: t.instance(FunctionQuestState), doc: "Where it stands." },
    facts: { type: t.list(t.str), doc: "The single facts that hold in some state." },
    states: { type: t.int, doc: "How many states can be reached." },
    minimumCalls: { type: t.int, doc: "The fewest calls that win." },
    maxCalls: { type: t.int, doc: "After so many calls an episode is over." },
    efficiency: {
      type: t.float,
      doc: "The fewest calls that win, divided by the calls used; 0 before victory.",
    },
  },
  dunders: { __repr__: (self) => `<FunctionQuest ${self.level}>` },
});

const levelNames = pyFunction("level_names", {
  doc: "The names of the levels that are known. generated-<difficulty>-<seed> is one as well.",
  params: {},
  returns: t.list(t.str),
}, () => questLevelNames());

/** The module `_symphony_quest`. */
export const questModule: PyModule = pyModule("_symphony_quest", {
  doc: "Function Quest, in TypeScript. Import symphony_quest, which stands on it.",
  members: [PyFunctionQuest, PyFunctionQuestState, PySymphonyModelFunction, levelNames],
});

/**
 * Makes `symphony_quest` importable: the quest, and where gymnasium is installed `FunctionQuest-v0`.
 *
 * @example
 * ```ts
 * import { startPython } from "pyduet";
 * import { installQuest } from "pyduet/symphony";
 * const py = startPython();
 * installQuest(py);
 * py.run(`
 * from symphony_quest import FunctionQuest
 * quest = FunctionQuest("locked_door")
 * quest.reset()
 * for name in quest.deduce_function_sequence():
 *     quest.step([f.name for f in quest.functions].index(name))
 * quest.efficiency`); // 1
 * ```
 */
export function installQuest(py: Python): void {
  py.register(questModule);
  installSources(py, { "symphony_quest/__init__.py": init, "symphony_quest/env.py": env });
}
