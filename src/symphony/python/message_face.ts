/**
 * Messages for Python: the classes of `symphony_ipc` that need no bus.
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import {
  isPyObject,
  type PyClass,
  pyClass,
  type PyFunction,
  pyFunction,
  type PyObject,
  t,
} from "../../../mod.ts";
import { Message, MessageBuilder } from "../message.ts";
import { MessageError } from "../message_error.ts";
import { MessageHeader } from "../message_header.ts";
import { EVERYONE } from "../message_id.ts";
import { MessageType } from "../message_type.ts";
import { Priority } from "../priority.ts";
import { ProtocolVersion } from "../protocol_version.ts";

/** Who sends what Python makes, if it says nothing else. */
const PYTHON = "python";

// Nobody makes instances of these but the classes themselves.
const TypeClass = MessageType as unknown as abstract new () => MessageType;
const PriorityClass = Priority as unknown as abstract new () => Priority;
const messageType = t.instance(TypeClass);
const priority = t.instance(PriorityClass);

/** `MessageError` of Python. */
export const PyMessageError: PyClass<MessageError> = pyClass(MessageError, {
  doc: "A message that cannot be made, read or delivered.",
  init: { kind: t.str, message: t.str },
  dunders: { __str__: (self) => self.message },
  properties: {
    kind: {
      type: t.str,
      doc: "What is wrong: 'MissingField', 'TtlExpired' and so on.",
      readonly: true,
    },
    field: {
      type: t.optional(t.str),
      doc: "The field of the message that is meant, where it is one.",
      readonly: true,
    },
  },
  methods: {
    isRecoverable: {
      doc: "Whether the sender can mend it and try again.",
      params: {},
      returns: t.bool,
    },
    category: {
      doc:
        "The group of the kind: validation, expiration, compatibility, serialization or parsing.",
      params: {},
      returns: t.str,
    },
  },
});

/** `MessageType` of Python. */
export const PyMessageType: PyClass<MessageType> = pyClass(TypeClass, {
  doc: "What a message is for. There are five, each one object.",
  init: false,
  constants: {
    REQUEST: MessageType.Request,
    RESPONSE: MessageType.Response,
    EVENT: MessageType.Event,
    ERROR: MessageType.Error,
    HEARTBEAT: MessageType.Heartbeat,
  },
  properties: {
    name: { type: t.str, doc: "'Request', 'Response', …", readonly: true },
    description: { type: t.str, doc: "What it is for, in a few words.", readonly: true },
  },
  methods: {
    expectsResponse: {
      doc: "Whether its sender waits for an answer.",
      params: {},
      returns: t.bool,
      call: (self: MessageType) => self.expectsResponse,
    },
  },
  staticMethods: {
    of: {
      doc: "The type of that name.",
      params: { name: t.str },
      returns: messageType,
    },
    all: { doc: "All five.", params: {}, returns: t.list(messageType) },
  },
  dunders: {
    __str__: (self) => self.name,
    __repr__: (self) => `MessageType.${self.name.toUpperCase()}`,
  },
});

const compared = (compare: (a: Priority, b: Priority) => boolean) => ({
  params: { other: priority.positionalOnly() },
  returns: t.bool,
  call(this: Priority, other: Priority) {
    return compare(this, other);
  },
});

/** `Priority` of Python. */
export const PyPriority: PyClass<Priority> = pyClass(PriorityClass, {
  doc:
    "What comes first where messages wait: a level, of which five have names. Higher is earlier.",
  init: false,
  constants: {
    CRITICAL: Priority.CRITICAL,
    HIGH: Priority.HIGH,
    NORMAL: Priority.NORMAL,
    LOW: Priority.LOW,
    BACKGROUND: Priority.BACKGROUND,
  },
  properties: { level: { type: t.int, doc: "The number.", readonly: true } },
  methods: {
    isSystemLevel: {
      doc: "Whether it is one of the five that have names.",
      params: {},
      returns: t.bool,
      call: (self: Priority) => self.isSystemLevel,
    },
  },
  staticMethods: {
    custom: {
      doc: "The priority of a level: a whole number of 32 bits.",
      params: { level: t.int },
      returns: priority,
    },
    all: {
      doc: "The five that have names, the highest first.",
      params: {},
      returns: t.list(priority),
    },
  },
  dunders: {
    __eq__: "equals",
    __hash__: (self) => self.level,
    __lt__: compared((a, b) => a < b),
    __le__: compared((a, b) => a <= b),
    __gt__: compared((a, b) => a > b),
    __ge__: compared((a, b) => a >= b),
    __int__: (self) => self.level,
    __str__: (self) => String(self),
    __repr__: (self) => `Priority.${String(self)}`,
  },
});

