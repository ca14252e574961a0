/** Sessions, with Dintero's own field names, since they are sent in this form. */
import { nowIso, shortId } from '../records/ids-and-times.ts';

interface SessionEvent {
  readonly id: string;
  readonly name: string;
  readonly created_at: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export interface Item {
  readonly id?: string | undefined;
  readonly line_id?: string | undefined;
  readonly amount: number;
  readonly description?: string | undefined;
  readonly quantity?: number | undefined;
  readonly [field: string]: unknown;
}

interface SessionOrder {
  readonly amount: number;
  readonly currency: string;
  readonly merchant_reference: string;
  readonly merchant_reference_2?: string | undefined;
  readonly items?: readonly Item[] | undefined;
  readonly store?: { readonly id?: string | undefined } | undefined;
  readonly shipping_option?: { readonly amount: number; readonly [field: string]: unknown } | undefined;
  readonly [field: string]: unknown;
}

export interface Session {
  readonly id: string;
  readonly created_at: string;
  updated_at: string;
  readonly expires_at: string;
  order: SessionOrder;
  readonly url: { readonly return_url: string; readonly callback_url?: string | undefined };
  readonly customer?: {
    readonly customer_id?: string | undefined;
    readonly email?: string | undefined;
    readonly phone_number?: string | undefined;
  };
  readonly configuration?: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, string | number>>;
  readonly events: SessionEvent[];
  transaction_id?: string;
  cancelled_at?: string;
  cancelled_by?: string;
  pay_lock?: { readonly pay_lock_id: string };
}

/** Appends an event; the caller saves. */
export function addSessionEvent(session: Session, name: string): void {
  const now = nowIso();
  session.events.push({ id: shortId(), name, created_at: now });
  session.updated_at = now;
}

export function hasEvent(session: Session, name: string): boolean {
  return session.events.some((event) => event.name === name);
}
