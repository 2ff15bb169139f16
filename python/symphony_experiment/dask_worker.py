"""What Dask's workers do: each drives a child of the JavaScript runtime, which makes the runs.

This text goes to the workers as it is, so it stands on Python's own library alone.
"""

import asyncio
import os
import subprocess
import threading
from collections import deque

_children = {}  # by the job: children that have no run now, and all of them
_ended = deque(maxlen=1000)  # jobs that are over: a run that comes late must start nothing
_lock = threading.Lock()


class WorkerEnded(Exception):
    """The runtime's process ended before it answered."""


class Child:
    """A child of the runtime, started by the program's own file."""

    def __init__(self, setup):
        environment = dict(os.environ)
        environment.update(setup["environment"])
        self.mark = setup["mark"]
        self.process = subprocess.Popen(
            setup["command"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            cwd=setup["folder"],
            encoding="utf-8",
            errors="replace",
        )
        self.said = deque(maxlen=20)
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        ready = self._answer()
        if ready != setup["ready"]:
            raise WorkerEnded("The worker said %r before %r" % (ready, setup["ready"]))

    def ask(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except OSError:
            pass  # it has just ended, and _answer() says how
        return self._answer()

    def end(self):
        try:
            self.process.stdin.close()
        except OSError:
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.listener.join()
        self.process.stdout.close()
        self.process.stderr.close()

    def _listen(self):
        for line in self.process.stderr:
            self.said.append(line)

    def _answer(self):
        for line in self.process.stdout:
            before, mark, answer = line.partition(self.mark)
            if before:
                print(before, end="" if mark else "")
            if mark:
                return answer.rstrip("\n")
        code = self.process.wait()
        self.listener.join()
        how = "exit code %d" % code if code >= 0 else "signal %d" % -code
        said = "".join(self.said).rstrip()
        raise WorkerEnded("The worker ended by %s%s" % (how, "; it had said:\n" + said if said else ""))


def run_task(setup, line):
    """Makes a run; the outcome as a line, and what failed in starting or keeping the runtime, or None."""
    job = setup["job"]
    with _lock:
        if job in _ended:
            return None, "run", "The experiment is over"
        idle, everyone = _children.setdefault(job, ([], set()))
        child = idle.pop() if idle else None
    try:
        if child is None:
            child = Child(setup)
            with _lock:
                over = job in _ended
                everyone.add(child)
            if over:
                child.end()
                return None, "run", "The experiment is over"
    except (OSError, WorkerEnded) as error:
        return None, "start", str(error)
    try:
        answer = child.ask(line)
    except WorkerEnded as error:
        with _lock:
            everyone.discard(child)
        return None, "run", str(error)
    with _lock:
        idle.append(child)
    return answer, None, None


async def end_children(job, kill=False):
    """Ends the runtimes of a job."""
    with _lock:
        _ended.append(job)
        everyone = list(_children.pop(job, ([], set()))[1])
    for child in everyone:
        if kill:
            child.process.kill()
    # In a thread: the event loop may be that of a whole program.
    loop = asyncio.get_running_loop()
    await asyncio.gather(*(loop.run_in_executor(None, child.end) for child in everyone))