/** `ProtocolVersion` of Python. */
export const PyProtocolVersion: PyClass<ProtocolVersion> = pyClass(ProtocolVersion, {
  doc: "Which form of messages a program speaks.",
  init: { major: t.int, minor: t.int },
  constants: { CURRENT: ProtocolVersion.CURRENT },
  properties: {
    major: { type: t.int, doc: "Another one means another form.", readonly: true },
    minor: { type: t.int, doc: "Counts what was added.", readonly: true },
  },
  methods: {
    isCompatible: {
      doc: "Whether both have the same first number.",
      params: { other: t.instance(ProtocolVersion) },
      returns: t.bool,
    },
  },
  dunders: {
    __eq__: "equals",
    __hash__: (self) => self.major * 65536 + self.minor,
    __str__: (self) => String(self),
    __repr__: (self) => `ProtocolVersion(${self.major}, ${self.minor})`,
  },
});

const aType = t.union(messageType, t.str);
const aPriority = t.union(priority, t.int);
const anId = t.union(t.str, t.uuid);

/** The header as Python has it: times are those of `datetime`. */
export const PyMessageHeader: PyClass<MessageHeader> = pyClass(MessageHeader, {
  doc: "From whom, to whom, when: what a message says of itself. It never changes.",
  init: {
    message_type: aType,
    source: t.str.default(PYTHON),
    target: t.str.default(EVERYONE),
  },
  properties: {
    id: { type: t.str, doc: "Which message: a UUID.", readonly: true },
    correlationId: {
      type: t.optional(t.str),
      doc: "The request to which it belongs.",
      readonly: true,
    },
    messageType: { type: messageType, doc: "What it is for.", readonly: true },
    source: { type: t.str, doc: "Who sends it.", readonly: true },
    target: { type: t.str, doc: "Who is to take it; '*' is everyone.", readonly: true },
    priority: { type: priority, doc: "What comes first.", readonly: true },
    version: { type: t.instance(ProtocolVersion), doc: "The form of the message.", readonly: true },
    ttl: {
      type: t.optional(t.timedelta),
      doc: "For how long it is worth reading; None: for ever.",
      readonly: true,
    },
    date: { name: "timestamp", type: t.datetime, doc: "When it was made.", readonly: true },
  },
  methods: {
    age: { doc: "How old it is.", params: {}, returns: t.timedelta },
    isExpired: { doc: "Whether it is older than it may be.", params: {}, returns: t.bool },
    withCorrelationId: {
      doc: "The same, as part of that request.",
      params: { correlation_id: anId },
      returns: t.instance(MessageHeader),
    },
    withTtl: {
      doc: "The same, worth reading for that long.",
      params: { ttl: t.timedelta },
      returns: t.instance(MessageHeader),
    },
    withPriority: {
      doc: "The same with that priority.",
      params: { priority: aPriority },
      returns: t.instance(MessageHeader),
    },
  },
  dunders: {
    __eq__: "equals",
    __hash__: (self) => hashOf(self.id),
    __repr__: (self) =>
      `<MessageHeader ${self.messageType} ${self.id} ${self.source} -> ${self.target}>`,
  },
});

/** A hash that equal ids share: 48 bits of the id. */
function hashOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/** Whether two payloads are the same; what is Python's is compared as Python does. */
export function samePayload(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isPyObject(a)) return a.$.equals(b);
  return isPyObject(b) ? b.$.equals(a) : isDeepStrictEqual(a, b);
}

/** The builder that Python gets: source and target need not be said. */
export class PythonMessageBuilder extends MessageBuilder {
  /** Made by `Message.builder()` of Python. */
  constructor() {
    super();
    this.source(PYTHON).target(EVERYONE);
  }
}

const builder = t.instance(PythonMessageBuilder);

/** `MessageBuilder` of Python. */
export const PyMessageBuilder: PyClass<PythonMessageBuilder> = pyClass(PythonMessageBuilder, {
  name: "MessageBuilder",
  doc:
    "Makes messages step by step. Where nothing else is said the source is 'python', the target '*', everyone.",
  init: {},
  methods: {
    messageType: { doc: "What it is for.", params: { message_type: aType }, returns: builder },
    source: { doc: "Who sends it.", params: { source: t.str }, returns: builder },
    target: {
      doc: "Who is to take it; '*' is everyone.",
      params: { target: t.str },
      returns: builder,
    },
    correlationId: {
      doc: "The request to which it belongs.",
      params: { correlation_id: anId },
      returns: builder,
    },
    ttl: {
      doc: "For how long it is worth reading.",
      params: { ttl: t.timedelta },
      returns: builder,
    },
    priority: {
      doc: "What comes first where messages wait.",
      params: { priority: aPriority },
      returns: builder,
    },
    version: {
      doc: "The form of the message.",
      params: { version: t.instance(ProtocolVersion) },
      returns: builder,
    },
    payload: {
      doc: "What it carries; None too is a payload.",
      params: { payload: t.any },
      returns: builder,
    },
    metadata: {
      doc: "One thing more that is known of it.",
      params: { key: t.str, value: t.any },
      returns: builder,
    },
    build: {
      doc: "The message. Raises MessageError where the type or the payload was not given.",
      params: {},
      returns: t.instance(Message),
    },
  },
});

