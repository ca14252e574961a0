"""A sale by the generated Python client: creates a payment, waits until it is paid, captures and refunds it.

Prints the session as a line of JSON, and goes on once a line has come in.
"""

import json
import sys
import time

from paidonce_client import AuthenticatedClient
from paidonce_client.api.merchant import (
    capture_payment,
    create_payment,
    get_operation,
    get_payment,
    refund_payment,
)
from paidonce_client.models.capture import Capture
from paidonce_client.models.create_payment import CreatePayment
from paidonce_client.models.payment_with_timeline import PaymentWithTimeline
from paidonce_client.models.problem import Problem
from paidonce_client.models.refund import Refund

base_url, key, reference = sys.argv[1:4]
client = AuthenticatedClient(base_url=base_url, token=key)


def answered(found):
    if found is None or isinstance(found, Problem):
        raise SystemExit(f"refused: {found}")
    return found


def until(what, look):
    for _ in range(100):
        found = look()
        if found is not None:
            return found
        time.sleep(0.2)
    raise SystemExit(f"not in time: {what}")


def ended(operation):
    def look():
        now = answered(
            get_operation.sync(operation.payment.id, operation.reference, client=client)
        )
        return now if now.status.value == "done" else None

    return until(f"{operation.kind.value} is done", look)


order = {
    "reference": reference,
    "amount": 72200,
    "currency": "NOK",
    "items": [
        {
            "id": "chair",
            "lineId": "1",
            "description": "Chair",
            "quantity": 1,
            "amount": 72200,
        }
    ],
}
created = answered(
    create_payment.sync(client=client, body=CreatePayment.from_dict({"order": order}))
)
print(json.dumps({"sessionId": created.session_id}), flush=True)
sys.stdin.readline()


def authorized():
    now = answered(get_payment.sync(created.id, client=client))
    assert isinstance(now, PaymentWithTimeline)
    return now if now.status.value == "AUTHORIZED" else None


until("it is authorized", authorized)
ended(
    answered(
        capture_payment.sync(
            created.id, client=client, body=Capture(amount=72200, reference="c1")
        )
    )
)
refunded = ended(
    answered(
        refund_payment.sync(
            created.id, client=client, body=Refund(amount=34150), idempotency_key="r1"
        )
    )
)
print(
    json.dumps(
        {"status": refunded.payment.status.value, "refunded": refunded.amount}
    ),
    flush=True,
)
