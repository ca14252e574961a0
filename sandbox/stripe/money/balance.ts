import type { BalanceTransaction, Charge } from '../records/stripe-objects.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';

const FEE_RATE = 0.014;
const FEE_FIXED = 25;
const PENDING_SECONDS = 7 * 86_400;

interface Booking {
  readonly type: 'charge' | 'payment' | 'refund' | 'refund_failure' | 'adjustment';
  /** Negative for money that leaves the account. */
  readonly amount: number;
  readonly source: string;
  readonly currency: string;
  readonly description?: string | null;
}

/** Books money to or from the account's balance. */
export function bookMoney({ ledger, ids, clock }: StripeSandbox, booking: Booking): BalanceTransaction {
  const fee = booking.type === 'charge' ? Math.round(booking.amount * FEE_RATE) + FEE_FIXED : 0;
  const booked: BalanceTransaction = {
    id: ids.next('txn_3', 23),
    object: 'balance_transaction',
    amount: booking.amount,
    available_on: clock.now() + PENDING_SECONDS,
    balance_type: 'payments',
    created: clock.now(),
    currency: booking.currency,
    description: booking.description ?? null,
    exchange_rate: null,
    fee,
    fee_details:
      fee === 0
        ? []
        : [
            {
              amount: fee,
              application: null,
              currency: booking.currency,
              description: 'Stripe processing fees',
              type: 'stripe_fee',
            },
          ],
    net: booking.amount - fee,
    reporting_category: booking.type === 'adjustment' ? 'dispute' : booking.type,
    source: booking.source,
    status: 'pending',
    type: booking.type,
  };
  ledger.save('booking', booked);
  return booked;
}

/** Books a captured charge; Stripe does so a moment after an automatic capture. */
export function bookCharge(sandbox: StripeSandbox, charge: Charge, amount = charge.amount_captured): void {
  const type = charge.id.startsWith('py_') ? 'payment' : 'charge';
  const { currency, description } = charge;
  charge.balance_transaction = bookMoney(sandbox, {
    type,
    amount,
    source: charge.id,
    currency,
    description,
  }).id;
  sandbox.ledger.save('charge', charge);
}
