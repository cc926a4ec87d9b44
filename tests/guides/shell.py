"""A shell in which a reader's commands reach the local stack.

Bash itself runs a document's commands, so quoting, variables, functions and pipes are tried as they stand.
The tools that they call are small stand-ins, which hand each call over to this process: here each tool is
loaded once, and every start of one would take a second.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path

_CLIENT = """#!{python} -ISE
import json, os, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect({address!r})
call = [os.getcwd(), os.path.basename(sys.argv[0]), *sys.argv[1:]]
connection.sendall(json.dumps(call).encode() + b"\\n")
answer = json.loads(connection.makefile().read())
sys.stdout.write(answer["out"])
sys.stderr.write(answer["err"])
sys.exit(answer["code"])
"""
_REPORTING = """trap 'echo "line $LINENO: $BASH_COMMAND" >&2' ERR; """
"""Before the first line of a script, so that the numbers are those of the document."""
LONGEST = 240
"""Seconds for the commands of one document."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool printed, and how it ended."""

    code: int = 0
    out: str = ""
    err: str = ""


type Tool = Callable[[list[str]], Answer]
"""Is given what follows the tool's name."""


@dataclass(frozen=True, slots=True)
class Shell:
    """Runs scripts in a folder of its own."""

    folder: Path
    tools: Mapping[str, Tool]
    variables: Mapping[str, str]

    def run(self, script: str) -> Answer:
        """Run a script to its end, or to the first command that fails: on which line that is, is printed."""
        output = self.folder / "output"
        with self._listening() as listener, output.open("w") as printed:
            process = subprocess.Popen(
                ["/bin/bash", "-euo", "pipefail", "-c", _REPORTING + script],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
            )
            try:
                self._serve(listener, process)
            finally:
                process.kill()
                process.wait()
        return Answer(process.returncode, output.read_text())

    def _environment(self) -> dict[str, str]:
        path = f"{self.folder / 'bin'}{os.pathsep}{os.defpath}"
        return {"HOME": str(self.folder), "PATH": path, **self.variables}

    @contextmanager
    def _listening(self) -> Iterator[socket.socket]:
        address = self.folder / "tools.socket"
        self._write_clients(address)
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(address))
            listener.listen()
            listener.settimeout(0.05)
            try:
                yield listener
            finally:
                address.unlink()

    def _write_clients(self, address: Path) -> None:
        binaries = self.folder / "bin"
        binaries.mkdir(exist_ok=True)
        for name in self.tools:
            client = binaries / name
            client.write_text(_CLIENT.format(python=sys.executable, address=str(address)))
            client.chmod(0o755)

    def _serve(self, listener: socket.socket, process: "subprocess.Popen[bytes]") -> None:
        """Answer calls, one after the other, until the script ends."""
        while process.poll() is None:
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection, connection.makefile("rw") as stream:
                connection.settimeout(LONGEST)
                folder, name, *arguments = json.loads(stream.readline())
                with chdir(folder):
                    answer = self.tools[name](arguments)
                stream.write(json.dumps({"code": answer.code, "out": answer.out, "err": answer.err}))