/** `Message` of Python. */
export const PyMessage: PyClass<Message> = pyClass(Message, {
  doc: "A message. It never changes: what changes something gives another message.",
  init: {
    header: t.instance(MessageHeader),
    payload: t.any,
  },
  properties: {
    header: { type: t.instance(MessageHeader), doc: "From whom, to whom, when.", readonly: true },
    payload: { type: t.any, doc: "What it carries.", readonly: true },
    id: { type: t.str, doc: "Which message: a UUID.", readonly: true },
    metadata: {
      type: t.dict(t.str, t.any),
      doc: "What else is known of it; a copy.",
      readonly: true,
    },
  },
  methods: {
    withMetadata: {
      doc: "The same with one thing more known of it.",
      params: { key: t.str, value: t.any },
      returns: t.instance(Message),
    },
    getMetadata: {
      doc: "What is known of it under that key, else the default.",
      params: { key: t.str, default: t.any.default(null) },
      call(this: Message, key: string, otherwise: unknown) {
        return this.metadata.has(key) ? this.metadata.get(key) : otherwise;
      },
    },
    isExpired: { doc: "Whether it is older than it may be.", params: {}, returns: t.bool },
    age: { doc: "How old it is.", params: {}, returns: t.timedelta },
    mapPayload: {
      doc: "The same with what the function makes of its payload.",
      params: { change: t.callable },
      returns: t.instance(Message),
    },
    clone: {
      doc: "Another message that says the same, with the very same payload.",
      params: {},
      returns: t.instance(Message),
    },
    reply: {
      doc: "Its answer: a Response to whoever sent it.",
      params: { payload: t.any },
      returns: t.instance(Message),
      call(this: Message, payload: unknown) {
        return this.reply(payload, sourceOf(this));
      },
    },
    failure: {
      doc: "Its answer where it failed: an Error with the exception's class and text.",
      params: { error: t.object },
      returns: t.instance(Message),
      call(this: Message, error: PyObject) {
        const failed = { name: error.$.type.split(".").at(-1)!, message: String(error) };
        return this.failure(new Error(), sourceOf(this)).mapPayload(() => failed);
      },
    },
    toBytes: { doc: "JSON in UTF-8.", params: {}, returns: t.bytes },
  },
  classMethods: {
    builder: {
      doc: "Makes a message step by step.",
      params: {},
      returns: builder,
      call: () => new PythonMessageBuilder(),
    },
    fromBytes: {
      doc: "The message that to_bytes() wrote. Raises MessageError for anything else.",
      params: { data: t.bytes },
      returns: t.instance(Message),
      call: (data: Uint8Array) => Message.fromBytes(data),
    },
  },
  dunders: {
    __eq__(other: unknown) {
      return this.equals(other, samePayload);
    },
    __hash__: (self) => hashOf(self.id),
    __copy__: "clone",
    __repr__: ({ header }) =>
      `<Message ${header.messageType} ${header.id} ${header.source} -> ${header.target}>`,
  },
});

/** Who answers a message: its target, unless that is everyone. */
function sourceOf({ header }: Message): string {
  return header.target === EVERYONE ? PYTHON : header.target;
}

/** `create_message()` of Python. */
export const createMessage: PyFunction<
  [string | MessageType, unknown, string, string, number | Priority | null],
  Message
> = pyFunction("create_message", {
  doc: "A message in one call.",
  params: {
    message_type: aType,
    payload: t.any.default(null),
    source: t.str.default(PYTHON).keywordOnly(),
    target: t.str.default(EVERYONE).keywordOnly(),
    priority: aPriority.default(null).keywordOnly(),
  },
  returns: t.instance(Message),
}, (type, payload, source, target, priority) => {
  const header = new MessageHeader(MessageType.of(type), source, target, {
    priority: priority ?? Priority.NORMAL,
  });
  return new Message(header, payload as unknown);
});
