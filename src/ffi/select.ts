/**
 * Picks the backend of the runtime that this program runs on, once.
 * A further runtime is one more line here, and its two files.
 * @module
 */

import type { Backend } from "./backend.ts";
import { backend as bun } from "./bun.ts";
import { system as bunSystem } from "./bun_system.ts";
import { backend as deno } from "./deno.ts";
import { system as denoSystem } from "./deno_system.ts";
import type { System } from "./system.ts";

const onDeno = "Deno" in globalThis;

/** The backend of this runtime. Where there is none, its first use throws. */
export const backend: Backend = onDeno ? deno : bun;

/** The operating system as this runtime shows it. */
export const system: System = onDeno ? denoSystem : bunSystem;
