import { Agenda } from '../records/agenda.ts';
import { type Entry, type Journal, openJournal, openNoJournal, readJournal } from '../records/journal.ts';
import { Faults } from '../faults/faults.ts';
import { subscribeFromEnvironment } from './endpoints/endpoint.ts';
import { EventBook } from './events/event-book.ts';
import { EventSender } from './events/event-sender.ts';
import { Listeners } from './events/listeners.ts';
import { OPERATIONS, type StripeFaults, USUAL_KNOBS } from './stripe-faults.ts';
import { SimClock } from './records/sim-clock.ts';
import { StripeIds } from './records/stripe-ids.ts';
import { StripeLedger } from './records/stripe-ledger.ts';
import type { Later } from './records/stripe-records.ts';
import type { StripeSettings } from './settings.ts';

/** The parts that routes use. */
export interface StripeSandbox {
  readonly settings: StripeSettings;
  readonly journal: Journal;
  readonly ledger: StripeLedger;
  readonly faults: StripeFaults;
  readonly ids: StripeIds;
  readonly clock: SimClock;
  /** What happens by itself, in the sandbox's time. */
  readonly agenda: Agenda;
  readonly sender: EventSender;
  /** Retries, in true time. */
  readonly deliveryAgenda: Agenda;
  readonly book: EventBook;
  /** Sessions of `stripe listen`. */
  readonly listeners: Listeners;
  /** Calls per operation of the API since the start. */
  readonly requests: Map<string, number>;
  /** The origin of the payment pages; known once the port is known. */
  publicUrl: string;
  /** Carries out an appointment; set by `connectDue`, since it reaches every room. */
  onDue: (later: Later) => void;
}

/**
 * Opens the sandbox from its journal, or in memory only without a `DATA_DIR`. Nothing is sent before it is
 * resumed.
 */
export function openStripeSandbox(settings: StripeSettings): StripeSandbox {
  const entries = settings.dataDir === undefined ? [] : readJournal(settings.dataDir);
  const journal = settings.dataDir === undefined ? openNoJournal() : openJournal(settings.dataDir);
  const ledger = new StripeLedger(journal);
  const faults: StripeFaults = new Faults(journal, { operations: OPERATIONS, usualKnobs: USUAL_KNOBS });
  const [ids, clock] = [new StripeIds(settings.seed), new SimClock()];
  const [agenda, deliveryAgenda] = [new Agenda(() => clock.nowMs()), new Agenda()];
  const sender = new EventSender({ ledger, faults, ids, journal, agenda: deliveryAgenda });
  const { apiVersion } = settings;
  const listeners = new Listeners(settings.webhookSecrets);
  const book = new EventBook({ ledger, faults, ids, clock, sender, listeners, apiVersion });
  const own = {
    settings,
    journal,
    ledger,
    faults,
    ids,
    clock,
    agenda,
    sender,
    deliveryAgenda,
    book,
    listeners,
  };
  const sandbox = { ...own, requests: new Map<string, number>(), publicUrl: '', onDue: () => {} };
  for (const entry of entries) replay(sandbox, entry);
  subscribeFromEnvironment(sandbox);
  journal.rewrite(allEntries(sandbox));
  return sandbox;
}

/** Resets everything: no records, no faults, nothing under way, the true time. */
export function resetStripeSandbox(sandbox: StripeSandbox, seed: string | undefined): void {
  for (const agenda of [sandbox.agenda, sandbox.deliveryAgenda]) agenda.clear();
  for (const part of [sandbox.sender.courier, sandbox.book, sandbox.ledger, sandbox.faults]) part.clear();
  sandbox.requests.clear();
  sandbox.clock.set(0);
  sandbox.ids.restart(seed ?? sandbox.settings.seed);
  subscribeFromEnvironment(sandbox);
  sandbox.journal.rewrite(allEntries(sandbox));
}

/** Notes how many ids were given and how far the clock was moved. */
export function markState({ journal, ids, clock }: StripeSandbox): void {
  journal.mark({ kind: 'state', id: 'state', record: { ...ids.state, aheadMs: clock.aheadMs } });
}

function replay({ ids, clock, ledger, faults }: StripeSandbox, entry: Entry): void {
  if (entry.kind === 'state') {
    const { seed, count, aheadMs } = entry.record as { seed: string; count: number; aheadMs: number };
    ids.restart(seed, count);
    clock.set(aheadMs);
  }
  faults.replay(entry);
  ledger.replay(entry);
}

function* allEntries({ ids, clock, faults, ledger }: StripeSandbox): Generator<Entry> {
  yield { kind: 'state', id: 'state', record: { ...ids.state, aheadMs: clock.aheadMs } };
  yield* faults.entries();
  yield* ledger.entries();
}
