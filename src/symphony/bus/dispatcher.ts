/**
 * Hands messages to handlers: the most urgent first, and only so many at a time.
 * @module
 */
import { isPyObject } from "../../../mod.ts";
import { MessageError } from "../message_error.ts";
import type { Message } from "../message.ts";
import { Waiting } from "./waiting.ts";

/**
 * Takes the messages of an endpoint. What it returns answers a request: a Message of type Response or Error, or
 * anything else as the payload of a Response. What it throws fails the delivery.
 */
export type Handler = (message: Message) => unknown;

/** An endpoint as the bus has it. */
export interface Endpoint {
  /** Its id. */
  readonly id: string;
  /** What takes its messages. */
  readonly handler: Handler;
  /** How many messages it handles at the same time. */
  readonly concurrency: number;
  /** Whether it answers requests by `bus.respond()` alone. */
  readonly manual: boolean;
  /** How many it handles now. */
  running: number;
  /** What waits until it has room. */
  readonly waiting: Waiting<Job>;
}

/** One message for one endpoint. */
export interface Job {
  readonly endpoint: Endpoint;
  readonly message: Message;
  /** Counts the messages as they came: of one urgency the first goes first, wherever it has waited. */
  readonly order: number;
  /** What the handler gave. */
  resolve(result: unknown): void;
  /** What it threw, or that the message was too old. */
  reject(error: unknown): void;
}

/** How a dispatcher works. */
export interface DispatcherOptions {
  /** Handlers that run at the same time. */
  readonly most: number;
  /** Messages that are handed out before other work of the program has its turn. */
  readonly batch: number;
  /** Milliseconds since 1970. */
  now(): number;
}

/** Hands messages out. What is given in one turn of the event loop is handed out by urgency. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #queue = new Waiting<Job>();
  #running = 0;
  #latest = 0;
  /** What handlers work at that have returned a promise. */
  readonly #started = new Set<Job>();
  /** Aborted when they are given up; a coroutine of Python can be cancelled. */
  readonly #end = new AbortController();
  /** Endpoints for which something waits until they have room. */
  readonly #holding = new Set<Endpoint>();
  #scheduled = false;
  #idle: (() => void)[] = [];

  /** See {@link DispatcherOptions}. */
  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  /** Handlers that run. */
  get running(): number {
    return this.#running;
  }

  /** Messages that wait. */
  get waiting(): number {
    let held = 0;
    for (const { waiting } of this.#holding) held += waiting.size;
    return this.#queue.size + held;
  }

  /** Has a message handled: what the handler gives. */
  dispatch(endpoint: Endpoint, message: Message): Promise<unknown> {
    return new Promise((resolve, reject) => {
      push(this.#queue, { endpoint, message, order: ++this.#latest, resolve, reject });
      this.#schedule();
    });
  }

  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void> {
    if (this.#running === 0 && this.waiting === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /**
   * Hands nothing more out. What waits fails, and what runs, whose handler may go on unheard; one that is a coroutine of
   * Python is cancelled, since it would be kept for as long as it waits.
   */
  giveUp(errorOf: () => unknown): void {
    const jobs = this.#queue.clear();
    for (const { waiting } of this.#holding) jobs.push(...waiting.clear());
    this.#holding.clear();
    for (const { reject } of [...jobs, ...this.#started]) reject(errorOf());
    this.#end.abort();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#work());
  }

  /** Scheduled until it ends: handlers that end at once must not begin a round of their own. */
  #work(): void {
    const { most, batch } = this.#options;
    for (let i = 0; this.#running < most && this.#queue.size > 0; i++) {
      if (i === batch) {
        setTimeout(() => this.#work(), 0);
        return;
      }
      this.#start(this.#queue.pop()!);
    }
    this.#scheduled = false;
  }

  #start(job: Job): void {
    const { endpoint, message } = job;
    if (endpoint.running >= endpoint.concurrency) {
      this.#holding.add(endpoint);
      push(endpoint.waiting, job);
      return;
    }
    if (message.isExpired(this.#options.now())) {
      job.reject(tooOld(message));
      this.#goOn(endpoint);
      return this.#tellIdle();
    }
    this.#running++;
    endpoint.running++;
    let result: unknown;
    let later: boolean;
    try {
      result = endpoint.handler(message);
      later = isThenable(result); // which asks for an attribute, and may fail as well
    } catch (error) {
      this.#ended(endpoint);
      return job.reject(error);
    }
    if (!later) {
      this.#ended(endpoint);
      return job.resolve(result);
    }
    this.#started.add(job);
    const answer = isPyObject(result)
      ? result.$.promise({ signal: this.#end.signal })
      : Promise.resolve(result);
    answer.then(
      (value) => {
        this.#started.delete(job);
        this.#ended(endpoint);
        job.resolve(value);
      },
      (error) => {
        this.#started.delete(job);
        this.#ended(endpoint);
        job.reject(error);
      },
    );
  }

  #ended(endpoint: Endpoint): void {
    this.#running--;
    endpoint.running--;
    this.#goOn(endpoint);
    if (this.#queue.size > 0) this.#schedule();
    this.#tellIdle();
  }

  /** The endpoint has room: what waits for it has its turn. */
  #goOn(endpoint: Endpoint): void {
    const next = endpoint.waiting.pop();
    if (next) push(this.#queue, next);
    if (endpoint.waiting.size === 0) this.#holding.delete(endpoint);
  }

  #tellIdle(): void {
    if (this.#running > 0 || this.waiting > 0) return;
    for (const tell of this.#idle.splice(0)) tell();
  }
}

function push(queue: Waiting<Job>, job: Job): void {
  queue.push(job, job.message.header.priority.level, job.order);
}

/** The error of a message that came too late. */
export function tooOld(message: Message): MessageError {
  return new MessageError(
    "TtlExpired",
    `the message ${message.id} is older than its ${message.header.ttl} ms`,
    { field: "ttl" },
  );
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (typeof value === "object" || typeof value === "function") && value !== null &&
    typeof (value as { then?: unknown }).then === "function";
}
