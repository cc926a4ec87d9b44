"""Where the local stack finds things, and where it leaves them: never outside the project's folder."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The project."""
EVENTS = ROOT / "events"
LOCAL = ROOT / ".local"
STACK_FILE = LOCAL / "stack.json"

BASE_ENVIRONMENT = LOCAL / "env" / "base"
MINISTACK_ENVIRONMENT = LOCAL / "env" / "ministack"
SAM_ENVIRONMENT = LOCAL / "env" / "sam"
SAM_FOLDER = LOCAL / "sam"
BUILD = SAM_FOLDER / "build"
"""What `sam build` leaves and `sam deploy` takes; samconfig.toml names it as well."""
SAM_APP_FOLDER = LOCAL / "cache" / "sam"
STATE = LOCAL / "state"
"""One folder a stack: logs, temporary files, the local AWS's data."""
