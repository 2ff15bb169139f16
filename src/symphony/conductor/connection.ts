/**
 * One child process of a Conductor: its pipes, its logs, and its end with everything that it started.
 * @module
 */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Clock } from "../clock.ts";
import { LineReader, LineWriter } from "./lines.ts";
import { ConductorProcessError } from "./process_error.ts";
import { RpcPeer } from "./rpc.ts";

/** A line that the child wrote. */
export interface LogLine {
  /** Where to. */
  readonly stream: "stdout" | "stderr";
  /** The text, without its end of line. */
  readonly line: string;
  /** Which child. */
  readonly processId: number;
  /** Counts the lines of a child, both streams together. */
  readonly sequence: number;
}

/** How a child ended. */
export interface Ending {
  /** Which. */
  readonly processId: number;
  /** `null` where a signal ended it. */
  readonly code: number | null;
  /** `"SIGSEGV"` */
  readonly signal: string | null;
  /** In words. */
  readonly reason: string;
  /** Its last lines. */
  readonly lastLines: readonly string[];
}

/** Who hears of a child. */
export interface ConnectionListeners {
  /** A line on its standard streams. */
  readonly onLog: (line: LogLine) => void;
  /** A line between the processes that is no message. */
  readonly onProtocolError: (reason: string) => void;
}

/** How a child is started. */
export interface ConnectionOptions extends ConnectionListeners {
  /** Its time. */
  readonly clock: Clock;
  /** The longest message in bytes. */
  readonly maxLineBytes: number;
  /** Its working folder. */
  readonly cwd?: string | undefined;
  /** Variables besides those of this process. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** The child's pipes for messages: its standard streams are anybody's, who prints or reads. */
const [REQUESTS, ANSWERS] = [3, 4];
const LOG_LINE = 64 * 1024;
const KEPT_LINES = 20;
/** What the child wrote before its end is read; a pipe that somebody else holds open is not waited for. */
const DRAIN = 1000;

/** In the package the sources are JavaScript. */
const SUFFIX = import.meta.url.slice(import.meta.url.lastIndexOf("."));
const LIBRARY = new URL(`./child${SUFFIX}`, import.meta.url).href;
const PROGRAM = new URL("../../../bin/conductor.mjs", import.meta.url);

/** A child process and the conversation with it. */
export class ChildConnection {
  /** The conversation. */
  readonly rpc: RpcPeer;
  /** Resolves when it has ended, everything that it said was read, and all that it started is gone. */
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  readonly #guard: ChildProcess | null;
  readonly #clock: Clock;
  readonly #lastLines: string[] = [];
  #reason: string | null = null;
  #asked = false;
  #over = false;
  #sequence = 0;

