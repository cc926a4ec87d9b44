"""Who claimed which entity, read off the calls to DynamoDB as they pass."""

import json
from typing import Any

type Taken = dict[str, Any]


def claim_of(operation: str, body: bytes, answer: bytes) -> Taken | None:
    """Return what a call that took effect did to a claim; None: it did not touch one.

    A claim that was taken has `entity`, `owner`, `fence`, `taken_at` and `expires_at`, by its worker's clock.
    One that was given up has `entity` and `given_up`, its fence.
    """
    if operation != "dynamodb UpdateItem" or b"CLAIM" not in body:
        return None
    call = json.loads(body)
    if call["Key"].get("sk") != {"S": "CLAIM"}:
        return None
    entity, values = call["Key"]["pk"]["S"], call["ExpressionAttributeValues"]
    if ":owner" not in values:
        return {"entity": entity, "given_up": int(values[":fence"]["N"])}
    return {
        "entity": entity,
        "owner": values[":owner"]["S"],
        "fence": int(json.loads(answer)["Attributes"]["fence"]["N"]),
        "taken_at": values[":now"]["S"],
        "expires_at": values[":expires_at"]["S"],
    }
