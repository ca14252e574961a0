/** One example of each problem, as the service writes it; the calls refer to them. */
import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { Refusal, type FieldProblem, type ProblemCode } from '../refusal.ts';
import { problemBody, PROBLEMS } from './problem.ts';
import { GATEWAY, PAYMENT_ID } from '../payments/payment-examples.ts';

interface More {
  readonly errors?: readonly FieldProblem[];
  readonly reason?: string;
}

const REFUSED = 'the payment provider refused the operation';
const TAKEN_BACK = 'the payment provider has taken it back';

const DETAILS: Readonly<Record<ProblemCode, string | readonly [string, More]>> = {
  invalid_json: 'the body is not valid JSON; a JSON object in UTF-8 was expected',
  malformed: 'neither signed nor about any payment, session or transaction',
  unauthorized:
    'this API key is not known; "Authorization: Bearer KEY" with one of API_KEYS was expected (npm start has one in .data/secrets.json)',
  bad_signature: 'the request is not signed',
  stale_signature:
    'the signature is valid, but 4000 s old; at most 300 s were expected. The callback was acted on nevertheless',
  declined: [`capture parcel-1 failed: ${REFUSED}; to try again, use another reference`, { reason: REFUSED }],
  reversed: [
    `refund return-1 failed: ${TAKEN_BACK}; to try again, use another reference`,
    { reason: TAKEN_BACK },
  ],
  scope_missing:
    'the API key webshop has the scope shop; one of money, admin was expected; use another key, or change its scopes in API_KEYS',
  source_not_allowed: `the signature is valid, but the address is not on ${GATEWAY.variables.prefix}_ALLOWED_IPS; check that list and TRUST_PROXY`,
  not_found: 'there is no such payment',
  no_sandbox: `the test bench is there only where gateways are sandboxes of paidonce: an account is live, so money is real. Run npm start in a copy of the repository, without variables of a gateway`,
  samples_running:
    'sample orders are being made; GET /v1/test/orders shows them. Wait for their end: it takes two minutes at most',
  sandbox_refused: `${PAYMENT_ID} is CAPTURED: payment needs a payment that can be paid`,
  method_not_allowed: 'the method was PUT; GET, HEAD, POST was expected',
  request_timeout:
    'the request took too long; the headers within 10 s and the whole request within 30 s were expected',
  order_mismatch: [
    `payment ${PAYMENT_ID} over 722.00 NOK by ${GATEWAY.id} is open; request the same, or send "replace": true to cancel it first`,
    { errors: [{ pointer: '/order/amount', detail: '72200 in the open session, 72300 here' }] },
  ],
  order_already_paid: 'order 1001 has been paid; use a new reference for a new order',
  payment_in_review:
    'a payment of order 1001 is in REVIEW; a person has to resolve it first, by POST /v1/payments/{id}/resolve',
  already_paid: `payment ${PAYMENT_ID} is AUTHORIZED and already has money; void or refund it instead`,
  not_cancellable: `payment ${PAYMENT_ID} is EXPIRED and no longer open`,
  not_in_review: `payment ${PAYMENT_ID} is AUTHORIZED`,
  not_acceptable: 'the gateway shows no transaction of this session',
  give_back_failed: `payment ${PAYMENT_ID} is still in REVIEW (give_back_failed); its timeline says why`,
  payment_not_paid: `payment ${PAYMENT_ID} is CANCELLED and has not paid order 1001`,
  operation_not_possible: `payment ${PAYMENT_ID}: nothing is left to be voided: the transaction is CAPTURED; what was captured is refunded instead`,
  amount_too_large: '723.00 NOK was asked for, 722.00 NOK can be captured',
  reference_reused:
    'capture parcel-1 of this payment was requested with other contents; use another reference',
  own_approval: 'the key support has asked for this itself; a key of another name was expected',
  not_approved:
    'refund return-1 over 341.50 NOK was rejected by grace; nothing was moved, and another request needs another reference',
  not_confirmed:
    'capture parcel-1 failed: the gateway does not show it; if the gateway shows it later, it counts as done; look at the gateway, then use another reference',
  no_transaction: `payment ${PAYMENT_ID} is PENDING and has no transaction yet; try again once it is paid`,
  not_redeliverable:
    'a later update of the order replaces order.payment_pending, which is no longer true; send the later one',
  backfill_running: `a backfill of ${GATEWAY.id} is running; GET /v1/backfills?status=running shows it. Wait for its end, or use its result`,
  reconciliation_running: `a reconciliation of ${GATEWAY.id} is running; GET /v1/reconciliations?status=running shows it. Wait for its end, or use its result`,
  too_large: 'the body is too large; at most 1048576 bytes were expected',
  uri_too_long: 'the address is too long; at most 16384 characters were expected',
  unsupported_media_type: 'the body has another media type; Content-Type: application/json was expected',
  items_required:
    'this payment method captures and refunds order lines; give them as items, or leave the amount out for all that is left',
  invalid_request: [
    'the body has fields that are not as expected',
    {
      errors: [
        {
          pointer: '/order/amount',
          detail: 'expected an integer in minor units (72200 for 722.00), not a decimal number or a string',
        },
      ],
    },
  ],
  too_many_rows:
    'too many rows have to be read for this filter; give a narrower time (createdAfter and createdBefore, or receivedAfter and receivedBefore), or another filter beside it',
  rate_limited:
    'this API key sent too many requests; at most 500 a second are allowed, send the request again later',
  headers_too_large: 'the headers are too large; at most 16384 bytes were expected',
  internal: 'an unexpected error; report it with the request id',
  gateway_rejected: `${GATEWAY.id} refused the session: profile "default" is not known`,
  gateway_not_configured: `payment ${PAYMENT_ID} is by ${GATEWAY.id}, which is no longer configured; nothing was done, send the request again once it is configured`,
  not_supported: `${GATEWAY.id} has no reference that can be changed later`,
  unavailable: 'the store did not answer; send the request again: nothing is done twice',
};

const REQUEST_ID = '8d1b3c1e-9a41-4a63-9a0e-2f6b1c0f7e52';

/** Registers the examples as components, so that the document contains each only once. */
export function registerProblems(registry: OpenAPIRegistry): void {
  for (const code of Object.keys(PROBLEMS) as ProblemCode[])
    registry.registerComponent('examples', code, { value: problemBody(problemOf(code), REQUEST_ID) });
}

function problemOf(code: ProblemCode): Refusal {
  const told = DETAILS[code];
  return typeof told === 'string' ? new Refusal(code, told) : new Refusal(code, ...told);
}

/** A reference to the example of a problem. */
export function exampleOf(code: ProblemCode): { readonly $ref: string } {
  return { $ref: `#/components/examples/${code}` };
}
