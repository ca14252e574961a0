/** Lets browsers wait a moment for a result, with one query for all of them. */
import { inArray } from 'drizzle-orm';
import type { Db } from '../../store/open.ts';
import type { PaymentRow } from '../../store/payments.ts';
import { payments } from '../../store/schema/order-tables.ts';
import { withStoreTimeout } from '../../store/errors.ts';

/**
 * Contract §4: at most 200 browsers wait at a time, for up to 3 s; further ones do not wait. At most three
 * wait for one payment, so that one link can't use all waits.
 */
const MOST_WAITS = 200;
const MOST_OF_ONE = 3;
const WAIT_MS = 3_000;
const LOOK_EVERY_MS = 100;
/** A store that hangs must not delay the browsers. */
const LOOK_LIMIT_MS = 400;

interface Wait {
  readonly payment: PaymentRow;
  readonly until: number;
  readonly done: (payment: PaymentRow) => void;
}

export interface OutcomeWaits {
  /** Returns the payment as soon as its status has changed, or as it is after 3 s. */
  wait(payment: PaymentRow): Promise<PaymentRow>;
}

/** One per process. */
export function createOutcomeWaits(db: Db): OutcomeWaits {
  const waits = new Set<Wait>();
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    const ids = [...waits].map(({ payment }) => payment.id);
    const asked = db.select().from(payments).where(inArray(payments.id, ids));
    const found = await withStoreTimeout(asked, LOOK_LIMIT_MS).catch(() => []);
    const byId = new Map(found.map((row) => [row.id, row]));
    for (const wait of waits) {
      const now = byId.get(wait.payment.id) ?? wait.payment;
      if (now.status === wait.payment.status && Date.now() < wait.until) continue;
      waits.delete(wait);
      wait.done(now);
    }
    timer = waits.size === 0 ? undefined : setTimeout(() => void look(), LOOK_EVERY_MS);
  }

  return {
    wait(payment) {
      const ofIt = [...waits].filter((wait) => wait.payment.id === payment.id).length;
      if (waits.size >= MOST_WAITS || ofIt >= MOST_OF_ONE) return Promise.resolve(payment);
      return new Promise((done) => {
        waits.add({ payment, until: Date.now() + WAIT_MS, done });
        timer ??= setTimeout(() => void look(), LOOK_EVERY_MS / 2);
      });
    },
  };
}
