import { Agenda } from '../records/agenda.ts';
import { Callbacks } from './callbacks/callbacks.ts';
import { Faults } from '../faults/faults.ts';
import { type DinteroFaults, OPERATIONS, USUAL_KNOBS } from './faults/fault-schema.ts';
import { Webhooks } from './webhooks/webhooks.ts';
import { openJournal, openNoJournal, readJournal, type Journal } from '../records/journal.ts';
import type { Entry } from './records/dintero-entry.ts';
import { Ledger } from './records/ledger.ts';
import type { Settings } from './settings.ts';
import { SigningSecrets } from './callbacks/signing-secrets.ts';
import { Tokens } from './http/access-token.ts';

/** The parts that routes use. */
export interface Sandbox {
  readonly settings: Settings;
  readonly journal: Journal;
  readonly ledger: Ledger;
  readonly faults: DinteroFaults;
  readonly tokens: Tokens;
  readonly agenda: Agenda;
  readonly callbacks: Callbacks;
  readonly webhooks: Webhooks;
  readonly secrets: SigningSecrets;
  /** Calls per operation of the API since the start. */
  readonly requests: Map<string, number>;
  /** The origin of checkout URLs; known once the port is known. */
  publicUrl: string;
}

/**
 * Opens the sandbox from its journal, or in memory only without a `DATA_DIR`. Nothing is sent before
 * `resume`.
 */
export function openSandbox(settings: Settings): Sandbox {
  const entries = settings.dataDir === undefined ? [] : readJournal<Entry>(settings.dataDir);
  const journal = settings.dataDir === undefined ? openNoJournal() : openJournal(settings.dataDir);
  const kinds = { operations: OPERATIONS, usualKnobs: USUAL_KNOBS };
  const faults: DinteroFaults = new Faults(journal, kinds);
  const [ledger, agenda] = [new Ledger(journal), new Agenda()];
  const secrets = new SigningSecrets(settings.signatureSecrets, journal);
  for (const entry of entries) for (const part of [ledger, faults, secrets]) part.replay(entry);
  const parts = { account: settings.account, ledger, faults, agenda, journal, secrets };
  const [callbacks, webhooks] = [new Callbacks(parts), new Webhooks(parts)];
  const [tokens, requests] = [new Tokens(), new Map<string, number>()];
  const sandbox = { ...parts, settings, tokens, callbacks, webhooks, requests, publicUrl: '' };
  journal.rewrite(allEntries(sandbox));
  return sandbox;
}

/** Resets everything: no records, no faults, nothing under way. */
export function resetSandbox(sandbox: Sandbox): void {
  sandbox.agenda.clear();
  sandbox.callbacks.courier.clear();
  sandbox.webhooks.courier.clear();
  sandbox.ledger.clear();
  sandbox.secrets.clear();
  sandbox.faults.clear();
  sandbox.requests.clear();
  sandbox.journal.rewrite(allEntries(sandbox));
}

function* allEntries({
  faults,
  ledger,
  secrets,
}: Pick<Sandbox, 'faults' | 'ledger' | 'secrets'>): Generator<Entry> {
  yield* faults.entries();
  yield* secrets.entries();
  yield* ledger.entries();
}
