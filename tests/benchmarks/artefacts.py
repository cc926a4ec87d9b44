"""What is measured: layer and functions as `sam build` makes them, and two handlers to compare them with.

The Makefiles that `sam build` runs are run here. The other handlers get the same locked packages as pip
installs them, with bytecode: what their author would have, with a little more care than usual.
"""

import os
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.local_stack.aws.sam import architecture
from tests.local_stack.paths import BASE_ENVIRONMENT, LOCAL, ROOT

FOLDER = LOCAL / "bench"
PYTHON = BASE_ENVIRONMENT / "bin" / "python3.13"
_HANDLERS = Path(__file__).parent / "handlers"
_WHEELS = {"x86_64": "wheels-manylinux2014_x86_64", "arm64": "wheels-manylinux2014_aarch64"}


@dataclass(frozen=True)
class Artefact:
    """Code that can be imported, in the order of its folders."""

    folders: tuple[Path, ...]

    @property
    def python_path(self) -> str:
        """Return what PYTHONPATH must be."""
        return os.pathsep.join(map(str, self.folders))


@dataclass(frozen=True)
class Artefacts:
    """Everything that was built."""

    layer: Path
    receiver: Path
    sync: Path
    operations: Path
    """Six functions are made of the same code."""
    console: Path
    packages: Path
    """As pip installs them."""

    @property
    def uploaded(self) -> tuple[Path, ...]:
        """Return what is uploaded: the layer, and each function's code."""
        return (self.layer, self.receiver, self.sync, self.operations, self.console)

    @property
    def ours(self) -> dict[str, Artefact]:
        """Return the functions with their layer, by name."""
        code = {
            "receiver": self.receiver,
            "sync": self.sync,
            "operations": self.operations,
            "page": self.console,
        }
        return {name: Artefact((folder, self.layer / "python")) for name, folder in code.items()}

    @property
    def compared(self) -> Artefact:
        """Return the handlers of comparison with the packages."""
        return Artefact((FOLDER / "handlers", self.packages))


def build() -> Artefacts:
    """Build anew, in the project's `.local`."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    layer = _make(ROOT / "layers" / "shared", "SharedLayer")
    receiver = _make(ROOT / "functions" / "webhook_receiver", "WebhookReceiverFunction")
    sync = _make(ROOT / "functions" / "entity_sync", "EntitySyncFunction")
    operations = _make(ROOT / "functions" / "operations", "OperationsFunction")
    console = _make(ROOT / "functions", "ConsoleFunction")
    shutil.copytree(_HANDLERS, FOLDER / "handlers", ignore=shutil.ignore_patterns("__pycache__"))
    packages = FOLDER / "source" / "SharedLayer" / _WHEELS[architecture()]
    for folder in (FOLDER / "handlers", packages):
        _run(
            PYTHON, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash", str(folder)
        )
    return Artefacts(layer, receiver, sync, operations, console, packages)


def sizes(folder: Path) -> dict[str, int]:
    """Return the bytes of a folder unpacked, and packed as it is uploaded."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    archive = FOLDER / f"{folder.name}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in files:
            packed.write(file, file.relative_to(folder))
    return {"unpacked": sum(file.stat().st_size for file in files), "packed": archive.stat().st_size}


def _make(source: Path, name: str) -> Path:
    """Do what `sam build` does for a resource whose BuildMethod is `makefile`: copy, and run its target."""
    copy, target = FOLDER / "source" / name, FOLDER / name
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
    target.mkdir(parents=True)
    _run("make", "--silent", f"build-{name}", f"ARTIFACTS_DIR={target}", cwd=copy)
    return target


def _run(*command: str | Path, cwd: Path = ROOT) -> None:
    environment = {**os.environ, "PATH": f"{BASE_ENVIRONMENT / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    for variable in ("PYTHONPYCACHEPREFIX", "PYTHONDONTWRITEBYTECODE", "MAKEFLAGS", "PYTHONPATH"):
        environment.pop(variable, None)
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout}\n{done.stderr}")
