/** What becomes of a sample order, step by step: one for each state that an order can have. */

export type Step =
  | { readonly event: string }
  /** `share`: of the amount; all of it where it is absent. */
  | { readonly move: 'capture' | 'refund' | 'void'; readonly share?: number }
  | 'cancel'
  | 'give_back';

export interface Sample {
  readonly name: string;
  /** What has happened to the order. */
  readonly summary: string;
  readonly steps: readonly Step[];
  /** The session's lifetime; without it that of every session. */
  readonly livesMs?: number;
  /** The demo shop does not hear of it. */
  readonly isUnheard?: true;
}

const PAYS: Step = { event: 'payment' };
const CAPTURE: Step = { move: 'capture' };

export const SAMPLES: readonly Sample[] = [
  { name: 'paid', summary: 'paid; the money is held and not captured', steps: [PAYS] },
  { name: 'captured', summary: 'paid and captured', steps: [PAYS, CAPTURE] },
  {
    name: 'review',
    summary: 'the payer paid less than the order: a person must decide',
    steps: [{ event: 'wrong_amount' }],
  },
  {
    name: 'unheard',
    summary: 'paid; the shop answers 500 about it, and does not know',
    steps: [PAYS],
    isUnheard: true,
  },
  {
    name: 'refund-pending',
    summary: 'captured; a refund is accepted and not done',
    steps: [{ event: 'refund_pending' }, CAPTURE, { move: 'refund' }],
  },
  {
    name: 'late-money',
    summary: 'closed without a payment, and paid nevertheless: the money was given back',
    steps: [{ event: 'at_the_bank' }, 'cancel', PAYS],
  },
  { name: 'declined', summary: 'the payment was declined', steps: [{ event: 'decline' }] },
  { name: 'held', summary: 'the gateway has not decided', steps: [{ event: 'stays_on_hold' }] },
  { name: 'refunded', summary: 'captured and refunded', steps: [PAYS, CAPTURE, { move: 'refund' }] },
  {
    name: 'captured-in-part',
    summary: 'half of the money is captured; the rest is held, or given back where it must be',
    steps: [PAYS, { move: 'capture', share: 0.5 }],
  },
  {
    name: 'refunded-in-part',
    summary: 'captured, and a fifth of it refunded',
    steps: [PAYS, CAPTURE, { move: 'refund', share: 0.2 }],
  },
  { name: 'voided', summary: 'paid, then released without a capture', steps: [PAYS, { move: 'void' }] },
  { name: 'cancelled', summary: 'the shop cancelled the session', steps: ['cancel'] },
  { name: 'left', summary: 'the payer left the page', steps: [{ event: 'cancel' }] },
  { name: 'expiring', summary: 'nobody pays: it expires within two minutes', steps: [], livesMs: 65_000 },
  { name: 'open', summary: 'the payer is at the page', steps: [] },
  { name: 'at-once', summary: 'paid by a method that captures at once', steps: [{ event: 'capture' }] },
  {
    name: 'lost',
    summary: 'paid without a callback or a return: the sweep finds it',
    steps: [{ event: 'lost' }],
  },
  { name: 'repeated', summary: 'paid; each callback came three times', steps: [{ event: 'duplicate' }] },
  {
    name: 'forged',
    summary: 'not paid; a forged callback says that it is',
    steps: [{ event: 'forged' }],
  },
  {
    name: 'given-back',
    summary: 'paid wrongly, and given back by a person',
    steps: [{ event: 'wrong_amount' }, 'give_back'],
  },
  {
    name: 'refunded-there',
    summary: "refunded by a person at the gateway, not by the shop's call",
    steps: [{ event: 'refund' }],
  },
  { name: 'disputed', summary: "the payer's bank took the money back", steps: [{ event: 'dispute' }] },
];

/** Whether a gateway's sandbox can show it. */
export function isPossible(
  { steps, livesMs }: Sample,
  stand: {
    readonly sandbox: { readonly events: readonly { readonly name: string }[] };
    readonly shortestMs: number;
  },
): boolean {
  const has = (name: string) => stand.sandbox.events.some((event) => event.name === name);
  const isShort = livesMs === undefined || livesMs >= stand.shortestMs;
  return isShort && steps.every((step) => typeof step === 'string' || !('event' in step) || has(step.event));
}
