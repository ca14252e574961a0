/** What the frame of every page shows. Read by the API at most every few seconds, for all visitors of a process. */
import type { PaidonceClient } from '@paidonce/client';

type Answer<Call extends () => Promise<unknown>> = Awaited<ReturnType<Call>>;
export type Health = Answer<PaidonceClient['health']['retrieve']>;
export type GatewayView = Answer<PaidonceClient['gateways']['list']>['data'][number];

export interface Glance {
  /** Null until the checks have run once. */
  readonly health: Health | null;
  /** Null where they could not be read. */
  readonly gateways: readonly GatewayView[] | null;
  /** What needs somebody; null where that could not be read. */
  readonly needs: { readonly count: number; readonly hasMore: boolean } | null;
  readonly readiness: Readiness;
  /** How many sandboxes run; null where there is no test bench. */
  readonly sandboxes: number | null;
}

/** `ok`, or why it does not answer. */
export interface Readiness {
  readonly store: string;
  readonly temporal: string;
}

export interface GlanceSources {
  readonly readiness: () => Promise<Readiness>;
}

/** Asks again once the answer is this old. Who comes later waits for none of them but a moment. */
const FRESH_MS = {
  health: 10_000,
  gateways: 60_000,
  needs: 2_000,
  readiness: 250,
  sandboxes: 10_000,
} as const;
const PATIENCE_MS = { health: 100, gateways: 500, needs: 500, readiness: 1_500, sandboxes: 500 } as const;

type Kind = keyof typeof FRESH_MS;

/** One per process. */
export function createGlance({ readiness }: GlanceSources): (api: PaidonceClient) => Promise<Glance> {
  const health = keeper<Health>('health');
  const gateways = keeper<readonly GatewayView[]>('gateways');
  const needs = keeper<NonNullable<Glance['needs']>>('needs');
  const sandboxes = keeper<number>('sandboxes');
  const ready = keeper<Readiness>('readiness');
  return async (api) => {
    const [checked, configured, open, state, stands] = await Promise.all([
      health(() => api.health.retrieve()),
      gateways(async () => (await api.gateways.list()).data),
      needs(async () => {
        const { data, hasMore } = await api.attention.list();
        return { count: data.length, hasMore };
      }),
      ready(readiness),
      sandboxes(
        async () => new Set((await api.testBench.listEvents()).data.map(({ gateway }) => gateway)).size,
      ),
    ]);
    const away = { store: 'no answer', temporal: 'no answer' };
    return {
      health: checked,
      gateways: configured,
      needs: open,
      readiness: state ?? away,
      sandboxes: stands,
    };
  };
}

/** Keeps the last answer, and asks for the next one in the background. Null where there is none yet. */
function keeper<Data>(kind: Kind): (ask: () => Promise<Data>) => Promise<Data | null> {
  let last: Data | null = null;
  let askedAt = -Infinity;
  let asked: Promise<void> = Promise.resolve();
  return async (ask) => {
    if (performance.now() - askedAt >= FRESH_MS[kind]) {
      askedAt = performance.now();
      asked = ask().then(
        (answer) => void (last = answer),
        // Health is kept with its age; anything else would be shown as if it were true now.
        () => void (last = kind === 'health' ? last : null),
      );
    }
    await Promise.race([asked, pause(PATIENCE_MS[kind])]);
    return last;
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
