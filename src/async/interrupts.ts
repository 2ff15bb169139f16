/**
 * Ctrl-C and other signals: Python's handlers are called while TypeScript waits, and an interrupt that nothing
 * of Python's has got ends what is awaited, or the program. Where it is raised: python/pyduet/_interrupts.py.
 * @module
 */

import { onFirstThread } from "../ffi/first_thread.ts";
import { backend, system } from "../ffi/select.ts";
import { PythonError } from "../interpreter/python_error.ts";
import { type Bridge, facadeOf } from "../objects/facade.ts";
import { openBell } from "./bell.ts";

/** What the floors beside and above do. */
export interface InterruptParts {
  /** Cancels what is awaited; whether there was anything. Attached. */
  cancelAwaited(): boolean;
  /** Ends Python in good order; the process ends right after it. */
  end(): void;
}

/** Byte of the shared memory (python/pyduet/_interrupts.py). */
const LISTENS = 5;

/** More than any system's `struct sigaction`. */
const SIGACTION_SIZE = 512;

/** What heard() of _interrupts.py says. */
const NOTED = 1;
const TELL = 2;

/** How often the start is tried, in which a signal may be heard. */
const MOST_TRIES = 3;

/** On every system. */
const SIGINT = 2;

/**
 * Binds signals to this thread, which must be the process's first and the one that started Python. Little is
 * done at once: until the event loop's first turn all code of Python's is called by TypeScript. Attached.
 */
export function watchSignals(bridge: Bridge, parts: InterruptParts): void {
  const { interpreter, python, rules, toPython } = bridge;
  const { library, lease, flags: { bytes } } = interpreter;
  const { Py_DecRef } = library.object;
  const { PyErr_CheckSignals } = library.errors;
  const { PyOS_getsig } = library.start;

  function call(name: string, number: number): unknown {
    const argument = toPython(number);
    try {
      return rules.toJs(python.call("_interrupts", name, argument));
    } finally {
      Py_DecRef(argument);
    }
  }

  // --- what came ------------------------------------------------------------

  const askPython = (): boolean => PyErr_CheckSignals() !== 0;

  function check(): void {
    const failed = interpreter.shielded(askPython);
    if (failed) nobodyAsked(interpreter.raised());
  }

  function heard(signal: number): void {
    if (signal === 0 || lease.closed) return;
    interpreter.attach();
    check();
    takeUp(signal);
  }

  function takeUp(signal: number): void {
    if (lease.closed) return;
    interpreter.attach(); // whoever was asked or told of something may have given the GIL back
    try {
      const word = call("heard", signal) as number;
      const listening = word !== 0 && isListening();
      if (listening && (word & TELL) !== 0) listeners?.tell();
      if (!listening && (word & NOTED) !== 0) interrupted();
    } catch (error) {
      nobodyAsked(error); // of a handler that was called for a further signal
    }
  }

  /**
   * To be asked before they are told, since one may listen once; not before an interrupt, since it takes its time. What
   * a runtime loads for it runs microtasks, at which the GIL is given back.
   */
  const isListening = (): boolean => listeners?.present() ?? false;

  function interrupted(): void {
    if (lease.closed || isListening()) return;
    interpreter.attach();
    if (!parts.cancelAwaited()) die();
  }

  /** A handler of the program's own raised while no code of Python's ran that could catch it. */
  function nobodyAsked(error: unknown): void {
    const decided = isListening();
    setTimeout(() => {
      if (!(error instanceof PythonError) || lease.closed) throw error;
      if (error.type === "KeyboardInterrupt") return void (decided || interrupted());
      if (error.type !== "SystemExit") throw error;
      interpreter.attach();
      const code = python.call("_interrupts", "exit_code", facadeOf(error.value)!.pointer());
      system.exit(rules.toJs(code) as number);
    });
  }

  // --- the end --------------------------------------------------------------

  /** As a program ends that nobody taught what an interrupt is, but in good order. */
  function die(): void {
    parts.end();
    library.start.PyOS_setsig(SIGINT, backend.null);
    const { kill } = library.shared.bind({ kill: { signature: "ii:i", optional: true } });
    kill?.(system.pid, SIGINT);
    // Not run: Windows has no kill(); a console program that Ctrl-C ends says STATUS_CONTROL_C_EXIT there.
    system.exit(kill ? 128 + SIGINT : 0xC000013A);
  }

  // --- the start ------------------------------------------------------------

  const before = PyOS_getsig(SIGINT);
  // A program that was started to ignore interrupts goes on ignoring them.
  const ignored = before && backend.toNumber(before) === 1;
  const { sigaction } = library.shared.bind({ sigaction: { signature: "ipp:i", optional: true } });
  const listeners = ignored ? null : backend.interruptListeners({
    current: PyOS_getsig,
    set: (handler) => void library.start.PyOS_setsig(SIGINT, handler),
    save() {
      const saved = backend.allocate(SIGACTION_SIZE);
      sigaction?.(SIGINT, backend.null, saved.address);
      return () => void sigaction?.(SIGINT, saved.address, backend.null);
    },
    install() {
      Py_DecRef(python.call("", "take_interrupts"));
      const handler = PyOS_getsig(SIGINT);
      const routed = handler && onFirstThread(library.shared, handler);
      if (routed) library.start.PyOS_setsig(SIGINT, routed);
    },
    changed: (present) => void (bytes[LISTENS] = present ? 1 : 0),
  });

  let opened = false;
  function open(): void {
    if (opened) return;
    opened = true;
    let came: unknown = false;
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      try {
        came = interpreter.shielded(() => {
          openBell(bridge, heard);
          return rules.toJs(python.call("_interrupts", "begin"));
        });
        break;
      } catch (error) {
        nobodyAsked(error); // a handler of the program's own raised just now
      }
    }
    check(); // what came in this moment
    if (came === true && isListening()) listeners?.tell();
    takeUp(0);
  }
  interpreter.signals = {
    check,
    open,
    close: () => listeners?.close() ?? (() => {}),
  };
  // Not for a program that ends before it.
  backend.inNextTurn(() => {
    if (lease.closed) return;
    interpreter.attach();
    open();
  });
}
