"""What a Conductor keeps in its folder: a snapshot, and what came after it, a record a line."""

from __future__ import annotations

import json
import os
from typing import Any, Dict, List, Mapping, Optional, Tuple

from symphony_conductor.errors import ConductorError

try:
    import fcntl
except ImportError:  # Windows: nobody is kept from using a folder twice
    fcntl = None  # type: ignore[assignment]


def write_atomically(path: str, text: str) -> None:
    """Writes a file that is the old one or the new one at any moment, never half of it."""
    folder = os.path.dirname(os.path.abspath(path))
    beside = "%s.%d.new" % (path, os.getpid())
    try:
        with open(beside, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        if os.path.exists(beside):
            os.unlink(beside)
        raise
    if os.name == "posix":
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


class Journal:
    """A folder with `snapshot.json` and `journal.jsonl`.

    A record is in the file before `append` returns, so that it outlives this process; with `durable`, the
    machine's power too.
    """

    def __init__(self, folder: str, *, durable: bool = False) -> None:
        self.folder = folder
        self.durable = durable
        self._snapshot = os.path.join(folder, "snapshot.json")
        self._path = os.path.join(folder, "journal.jsonl")
        os.makedirs(folder, exist_ok=True)
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
        self._lock()
        self._sequence = 0
        self._size = 0
        self.records = 0

    def load(self) -> Tuple[Optional[Dict[str, Any]], List[Dict[str, Any]]]:
        """The snapshot, and the records that came after it."""
        snapshot: Optional[Dict[str, Any]] = None
        if os.path.exists(self._snapshot):
            with open(self._snapshot, encoding="utf-8") as file:
                snapshot = json.load(file)
        self._sequence = int(snapshot["sequence"]) if snapshot else 0
        os.lseek(self._file, 0, os.SEEK_SET)
        with os.fdopen(os.dup(self._file), "rb") as file_again:
            text = file_again.read()
        # What stands after the last end of line was being written when its writer was killed.
        self._size = text.rfind(b"\n") + 1
        os.ftruncate(self._file, self._size)
        records: List[Dict[str, Any]] = []
        for number, line in enumerate(text[: self._size].splitlines(), 1):
            try:
                record = json.loads(line)
                sequence = int(record["sequence"])
            except (ValueError, KeyError, TypeError) as error:
                raise ConductorError(
                    "%s is damaged in line %d: %s. Mend or remove the line" % (self._path, number, error)
                ) from error
            if sequence > self._sequence:  # else the snapshot has it
                records.append(record)
                self._sequence = sequence
        self.records = len(records)
        return snapshot, records

    def append(self, record: Mapping[str, Any]) -> None:
        """Keeps a record."""
        try:
            text = json.dumps({"sequence": self._sequence + 1, **record}, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise TypeError("cannot be kept as JSON: %s" % error) from error
        line = text.encode() + b"\n"
        try:
            os.lseek(self._file, self._size, os.SEEK_SET)
            written = 0
            while written < len(line):
                written += os.write(self._file, line[written:])
            if self.durable:
                os.fsync(self._file)
        except OSError:
            os.ftruncate(self._file, self._size)  # the disk is full: no half record stays
            raise
        self._size += len(line)
        self._sequence += 1
        self.records += 1

    def snapshot(self, state: Mapping[str, Any]) -> None:
        """Keeps the whole, and begins the records anew."""
        write_atomically(self._snapshot, json.dumps({**state, "sequence": self._sequence}))
        os.ftruncate(self._file, 0)
        self._size = 0
        self.records = 0

    def close(self) -> None:
        """Leaves the folder to others."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _lock(self) -> None:
        if fcntl is None:
            return
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise ConductorError(
                "%s is in use by another Conductor; give each a folder of its own" % self.folder
            ) from error
