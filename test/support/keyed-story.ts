/** One order at a gateway like Stripe: the books of the model's keyed PSP, events without a key, stored failures. */
import type { Callback } from '../../src/domain/callback.ts';
import type { Gateway } from '../../src/gateways/gateway.ts';
import type { NewPayment } from '../../src/store/claim-payment.ts';
import { logDelivery } from '../../src/store/log-delivery.ts';
import type { PaymentRow } from '../../src/store/payments.ts';
import type { Line, OperationFate } from '../model/world/gateway.ts';
import { createKeyedGateway } from '../model/world/keyed-gateway.ts';
import type { Fact } from '../model/world/keyed-ledger.ts';
import { KeyedPsp } from '../model/world/keyed-psp.ts';
import { noticeOf } from '../model/world/notices.ts';
import type { PspSession } from '../model/world/psp.ts';
import { aDelivery } from './builders.ts';
import { LIFETIME_MS } from './story-activities.ts';
import { NOK, Story } from './story.ts';

const RULES = {
  voids: 'whole',
  captures: 'many',
  finalCapture: true,
  refunds: 'any_time',
  lines: 'optional',
  authorizationDays: 7,
} as const;

export class KeyedStory extends Story {
  readonly books = newKeyedBooks();
  /** The results of the next operations, in order; then all are done. */
  readonly fates: OperationFate[] = [];
  /** The next session is opened, and its key is answered with a stored failure for ever. */
  isOpeningKept = false;
  override readonly gateway: Gateway = createKeyedGateway(this.books, this.#line()) as Gateway;
  #events = 0;

  /** The first session. */
  get booked(): PspSession {
    const [session] = this.books.sessions;
    if (session === undefined) throw new Error(`order ${this.reference} has no session yet`);
    return session;
  }

  /** A session at the gateway alone, as after an answer that was lost. */
  leaveSessionBehind(): void {
    const { paymentId, orderReference, n } = this.address;
    const key = { paymentId, orderReference, n };
    this.books.open({ key, ...NOK, expiresAt: Date.now() + LIFETIME_MS });
  }

  override claim(ageMs = 0, changes: Partial<NewPayment> = {}): Promise<PaymentRow> {
    return super.claim(ageMs, { gateway: this.gateway.id, ...changes });
  }

  override async call(eventId: string, claim: Callback['claim'] = {}, to = this.address): Promise<void> {
    const { paymentId, orderReference, n } = to;
    const received = { eventId: `${this.reference}/${eventId}`, contentHash: eventId, claim };
    const key = { paymentId, orderReference, n };
    await logDelivery(this.store.db, { ...aDelivery(null, received), gateway: this.gateway.id, key });
    await this.runs.callback(to, { ...received, receivedAt: new Date().toISOString() });
  }

  /** An event of the gateway about a fact, and all its immediate effects. */
  async event(object: Fact['object'], name: string, about: PspSession = this.booked): Promise<void> {
    await this.callback(`e${(this.#events += 1)}`, noticeOf(about, { object, name }, false).claim);
  }

  /** The payer pays by card, and the payment is the order's. */
  async pays(): Promise<void> {
    await this.open();
    this.books.pay(this.booked, 'AUTHORIZED');
    await this.event('session', 'session:complete');
  }

  #line(): Line {
    return {
      now: () => Date.now(),
      call: async (_, work) => work(),
      ofRead: () => ({ fate: 'fine', lagMs: 0 }),
      ofOperation: () => this.fates.shift() ?? 'done',
      ofOpening: () => (this.isOpeningKept ? 'kept_after' : 'done'),
      endLater: () => undefined,
      arriveLater: () => undefined,
      sending: () => undefined,
      cancelling: () => undefined,
      searchLagMs: 0,
      isCareless: false,
    };
  }
}

function newKeyedBooks(): KeyedPsp {
  const watch = { now: () => Date.now(), opened: () => undefined, changed: () => undefined };
  const { captures } = RULES;
  return new KeyedPsp({ product: 'card', rules: RULES, clock: 1_000, captures, paysTwice: true }, watch);
}
