/** The connections between the product and the world, which are slow, lose messages, or break half-way. */
import { GatewayUnavailable } from '../../../src/gateways/gateway-errors.ts';
import { MadeTrouble, never } from '../temporal/activity-try.ts';
import { currentActivity, enterActivity } from '../temporal/current.ts';
import type { Chance } from './chance.ts';
import type { Clock } from './clock.ts';
import type { Weather } from './weather.ts';

const PARTS = ['gateway', 'store', 'temporal', 'shop'] as const;
export type Part = (typeof PARTS)[number];

/** The longest time for which a process stands still, while another takes over. */
const LONGEST_STALL_MS = 60_000;

export class Trouble {
  weather: Weather;
  /** The time until which each part of the world is away. */
  readonly away: Record<Part, number> = { gateway: 0, store: 0, temporal: 0, shop: 0 };
  /** The time of the last trouble, except for the weather. */
  last = 0;
  /** The number of deaths of a process, each of which lost the process's memory. */
  deaths = 0;
  readonly #chance: Chance;
  readonly #clock: Clock;
  readonly #say: (text: () => string) => void;

  constructor(weather: Weather, chance: Chance, clock: Clock, say: (text: () => string) => void) {
    this.weather = weather;
    this.#chance = chance;
    this.#clock = clock;
    this.#say = say;
  }

  isAway(part: Part): boolean {
    return this.away[part] > this.#clock.now;
  }

  /** Whether only the gateway itself causes trouble. */
  get isCalm(): boolean {
    const { stale, absent, unreadable, silence, deaths, storeErrors, lostSignals } = this.weather;
    return stale + absent + unreadable + silence + deaths + storeErrors + lostSignals === 0;
  }

  hop(): number {
    return 1 + Math.floor(this.#chance.next() * 20);
  }

  hits(share: number): boolean {
    return this.#chance.hits(share);
  }

  /** One call of the store. */
  async callStore<Result>(what: string, effect: () => Result): Promise<Result> {
    if (this.isAway('store')) throw new MadeTrouble('the store is away');
    const { deaths, storeErrors } = this.weather;
    if (deaths + storeErrors === 0) return effect();
    if (this.hits(storeErrors)) return this.#failInStore(what, effect);
    if (currentActivity() !== null && this.hits(deaths)) return this.#die(what, effect);
    return effect();
  }

  #failInStore<Result>(what: string, effect: () => Result): Promise<Result> {
    const hasEffect = this.hits(0.5);
    if (!isOfBackground(what)) this.#say(() => `the store fails ${hasEffect ? 'after' : 'before'} "${what}"`);
    if (hasEffect) effect();
    return Promise.reject(new MadeTrouble('the store failed'));
  }

  #die<Result>(what: string, effect: () => Result): Promise<Result> {
    const how = this.#chance.pick(['before', 'after', 'stalls'] as const);
    this.#say(() => `the process ${how === 'stalls' ? 'stands still at' : `dies ${how}`} "${what}"`);
    if (how === 'stalls') return this.#stall(effect);
    this.deaths += 1;
    if (how === 'after') effect();
    return never();
  }

  #stall<Result>(effect: () => Result): Promise<Result> {
    const tried = currentActivity();
    tried?.die();
    return new Promise((resolve, reject) => {
      this.#clock.after(this.#chance.between(1, LONGEST_STALL_MS), () => {
        enterActivity(tried);
        if (this.isAway('store')) reject(new MadeTrouble('the store is away'));
        else resolve(effect());
      });
    });
  }

  /**
   * One call of the gateway. `lost` is the result of a call without an answer, where a request that arrived
   * may not be repeated.
   */
  callGateway<Answer>(what: string, work: () => Answer, lost?: Answer): Promise<Answer> {
    const tried = currentActivity();
    const fate = this.#fateOfCall();
    if (fate !== 'fine') this.#say(() => `${fate} at the gateway: ${what}`);
    return new Promise((resolve, reject) => {
      const back = (answer: () => void) =>
        this.#clock.after(this.hop(), () => {
          enterActivity(tried);
          answer();
        });
      this.#clock.after(this.hop(), () => {
        const isSilent = this.isAway('gateway') || fate === 'silence before';
        if (isSilent) return back(() => reject(new GatewayUnavailable(what, { kind: 'silent' })));
        if (fate === 'death before') return tried?.die();
        const answer = work();
        if (fate === 'death after') return tried?.die();
        if (fate !== 'silence after') return back(() => resolve(answer));
        if (lost !== undefined) return back(() => resolve(lost));
        back(() => reject(new GatewayUnavailable(what, { kind: 'silent' })));
      });
    });
  }

  /** An answer after a moment, from a part of the world that our own trouble does not affect. */
  answered<Answer>(answer: () => Answer): Promise<Answer> {
    const tried = currentActivity();
    return new Promise((resolve) => {
      this.#clock.after(this.hop(), () => {
        enterActivity(tried);
        resolve(answer());
      });
    });
  }

  /** Makes a part of the world unreachable. */
  takeAway(part: Part, ms: number): void {
    this.away[part] = this.#clock.now + ms;
    this.last = Math.max(this.last, this.away[part]);
  }

  /** Ends all trouble. */
  end(weather: Weather): void {
    this.weather = weather;
    for (const part of PARTS) this.away[part] = 0;
    this.last = this.#clock.now;
  }

  #fateOfCall(): 'fine' | 'silence before' | 'silence after' | 'death before' | 'death after' {
    const { silence, deaths } = this.weather;
    if (silence > 0 && this.hits(silence)) return this.hits(0.5) ? 'silence before' : 'silence after';
    if (deaths > 0 && this.hits(deaths)) return this.hits(0.5) ? 'death before' : 'death after';
    return 'fine';
  }
}

/** Calls of the background jobs, which are too frequent for a log. */
function isOfBackground(what: string): boolean {
  return /^(find|take|claim) (what|whom) /.test(what);
}
