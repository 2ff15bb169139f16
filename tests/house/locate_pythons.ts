/**
 * Prints as JSON what the library's own locator finds: with `--all` every Python of the machine,
 * otherwise the default one. The scripts of this folder run it on whichever runtime is there.
 * @module
 */
import process from "node:process";
import { locate, locateAll } from "../../src/capi/locate.ts";

const answer = process.argv.includes("--all") ? locateAll() : locate(undefined);
console.log(JSON.stringify(answer));
