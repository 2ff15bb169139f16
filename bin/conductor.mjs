/**
 * The program of a Conductor's process, which `ConductorProcess` starts with the library's module and the longest
 * message in bytes. Plain JavaScript, so that it is the same file in the sources and in the package.
 * @module
 */
import process from "node:process";

const [, , library, maxLineBytes] = process.argv;
const { serveConductor } = await import(library);
serveConductor(Number(maxLineBytes));
