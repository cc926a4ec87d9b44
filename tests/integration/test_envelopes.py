"""The files of `events/sam-local` belong together: what one leaves behind is what the next one speaks of."""

import json

import pytest

from accounting_sync.webhooks.events import Status
from tests.harness.receiver_function import ReceiverFunction
from tests.local_stack.connection import sample_secret
from tests.local_stack.samples import envelopes
from tests.local_stack.samples.payloads import Sample, samples
from tests.local_stack.stack import StackOptions

SYNCED = [sample for sample in samples().values() if sample.status is Status.SYNCED]


@pytest.mark.parametrize("sample", SYNCED, ids=lambda sample: sample.name)
def test_sync_event_is_the_message_that_the_receiver_sends(
    receiver: ReceiverFunction, sample: Sample
) -> None:
    receiver.set_secret(sample_secret(StackOptions(port=1).credentials()), envelopes.CONNECTION)

    answer = receiver.call(envelopes.receiver_event(sample))

    [record] = envelopes.sync_event(sample)["Records"]
    assert answer.status == 200
    assert receiver.messages() == [json.loads(record["body"])]
