"""How every AWS client of this project is made: bounded time-outs, few attempts, connections kept alive."""

from botocore.config import Config

CLIENT_CONFIG = Config(
    # The SDK's own defaults, 60 s for each, outlive the function that waits for them.
    connect_timeout=1,
    read_timeout=3,
    retries={"mode": "standard", "total_max_attempts": 3},
    tcp_keepalive=True,
)

RECEIVER_CONFIG = Config(
    # A provider waits for the answer. A call takes 7 s at most with its second try, and the first that fails
    # ends the request: four calls (secret, large body, event, message) fit into the function's 28 s, and are
    # answered with a 503 of ours. Longer ways, should each call be that slow, meet API Gateway's limit of 29
    # seconds and its 504; like every webhook without an answer they can be repeated.
    connect_timeout=1,
    read_timeout=2,
    retries={"mode": "standard", "total_max_attempts": 2},
    tcp_keepalive=True,
    # Every request's CPU time: the SDK's look at parameters, which are typed and tested, takes a tenth of it,
    # and the making of its long user agent another.
    parameter_validation=False,
    user_agent="accounting-sync",
)
