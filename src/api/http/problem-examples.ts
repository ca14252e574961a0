/** Each problem once, as the service writes it; the calls refer to them. */
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
  invalid_json: 'a JSON object in UTF-8 was expected',
  malformed: 'neither signed nor about any payment, session or transaction',
  unauthorized:
    'this key is not known; "Authorization: Bearer KEY" with one of API_KEYS was expected (npm start has one in .data/secrets.json)',
  bad_signature: 'the request is not signed',
  stale_signature:
    'the signature is right, but 4000 s old; at most 300 s were expected. It was acted upon all the same',
  declined: [`capture parcel-1 failed: ${REFUSED}; to try again, use another reference`, { reason: REFUSED }],
  reversed: [
    `refund return-1 failed: ${TAKEN_BACK}; to try again, use another reference`,
    { reason: TAKEN_BACK },
  ],
  scope_missing: 'the key webshop has the scope shop; one of money, admin was expected',
  source_not_allowed: `rightly signed, but from an address that is not on ${GATEWAY.variables.prefix}_ALLOWED_IPS; is TRUST_PROXY right?`,
  not_found: 'there is no such payment',
  method_not_allowed: 'GET, HEAD, POST was expected, not PUT',
  request_timeout: 'the headers within 10 s and the whole request within 30 s were expected',
  order_mismatch: [
    `payment ${PAYMENT_ID} over 722.00 NOK by ${GATEWAY.id} is open; ask for the same, or say "replace": true to cancel it first`,
    { errors: [{ pointer: '/order/amount', detail: '72200 in the open session, 72300 here' }] },
  ],
  order_already_paid: 'order 1001 has been paid; a new order needs a new reference',
  payment_in_review: 'a payment of order 1001 is in REVIEW; resolve it first',
  already_paid: `payment ${PAYMENT_ID} is AUTHORIZED: there is money on it`,
  not_cancellable: `payment ${PAYMENT_ID} is EXPIRED and not open any more`,
  not_in_review: `payment ${PAYMENT_ID} is AUTHORIZED`,
  not_acceptable: 'the gateway shows no transaction of this session',
  give_back_failed: `payment ${PAYMENT_ID} is still in REVIEW (give_back_failed); its timeline says why`,
  payment_not_paid: `payment ${PAYMENT_ID} is CANCELLED and has not paid order 1001`,
  operation_not_possible: `payment ${PAYMENT_ID}: nothing is left to be voided: the transaction is CAPTURED; what was captured is refunded instead`,
  amount_too_large: '723.00 NOK was asked for, 722.00 NOK can be captured',
  reference_reused: 'capture parcel-1 of this payment asked for something else; use another reference',
  not_confirmed:
    'capture parcel-1 failed: the gateway shows nothing of it; should it turn up later, it counts; look at the gateway, then use another reference',
  no_transaction: `payment ${PAYMENT_ID} is PENDING: there is no transaction to write it to`,
  not_redeliverable: 'the order has moved on: order.payment_pending would not be true any more',
  too_large: 'a body of at most 1048576 bytes was expected',
  uri_too_long: 'at most 16384 characters',
  unsupported_media_type: 'Content-Type: application/json was expected',
  items_required:
    'this payment method captures and refunds lines of the order: name them as items, or leave the amount out for all that is left',
  invalid_request: [
    'the body has fields that are not as expected',
    {
      errors: [
        {
          pointer: '/order/amount',
          detail: 'expected an integer in minor units (72200 for 722.00), not a decimal and not a text',
        },
      ],
    },
  ],
  rate_limited: 'at most 500 requests a second',
  headers_too_large: 'at most 16384 bytes of headers',
  internal: 'an unforeseen error; tell us the request id',
  gateway_rejected: `${GATEWAY.id} refused the session: profile "default" is not known`,
  gateway_not_configured: `payment ${PAYMENT_ID} is by ${GATEWAY.id}, which is not configured any more; nothing was done, ask again when it is`,
  unavailable: 'the store did not answer; ask again, nothing is done twice',
};

const REQUEST_ID = '8d1b3c1e-9a41-4a63-9a0e-2f6b1c0f7e52';

/** Adds them, so that a document with hundreds of refusals has each of them once. */
export function registerProblems(registry: OpenAPIRegistry): void {
  for (const code of Object.keys(PROBLEMS) as ProblemCode[])
    registry.registerComponent('examples', code, { value: problemBody(problemOf(code), REQUEST_ID) });
}

function problemOf(code: ProblemCode): Refusal {
  const told = DETAILS[code];
  return typeof told === 'string' ? new Refusal(code, told) : new Refusal(code, ...told);
}

/** Where the document has the example of a problem. */
export function exampleOf(code: ProblemCode): { readonly $ref: string } {
  return { $ref: `#/components/examples/${code}` };
}
