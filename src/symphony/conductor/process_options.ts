/**
 * How a Conductor's process is started, watched and restarted.
 * @module
 */
import type { Clock } from "../clock.ts";
import type { ConductorSettings } from "./settings.ts";

/** Which Python the child embeds, and where it runs. */
export interface PythonConfig {
  /** As `startPython({ python })`: a venv, an executable, a version. Default: found as in this process. */
  readonly python?: string;
  /** Entries before `sys.path`. */
  readonly pythonPath?: readonly string[];
  /** Interpreter options, as `startPython({ args })`. */
  readonly args?: readonly string[];
  /** Default: this process's. */
  readonly workingDirectory?: string;
  /** Variables besides those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds until it must be ready; default 30,000. */
  readonly startupTimeout?: number;
}

/** What the child may take. */
export interface ResourceLimits {
  /**
   * Megabytes of memory beyond those that it has when Python is loaded; then Python raises a `MemoryError`.
   * Linux alone enforces it.
   */
  readonly memoryMb?: number;
  /** Seconds of the processor's time; then the system ends it (`SIGXCPU`). */
  readonly cpuSeconds?: number;
}

/** When and how often a child that died is started again. */
export interface RestartOptions {
  /** So many times in a row; default 5. */
  readonly maxRestarts?: number;
  /** Milliseconds before the first; default 500. */
  readonly delay?: number;
  /** How many times longer each wait is than the one before; default 2. */
  readonly factor?: number;
  /** Milliseconds of the longest wait; default 30,000. */
  readonly maxDelay?: number;
  /** A child that ran for so many milliseconds begins a new row; default 60,000. */
  readonly resetAfter?: number;
}

/** How it is seen that a child hangs. */
export interface HeartbeatOptions {
  /** Milliseconds between two; default 10,000. */
  readonly interval?: number;
  /** Milliseconds for the answer; default 5,000. */
  readonly timeout?: number;
  /** So many without an answer, one after the other, and the child is killed; default 3. */
  readonly misses?: number;
}

/** How a Conductor's process is started, watched and restarted. */
export interface ConductorProcessOptions {
  /** Which Python, and where. */
  readonly python?: PythonConfig;
  /** Which Conductor, and where it keeps what it learned. */
  readonly conductor?: ConductorSettings;
  /**
   * A module of yours, a URL or an absolute path, that the child imports when Python runs. Its default export is
   * called with the `SetupContext`, and may register more methods.
   */
  readonly setup?: string | URL;
  /** Plain data for `setup`. */
  readonly data?: unknown;
  /** What the child may take. */
  readonly limits?: ResourceLimits;
  /** `false`: a child that died stays dead. */
  readonly restart?: RestartOptions | false;
  /** `false`: a child that hangs is not seen. */
  readonly heartbeat?: HeartbeatOptions | false;
  /** Milliseconds for a call that has no `timeout` of its own; default 60,000. */
  readonly callTimeout?: number;
  /** Milliseconds that a child has to end by itself when it is stopped; default 10,000. */
  readonly stopGrace?: number;
  /** The longest message in bytes; default 16 MiB. */
  readonly maxLineBytes?: number;
  /** Its time. */
  readonly clock?: Clock;
}

/** The defaults. */
export const PROCESS_DEFAULTS: {
  readonly startupTimeout: number;
  readonly callTimeout: number;
  readonly stopGrace: number;
  readonly maxLineBytes: number;
  readonly restart: Required<RestartOptions>;
  readonly heartbeat: Required<HeartbeatOptions>;
} = {
  startupTimeout: 30_000,
  callTimeout: 60_000,
  stopGrace: 10_000,
  maxLineBytes: 16 * 1024 * 1024,
  restart: { maxRestarts: 5, delay: 500, factor: 2, maxDelay: 30_000, resetAfter: 60_000 },
  heartbeat: { interval: 10_000, timeout: 5_000, misses: 3 },
};
