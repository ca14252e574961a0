/**
 * Sends order updates to a shop's endpoint: first what it must refuse, then what it must take. The order of the
 * checks matters, since all of them are about one order.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SentAttempt } from '../../store/update-attempts.ts';
import {
  sendMessage,
  signedMessage,
  type MerchantEndpoint,
  type SignedMessage,
} from '../../updates/signed-message.ts';
import type { ProofCheck } from '../proof-check.ts';
import { answered, type Question } from './check.ts';
import { anotherSecret, forgeriesOf } from './forgeries.ts';
import { ProbeFailed, shortly, type Probe } from './probe.ts';
import * as ask from './questions.ts';
import { updatesOf, type TestOrder, type UnsignedUpdate } from './test-order.ts';

/** Longer than a shop should need that handles an update after its answer. */
const LATE_EFFECT_MS = 1_000;
const COPIES = 10;

export interface Examined {
  readonly endpoint: MerchantEndpoint;
  readonly order: TestOrder;
  /** Null where no probe is given. */
  readonly probe: Probe | null;
}

export async function examineShop(examined: Examined): Promise<ProofCheck[]> {
  const examination = new Examination(examined);
  await examination.refusals();
  await examination.acceptances();
  return examination.checks;
}

/** What the shop may do with what it gets. */
type Wanted = 'refuse' | 'take';

class Examination {
  readonly checks: ProofCheck[] = [];
  readonly #examined: Examined;
  readonly #updates;
  #slowestMs = 0;
  #isProbeUsable = true;
  /** Why nothing more is sent. */
  #stopped: string | null = null;

  constructor(examined: Examined) {
    this.#examined = examined;
    this.#updates = updatesOf(examined.order, new Date());
  }

  async refusals(): Promise<void> {
    const { endpoint, probe } = this.#examined;
    if (probe !== null) await this.#tryProbe(probe, ask.PROBE_STABLE);
    for (const { message, ...question } of forgeriesOf(endpoint, this.#updates.paid, new Date())) {
      await this.#check(question, 'refuse', () => this.#send([message]), await this.#state());
      // An endpoint that is not there would be reported for every check.
      if (question.id === 'unsigned' && this.checks.at(-1)?.evidence.startsWith('nothing: '))
        this.#stopped = 'not sent, since the endpoint gave no answer';
    }
    const before = await this.#state();
    if (before !== null)
      await this.#check(ask.NO_LATE_EFFECT, 'refuse', () => sleep(LATE_EFFECT_MS, []), before);
  }

  async acceptances(): Promise<void> {
    const { pending, paid, captured, partlyRefunded, refunded, longText, foreignText, ofLaterVersions } =
      this.#updates;
    await this.#firstPaid(paid);
    await this.#unchanged(ask.AGAIN, [this.#signed(paid)]);
    await this.#unchanged(ask.COPIES, this.#copies(paid));
    const { endpoint } = this.#examined;
    const rotated = { ...endpoint, secrets: [anotherSecret(), ...endpoint.secrets] };
    await this.#unchanged(ask.ROTATION, [signedMessage(rotated, paid, new Date())]);
    await this.#unchanged(ask.LATE, [this.#signed(pending)]);
    await this.#taken(ask.AT_ONCE, this.#copies(captured));
    await this.#unchanged(ask.AFTER_AT_ONCE, [this.#signed(captured)]);
    await this.#taken(ask.LATER_FIRST, [this.#signed(refunded)]);
    await this.#unchanged(ask.EARLIER_SECOND, [this.#signed(partlyRefunded)]);
    await this.#taken(ask.LONG_TEXT, [this.#signed(longText)]);
    await this.#taken(ask.FOREIGN_TEXT, [this.#signed(foreignText)]);
    const later = ofLaterVersions(new Date());
    await this.#taken(ask.UNKNOWN_FIELDS, [this.#signed(later.fields)]);
    await this.#taken(ask.UNKNOWN_STATUS, [this.#signed(later.status)]);
    await this.#taken(ask.UNKNOWN_TYPE, [this.#signed(later.type)]);
    this.#speed();
  }

  /** A probe whose answers differ by themselves is not used. */
  async #tryProbe(probe: Probe, question: Question): Promise<void> {
    const [one, other] = [await probe.read(), await probe.read()];
    const isStable = one === other;
    const evidence = isStable ? `the order is ${shortly(one)}` : `${shortly(one)}, then ${shortly(other)}`;
    this.#isProbeUsable = isStable;
    this.checks.push(answered(question, { ok: isStable, evidence }));
  }

