/** Fills a test deployment with sample orders, in the background of this process. */
import { Refusal } from '../refusal.ts';
import type { Faults } from './faults.ts';
import { isPossible, SAMPLES, type Sample } from './samples.ts';
import type { Stand } from './sandboxes.ts';
import { tellSample } from './tell-sample.ts';
import { newReference, type ApiDoor } from './trial-payment.ts';

export interface SampleOrder {
  readonly reference: string;
  readonly gateway: string;
  readonly sample: string;
  readonly summary: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  /** Why it failed. */
  readonly problem: string | null;
}

/** As many as a person clicks at once would be: other requests are served as before. */
const LANES = 4;
/** No order is begun later than this. */
const LIMIT_MS = 120_000;
const FIRST_AMOUNT = 9_900;
const AMOUNT_STEP = 1_350;

/** One per server: it knows the orders of the newest filling only. */
export class SampleOrders {
  readonly #door: ApiDoor;
  readonly #faults: Faults;
  #orders: readonly SampleOrder[] = [];
  #isRunning = false;

  constructor(door: ApiDoor, faults: Faults) {
    this.#door = door;
    this.#faults = faults;
  }

  get now(): { readonly running: boolean; readonly orders: readonly SampleOrder[] } {
    return { running: this.#isRunning, orders: this.#orders };
  }

  /** Returns before any of them is made. @throws Refusal `samples_running` */
  async begin(count: number, stands: readonly Stand[]): Promise<void> {
    if (this.#isRunning)
      throw new Refusal(
        'samples_running',
        'sample orders are being made; GET /v1/test/orders shows them. Wait for their end: it takes two minutes at most',
      );
    this.#isRunning = true;
    const isDeafened = await this.#faults.canDeafen();
    const chosen = choose(
      count,
      SAMPLES.filter(({ isUnheard }) => !isUnheard || isDeafened),
      stands,
    );
    this.#orders = chosen.map(([{ name, summary }, { gateway }]) => ({
      reference: newReference(`sample-${name}`),
      gateway,
      sample: name,
      summary,
      state: 'waiting',
      problem: null,
    }));
    void this.#makeAll(chosen).finally(() => {
      this.#isRunning = false;
    });
  }

  async #makeAll(chosen: readonly Choice[]): Promise<void> {
    const unheard = chosen.flatMap(([{ isUnheard }], at) => (isUnheard ? [this.#orders[at]?.reference] : []));
    // If that fails, the shop hears of them after all.
    await this.#faults.deafen(unheard.filter((one) => one !== undefined)).catch(() => undefined);
    const deadline = performance.now() + LIMIT_MS;
    const waiting = chosen.entries();
    const lane = async () => {
      for (const [at, choice] of waiting)
        if (performance.now() > deadline) this.#note(at, 'failed', 'the time of two minutes was over');
        else await this.#make(at, choice);
    };
    await Promise.all(Array.from({ length: LANES }, lane));
  }

  async #make(at: number, [sample, { gateway, sandbox }]: Choice): Promise<void> {
    const reference = this.#orders[at]?.reference ?? '';
    this.#note(at, 'running');
    try {
      const stage = { gateway, sandbox, service: this.#door };
      await tellSample(stage, sample, { reference, amount: FIRST_AMOUNT + at * AMOUNT_STEP });
      this.#note(at, 'done');
    } catch (error) {
      this.#note(at, 'failed', (error as Error).message);
    }
  }

  #note(at: number, state: SampleOrder['state'], problem: string | null = null): void {
    this.#orders = this.#orders.map((order, index) => (index === at ? { ...order, state, problem } : order));
  }
}

type Choice = readonly [Sample, Stand];

/** Each sample once, at the gateways in turn, before any comes twice. */
function choose(count: number, samples: readonly Sample[], stands: readonly Stand[]): Choice[] {
  const rounds = stands.flatMap((_, round) =>
    samples.flatMap((sample, at): Choice[] => {
      const able = stands.filter((stand) => isPossible(sample, stand));
      const stand = able[(at + round) % able.length];
      return stand === undefined || round >= able.length ? [] : [[sample, stand]];
    }),
  );
  return Array.from({ length: count }, (_, at) => rounds[at % rounds.length]).filter(
    (choice) => choice !== undefined,
  );
}
