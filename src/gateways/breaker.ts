/**
 * Stops a call of a gateway that does not answer: once five different payments have met silence within 30
 * seconds. One payment that always fails never opens the breaker, and neither does a refusal (4xx), which is
 * an answer.
 */
import { GatewayUnavailable } from './gateway-errors.ts';

const WINDOW_MS = 30_000;
const PAYMENTS = 5;
/** How many outcomes are remembered at most. */
const MOST = 200;
/** While the breaker is open, one call in this time is let through as a probe. */
const PROBE_MS = 4_000;
/**
 * A stopped call is retried no sooner than the next probe, and each a moment after the previous one.
 * Otherwise hundreds of payments that wait for a gateway would keep Temporal from the work that payers wait
 * for. If only a few wait, they do not wait for minutes.
 */
const SOONEST_TURN_MS = 5_000;
const BETWEEN_TURNS_MS = 50;
const LATEST_TURN_MS = 5 * 60_000;

interface Outcome {
  readonly at: number;
  readonly payment: string;
  readonly isSilent: boolean;
}

export interface BreakerEvents {
  /** Called when calls are stopped, and when they resume. */
  changed(call: string, isOpen: boolean): void;
}

/** One breaker for each call of one gateway. Each process has its own breakers. */
export class Breakers {
  readonly #gateway: string;
  readonly #events: BreakerEvents;
  readonly #now: () => number;
  readonly #breakers = new Map<string, Breaker>();

  constructor(gateway: string, events: BreakerEvents, now: () => number = Date.now) {
    this.#gateway = gateway;
    this.#events = events;
    this.#now = now;
  }

  /** Lets a probe through if one is due. @throws GatewayUnavailable while the call is stopped */
  expectAnswers(call: string): void {
    const breaker = this.#of(call);
    if (breaker.takes(this.#now())) return;
    const message = `${this.#gateway} ${call}: not called, since it has not answered for several payments; it is tried again within seconds`;
    throw new GatewayUnavailable(message, { kind: 'stopped', turnInMs: breaker.nextTurn(this.#now()) });
  }

  /** Makes the call unless it is stopped, and notes its outcome. */
  async watch<Answer>(call: string, payment: string, make: () => Promise<Answer>): Promise<Answer> {
    this.expectAnswers(call);
    return this.observe(call, payment, make);
  }

  /**
   * The same without `expectAnswers`, which the caller has called before. `saysNothing` detects an answer
   * that counts as silence.
   */
  async observe<Answer>(
    call: string,
    payment: string,
    make: () => Promise<Answer>,
    saysNothing: (answer: Answer) => boolean = () => false,
  ): Promise<Answer> {
    try {
      const answer = await make();
      this.#note(call, payment, saysNothing(answer));
      return answer;
    } catch (error) {
      const isSilent = error instanceof GatewayUnavailable && error.kind === 'silent';
      this.#note(call, payment, isSilent);
      throw isSilent ? this.#inTurn(call, error) : error;
    }
  }

  /**
   * A probe that met silence, or a call that was under way when calls were stopped, gets a turn like the
   * stopped calls.
   */
  #inTurn(call: string, error: GatewayUnavailable): GatewayUnavailable {
    const breaker = this.#of(call);
    if (!breaker.isOpen) return error;
    const { message, kind, retryAfterMs, cause } = error;
    const turnInMs = breaker.nextTurn(this.#now());
    return new GatewayUnavailable(message, { kind, retryAfterMs, turnInMs, cause });
  }

  #note(call: string, payment: string, isSilent: boolean): void {
    const breaker = this.#of(call);
    const before = breaker.isOpen;
    breaker.note({ at: this.#now(), payment, isSilent });
    if (breaker.isOpen !== before) this.#events.changed(call, breaker.isOpen);
  }

  #of(call: string): Breaker {
    const known = this.#breakers.get(call);
    if (known !== undefined) return known;
    const made = new Breaker();
    this.#breakers.set(call, made);
    return made;
  }
}

class Breaker {
  isOpen = false;
  #nextProbe = 0;
  #lastTurn = 0;
  #outcomes: Outcome[] = [];

  takes(now: number): boolean {
    if (!this.isOpen) return true;
    if (now < this.#nextProbe) return false;
    this.#nextProbe = now + PROBE_MS;
    return true;
  }

  /** In milliseconds from `now`. */
  nextTurn(now: number): number {
    const turn = Math.max(now + SOONEST_TURN_MS, this.#lastTurn + BETWEEN_TURNS_MS);
    this.#lastTurn = Math.min(turn, now + LATEST_TURN_MS);
    return this.#lastTurn - now;
  }

  /**
   * Any answer closes the breaker. Silence opens it if it met enough payments, and more calls than were
   * answered.
   */
  note(outcome: Outcome): void {
    if (!outcome.isSilent && this.isOpen) this.#outcomes = [];
    if (!outcome.isSilent) this.isOpen = false;
    const recent = this.#outcomes.filter(({ at }) => outcome.at - at < WINDOW_MS);
    this.#outcomes = [...recent, outcome].slice(-MOST);
    const silent = this.#outcomes.filter(({ isSilent }) => isSilent);
    const isWidespread = new Set(silent.map(({ payment }) => payment)).size >= PAYMENTS;
    if (!outcome.isSilent || this.isOpen || !isWidespread) return;
    if (2 * silent.length <= this.#outcomes.length) return;
    this.isOpen = true;
    this.#nextProbe = outcome.at + PROBE_MS;
  }
}
