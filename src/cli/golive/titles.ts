/**
 * The checks of each gateway. The seven published ones are those of a recipe for webhook idempotency
 * (docs/go-live.md); S1 to S7 are what is wrong in it and in the gateways' own samples.
 */
export const TITLES = {
  concurrent: 'Published check 3: many requests for one order at once open one session',
  forged: 'Published check 4: a wrong signature is refused',
  changed: 'Published check 6: a signature does not survive a change of body, query or method',
  S3: "S3: a signed callback is not believed; the gateway's own answer counts",
  S5: 'S5: a genuine callback that is not ours is acknowledged; 4xx is for proved forgeries alone',
  arrival: "The gateway's own callback arrives, and the payment is paid",
  duplicate: 'Published check 1: the same delivery twice has one effect',
  resend: 'Published check 2: a callback sent again by hand has no second effect',
  S6: 'S6: deliveries and effects have a key each',
  S1: 'S1: the window of a signature has two sides, of five minutes each',
  S2: 'S2: the signature header is read as a list',
  replay: 'Published check 5: a signature of six minutes ago is refused, and its payment is not lost',
  S4: 'S4: an event whose handling failed is not lost',
  silence: 'No shop is told of these orders',
  reconciliation: 'Published check 7: the account and the service agree',
  S7: 'S7: no difference is left unexplained',
} as const;

export type CheckName = keyof typeof TITLES;
