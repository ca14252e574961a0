/** What happens by itself, in the sandbox's time: sessions expire, authorizations lapse, debits settle. */
import type { Later } from '../records/stripe-records.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';

/** Makes an appointment, which survives a restart. */
export function schedule(sandbox: StripeSandbox, what: Omit<Later, 'id'>): void {
  const later = { ...what, id: `${what.what} ${what.subject}` };
  sandbox.ledger.saveLater(later);
  sandbox.agenda.at(later.atMs, () => run(sandbox, later));
}

/** Cancels an appointment. */
export function unschedule(sandbox: StripeSandbox, what: Later['what'], subject: string): void {
  sandbox.ledger.dropLater(`${what} ${subject}`);
}

/** Continues the appointments that were waiting at a restart. */
export function resumeLater(sandbox: StripeSandbox): void {
  for (const later of sandbox.ledger.laters.values())
    sandbox.agenda.at(later.atMs, () => run(sandbox, later));
}

function run(sandbox: StripeSandbox, later: Later): void {
  if (sandbox.ledger.laters.get(later.id) !== later) return;
  sandbox.ledger.dropLater(later.id);
  sandbox.book.during({}, () => sandbox.onDue(later));
  sandbox.journal.flush();
}
