"""How every AWS client of this project is made: bounded time-outs, few attempts, connections kept alive."""

from botocore.config import Config

CLIENT_CONFIG = Config(
    # The SDK's own defaults, 60 s for each, outlive the function that waits for them.
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
)
