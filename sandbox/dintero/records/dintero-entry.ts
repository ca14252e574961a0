import type { FaultState } from '../../faults/faults.ts';
import type { Fault, Knobs } from '../faults/fault-schema.ts';
import type { WebhookDelivery, Subscription } from '../webhooks/subscription.ts';
import type { Late, Quirk } from '../transactions/later.ts';
import type { Settlement } from '../settlements/settlement.ts';
import type { Rotation } from '../callbacks/signing-secrets.ts';
import type { CallbackRecord } from '../callbacks/callback-record.ts';
import type { Session } from '../sessions/session.ts';
import type { Resolution } from '../transactions/later.ts';
import type { Transaction } from '../transactions/transaction.ts';

interface EntryOf<Kind extends string, Value> {
  readonly kind: Kind;
  readonly id: string;
  /** The whole record as it is now; null if it was removed. */
  readonly record: Value;
}

/** The records of the Dintero sandbox. */
export type Entry =
  | EntryOf<'session', Session>
  | EntryOf<'transaction', Transaction>
  | EntryOf<'callback', CallbackRecord>
  | EntryOf<'resolution', Resolution | null>
  | EntryOf<'late', Late | null>
  | EntryOf<'quirk', Quirk>
  | EntryOf<'subscription', Subscription>
  | EntryOf<'hookDelivery', WebhookDelivery>
  | EntryOf<'settlement', Settlement>
  | EntryOf<'secrets', readonly Rotation[]>
  | EntryOf<'ownFaults', Readonly<Record<string, Fault>>>
  | EntryOf<'faults', FaultState<Fault, Knobs>>;