  /** Starts it. */
  constructor(options: ConnectionOptions) {
    const { clock, maxLineBytes, cwd, environment } = options;
    this.#clock = clock;
    const program = PROGRAM.protocol === "file:" ? fileURLToPath(PROGRAM) : PROGRAM.href;
    this.#child = spawn(process.execPath, [program, LIBRARY, String(maxLineBytes)], {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...process.env, ...environment, SYMPHONY_BRIDGE_MODE: "subprocess" },
      stdio: ["ignore", "pipe", "pipe", "pipe", "pipe"],
      detached: process.platform !== "win32", // a group of its own, which can be ended as a whole
      windowsHide: true,
    });
    this.#guard = this.#child.pid === undefined ? null : startGuard(this.#child.pid);
    this.ended = this.#watch();
    const requests = this.#pipe(REQUESTS) as Writable | null | undefined;
    const writer = requests && new LineWriter(requests); // none where it could not be started
    this.rpc = new RpcPeer({
      write: (line) => writer?.write(line) ?? Promise.resolve(),
      clock,
      maxLineBytes,
      onProtocolError: options.onProtocolError,
    });
    const answers = new LineReader(maxLineBytes, {
      onLine: (line) => this.rpc.receive(line),
      onTooLong: (bytes) =>
        options.onProtocolError(`a line of ${bytes} bytes is longer than ${maxLineBytes}`),
    });
    (this.#pipe(ANSWERS) as Readable | null | undefined)?.on(
      "data",
      (bytes: Uint8Array) => answers.push(bytes),
    );
    this.#read("stdout", options.onLog);
    this.#read("stderr", options.onLog);
  }

  /** The process's number; 0 where it could not be started. */
  get processId(): number {
    return this.#child.pid ?? 0;
  }

  /** Its end is wanted: calls that it does not answer were stopped. */
  stopping(): void {
    this.#asked = true;
  }

  /** Ends it and all that it started, at once. */
  kill(reason: string): void {
    this.#reason ??= reason;
    this.#killGroup();
  }

  #pipe(number: number): Readable | Writable | null | undefined {
    const pipe = this.#child.stdio?.[number];
    // What cannot be written or read any more is seen by the child's end.
    pipe?.on("error", () => {});
    return pipe;
  }

  #read(stream: "stdout" | "stderr", onLog: (line: LogLine) => void): void {
    const say = (line: string): void => {
      this.#lastLines.push(`${stream}: ${line}`);
      if (this.#lastLines.length > KEPT_LINES) this.#lastLines.shift();
      onLog({ stream, line, processId: this.processId, sequence: ++this.#sequence });
    };
    const lines = new LineReader(LOG_LINE, {
      onLine: say,
      onTooLong: (bytes) => say(`(a line of ${bytes} bytes)`),
    });
    const pipe: Readable | null | undefined = this.#child[stream];
    pipe?.on("data", (bytes: Uint8Array) => lines.push(bytes));
    pipe?.on("end", () => lines.end());
  }

  #watch(): Promise<Ending> {
    return new Promise((resolve) => {
      let code: number | null = null;
      let signal: string | null = null;
      let finished = false;
      const finish = (reason: string): void => {
        if (finished) return;
        finished = this.#over = true;
        for (const pipe of this.#child.stdio ?? []) pipe?.destroy();
        const processId = this.processId;
        const ending = { processId, code, signal, reason, lastLines: [...this.#lastLines] };
        this.rpc.close((method) =>
          new ConductorProcessError(this.#asked ? "Stopped" : "Died", method, {
            processId,
            text: `${reason}, before it answered. Whether it did what it was asked is not known; ` +
              "only calls that are `idempotent` are made again",
          })
        );
        resolve(ending);
      };
      const why = (): string => this.#reason ?? describeEnd(code, signal);
      this.#child.once("error", (error: Error) => {
        if (this.#child.pid === undefined) finish(`it could not be started: ${error.message}`);
      });
      this.#child.once("exit", (itsCode, itsSignal) => {
        [code, signal] = [itsCode, itsSignal];
        this.#killGroup();
        this.#guard?.kill("SIGKILL");
        this.#clock.after(DRAIN, () => finish(why()));
      });
      this.#child.once("close", () => finish(why()));
    });
  }

  /** The child leads a group; its children are in it unless they left on purpose. */
  #killGroup(): void {
    const id = this.#child.pid;
    if (id === undefined || this.#over) return; // afterwards the number may be another's
    try {
      if (process.platform === "win32") this.#child.kill("SIGKILL");
      else process.kill(-id, "SIGKILL");
    } catch {
      // Nobody is left.
    }
  }
}

/**
 * A shell that waits for this process's end, and then ends the child's group: a child that computes, or was killed,
 * cannot do that for its own children.
 */
function startGuard(group: number): ChildProcess | null {
  if (process.platform === "win32") return null;
  const guard = spawn("/bin/sh", ["-c", `read -r _; kill -KILL "-$0"`, String(group)], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  guard.on("error", () => {}); // a system without a shell: the child itself looks after its group
  return guard;
}

function describeEnd(code: number | null, signal: string | null): string {
  if (signal === "SIGXCPU") return "it used all its processor time (SIGXCPU)";
  if (signal !== null) return `it was ended by ${signal}`;
  return `it ended with code ${code}`;
}