  async #firstPaid(paid: UnsignedUpdate): Promise<void> {
    const wasForged = this.checks.some(({ id, ok }) => id !== ask.PROBE_STABLE.id && ok === false);
    const before = await this.#state();
    await this.#taken(ask.PAID, [this.#signed(paid)]);
    if (this.checks.at(-1)?.ok !== true) this.#stopped ??= 'not sent, since the shop did not take order.paid';
    if (before === null || this.#stopped !== null) return;
    this.checks.push(await this.#shows(before, wasForged));
    // Only now there is an order that it can show.
    if (this.#examined.probe !== null) await this.#tryProbe(this.#examined.probe, ask.PROBE_STILL_STABLE);
  }

  async #shows(before: string, wasForged: boolean): Promise<ProofCheck> {
    const after = wasForged ? await this.#state() : await this.#examined.probe?.readChanged(before);
    if (after !== before)
      return answered(ask.PAID_SHOWS, { ok: true, evidence: `the order is ${shortly(after ?? '')}` });
    const [ok, why] = wasForged
      ? [null, 'a forged update may have changed it before']
      : [false, 'so the probe shows nothing'];
    const evidence = `the order is as before, ${why}: ${shortly(before)}`;
    return answered(ask.PAID_SHOWS, { ok, evidence });
  }

  #taken(question: Question, messages: readonly SignedMessage[]): Promise<void> {
    return this.#check(question, 'take', () => this.#send(messages), null);
  }

  /** The shop has to acknowledge it, and the order must stay as it is. */
  async #unchanged(question: Question, messages: readonly SignedMessage[]): Promise<void> {
    const before = this.#stopped === null ? await this.#state() : null;
    await this.#check(question, 'take', () => this.#send(messages), before, before === null);
  }

  async #check(
    question: Question,
    wanted: Wanted,
    send: () => Promise<readonly SentAttempt[]>,
    before: string | null,
    lacksProbe = false,
  ): Promise<void> {
    if (this.#stopped !== null)
      return void this.checks.push(answered(question, { ok: null, evidence: this.#stopped }));
    const sent = await send();
    const wrong = sent.filter(({ status }) => !isAsWanted(status, wanted));
    const words = inWords(sent);
    const after = before === null ? null : await this.#state();
    const change =
      before === after ? '' : `the order was ${shortly(before ?? '')} and is ${shortly(after ?? '')}`;
    const unchanged = before === null || change !== '' ? '' : 'the order is unchanged';
    const isFine = wrong.length === 0 && change === '';
    const ok = isFine && lacksProbe ? null : isFine;
    const unseen = lacksProbe ? NO_PROBE : '';
    const evidence = [words, change, unchanged, unseen].filter((part) => part !== '').join('; ');
    this.checks.push(answered(question, { ok, evidence }));
  }

  /** The state now, or why it can't be read; null where no probe can be used. */
  async #state(): Promise<string | null> {
    const { probe } = this.#examined;
    if (probe === null || !this.#isProbeUsable) return null;
    return probe.read().catch((error: unknown) => {
      if (error instanceof ProbeFailed) return error.message;
      throw error;
    });
  }

  #speed(): void {
    if (this.#stopped !== null) return;
    const { timeoutMs } = this.#examined.endpoint;
    const evidence = `the slowest answer took ${this.#slowestMs} ms of ${timeoutMs / 1_000} s`;
    this.checks.push(answered(ask.SPEED, { ok: this.#slowestMs < timeoutMs / 2, evidence }));
  }

  async #send(messages: readonly SignedMessage[]): Promise<SentAttempt[]> {
    const { timeoutMs } = this.#examined.endpoint;
    const sent = await Promise.all(messages.map((message) => sendMessage(message, timeoutMs)));
    this.#slowestMs = Math.max(this.#slowestMs, ...sent.map(({ ms }) => ms));
    return sent;
  }

  #signed(update: UnsignedUpdate): SignedMessage {
    return signedMessage(this.#examined.endpoint, update, new Date());
  }

  #copies(update: UnsignedUpdate): SignedMessage[] {
    return Array.from({ length: COPIES }, () => this.#signed(update));
  }
}

const NO_PROBE = 'without a usable --probe nobody sees whether the order changed';

function isAsWanted(status: number | null, wanted: Wanted): boolean {
  if (status === null) return false;
  return wanted === 'take' ? status >= 200 && status < 300 : status >= 400 && status < 500;
}

/** "204 in 3 ms", "10 times 204", "500 in 9 ms: out of memory". */
function inWords(sent: readonly SentAttempt[]): string {
  const [only] = sent;
  if (sent.length === 1 && only !== undefined) {
    const { status, error, ms, answer } = only;
    const isFine = status !== null && status < 300;
    return status === null
      ? (error ?? '')
      : `${status} in ${ms} ms${isFine || answer === null ? '' : `: ${answer.slice(0, 80)}`}`;
  }
  const answers = sent.map(({ status, error }) => String(status ?? error));
  return [...new Set(answers)]
    .map((one) => `${answers.filter((other) => other === one).length} times ${one}`)
    .join(', ');
}
