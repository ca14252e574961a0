import { shortId } from '../records/ids-and-times.ts';
import { nowIso, type Session } from '../transactions/transaction.ts';

/** Appends an event; the caller saves. */
export function addSessionEvent(session: Session, name: string): void {
  const now = nowIso();
  session.events.push({ id: shortId(), name, created_at: now });
  session.updated_at = now;
}

export function hasEvent(session: Session, name: string): boolean {
  return session.events.some((event) => event.name === name);
}
