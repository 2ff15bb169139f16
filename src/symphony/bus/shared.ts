/**
 * The bus that a process has.
 * @module
 */
import { MessageBus } from "./message_bus.ts";

let shared: MessageBus | null = null;

/**
 * The bus of this process, on which everyone meets who names no other: `IPCBus()` of Python is it as well. Made when it
 * is first asked for, and again after it was shut down.
 */
export function sharedBus(): MessageBus {
  if (shared === null || shared.isShutDown) shared = new MessageBus();
  return shared;
}

/** Makes a bus that of this process, such as one with a transport; who has the former one keeps it. */
export function shareBus(bus: MessageBus): void {
  if (!(bus instanceof MessageBus)) throw new TypeError("shareBus() takes a MessageBus");
  shared = bus;
}
