/**
 * The module `symphony_ipc` of Python.
 * @module
 */
import { type PyModule, pyModule } from "../../../mod.ts";
import type { MessageBus } from "../bus/message_bus.ts";
import { shareBus } from "../bus/shared.ts";
import { PyBusError, PyIpcBus, PySubscription } from "./bus_face.ts";
import { CONDUCTOR_MEMBERS } from "./conductor_face.ts";
import {
  createMessage,
  PyMessage,
  PyMessageBuilder,
  PyMessageError,
  PyMessageHeader,
  PyMessageType,
  PyPriority,
  PyProtocolVersion,
} from "./message_face.ts";

/** What `symphony_ipc` may be told. */
export interface SymphonyIpcOptions {
  /** The bus that `IPCBus()` is. Default: the one that the process shares. */
  readonly bus?: MessageBus;
}

/**
 * The module `symphony_ipc`, for `py.register()`.
 *
 * @example
 * ```ts
 * import { startPython } from "pyduet";
 * import { sharedBus, symphonyIpc } from "pyduet/symphony";
 * const py = startPython();
 * py.register(symphonyIpc());
 * sharedBus().register("greeter", ({ payload }) => `Hello, ${payload}`);
 * await py.runAsync(`
 * from symphony_ipc import IPCBus, Message
 * ask = Message.builder().message_type("Request").target("greeter").payload("Ada").build()
 * (await IPCBus().request(ask)).payload
 * `); // "Hello, Ada"
 * ```
 */
export function symphonyIpc({ bus }: SymphonyIpcOptions = {}): PyModule {
  if (bus) shareBus(bus);
  return pyModule("symphony_ipc", {
    doc:
      "Messages, the bus on which the endpoints of Python and of its host meet, and the Conductor.",
    members: [
      ...[createMessage, PyMessage, PyMessageBuilder, PyMessageHeader, PyMessageType],
      ...[PyPriority, PyProtocolVersion, PyMessageError, PyIpcBus, PySubscription, PyBusError],
      ...CONDUCTOR_MEMBERS,
    ],
  });
}
