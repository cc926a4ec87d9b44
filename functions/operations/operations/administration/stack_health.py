"""Looks for what keeps a whole stack from working: dead letters, alarms that nobody hears, limits of AWS."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from accounting_sync.time import Clock
from operations.api.administration import Finding

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

SPARE = 20
"""Concurrent functions beside those of the syncs: receivers of a burst, schedules, questions."""

MOST_SKEW = 30
"""Seconds that the clock may be off: the signature of a webhook is judged by it."""


@dataclass(frozen=True, slots=True)
class StackNames:
    """What the deployment tells of itself."""

    queues: tuple[str, ...]
    dead_letter_queue: str
    alarm_topic: str
    syncs: int
    """How many syncs may run at once, by the template's parameters."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "StackNames":
        """Read the names.

        Raises
        ------
        KeyError, ValueError
            If one is missing, or no number.
        """
        return cls(
            queues=(environment["SYNC_QUEUE_URL"], environment["BULK_QUEUE_URL"]),
            dead_letter_queue=environment["DEAD_LETTER_QUEUE_URL"],
            alarm_topic=environment["ALARM_TOPIC_ARN"],
            syncs=int(environment["SYNC_CONCURRENCY"]) + int(environment["BULK_CONCURRENCY"]),
        )


@dataclass(frozen=True, slots=True)
class StackHealth:
    """Asks AWS about the stack; it changes nothing."""

    sqs: "SQSClient"
    sns: "SNSClient"
    functions: "LambdaClient"
    names: StackNames
    clock: Clock

    def findings(self) -> Iterator[Finding]:
        """Make all checks; one that AWS does not answer is a finding too."""
        checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
            ("queue", self._queue),
            ("dead letters", self._dead_letters),
            ("alarms", self._alarms),
            ("clock", self._clock),
            ("account", self._account),
        )
        for name, check in checks:
            try:
                yield check()
            except (ClientError, BotoCoreError) as error:
                said = f"AWS did not answer ({_code(error)})."
                yield Finding(
                    check=name, ok=False, message=said, remedy="Look again; then at the role's rights."
                )

    def _queue(self) -> Finding:
        waiting = sum(self._length(url) for url in self.names.queues)
        return Finding(check="queue", ok=True, message=f"{waiting} messages are on their way to the sync.")

    def _dead_letters(self) -> Finding:
        count = self._length(self.names.dead_letter_queue)
        if not count:
            return Finding(check="dead letters", ok=True, message="There are none.")
        return Finding(
            check="dead letters",
            ok=False,
            message=f"{count} messages are in the dead-letter queue.",
            remedy="They become FAILED events within a minute (accounting-sync events list --status FAILED)."
            " If they stay, the log of OperationsFunction says why.",
        )

    def _alarms(self) -> Finding:
        pages = self.sns.get_paginator("list_subscriptions_by_topic").paginate(
            TopicArn=self.names.alarm_topic
        )
        arns = [each["SubscriptionArn"] for page in pages for each in page["Subscriptions"]]
        confirmed = [arn for arn in arns if arn.startswith("arn:")]  # else it says PendingConfirmation
        hearing = sum(1 for arn in confirmed if not self._is_filtered(arn))
        if hearing:
            return Finding(check="alarms", ok=True, message=f"{hearing} subscribers get them.")
        return Finding(
            check="alarms",
            ok=False,
            message=f"Nobody gets alarms ({len(arns) - len(confirmed)} subscriptions wait to be confirmed).",
            remedy="Confirm the mail that AWS sent, or subscribe: accounting-sync notices subscribe ADDRESS.",
        )

    def _is_filtered(self, subscription: str) -> bool:
        """Whether somebody gets the notices of a connection only: alarms have no attributes to compare."""
        answer = self.sns.get_subscription_attributes(SubscriptionArn=subscription)
        return bool(answer["Attributes"].get("FilterPolicy"))

    def _clock(self) -> Finding:
        answer = self.sqs.get_queue_attributes(
            QueueUrl=self.names.dead_letter_queue, AttributeNames=["QueueArn"]
        )
        said = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
        if said is None:
            return Finding(check="clock", ok=True, message="AWS did not say what time it is.")
        skew = int((self.clock() - parsedate_to_datetime(said)).total_seconds())
        if abs(skew) <= MOST_SKEW:
            return Finding(check="clock", ok=True, message=f"It is right to {MOST_SKEW} seconds.")
        return Finding(
            check="clock",
            ok=False,
            message=f"It differs by {skew} seconds from that of AWS.",
            remedy="Signatures are judged by it. Set the clock; where it is that of AWS, report it there.",
        )

    def _account(self) -> Finding:
        limit = self.functions.get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
        needed = self.names.syncs + SPARE
        if limit >= needed:
            return Finding(check="account", ok=True, message=f"It allows {limit} functions at once.")
        return Finding(
            check="account",
            ok=False,
            message=f"It allows {limit} functions at once; this stack may need {needed}.",
            remedy="Ask for more: AWS console, Service Quotas, AWS Lambda, Concurrent executions. New"
            " accounts may begin with 10.",
        )

    def _length(self, url: str) -> int:
        name: Any = "ApproximateNumberOfMessages"
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return int(answer["Attributes"][name])


def _code(error: ClientError | BotoCoreError) -> str:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
