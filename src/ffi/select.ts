/**
 * Picks the backend of the runtime that this program runs on, once.
 * A further runtime is one more file and one more line here.
 * @module
 */

import process from "node:process";
import type { Backend } from "./backend.ts";
import { backend as bun } from "./bun.ts";
import { backend as deno } from "./deno.ts";

/** The backend of this runtime. Where there is none, its first use throws. */
export const backend: Backend = process.versions.deno ? deno : bun;
