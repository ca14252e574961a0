import { setTimeout as sleep } from 'node:timers/promises';
import type { Db } from '../../src/store/open.ts';

export type StoreMood = 'well' | 'down' | 'hanging' | 'slow';

export interface TroubledDb {
  readonly db: Db;
  mood: StoreMood;
  /** How many statements found it in another mood than well. */
  refused: number;
}

const SLOW_MS = 10_000;

/** A store whose statements can be made to fail, hang or take ten seconds, at any moment. */
export function withTroubles(db: Db): TroubledDb {
  const troubled = {
    mood: 'well' as StoreMood,
    refused: 0,
    db: new Proxy(db, {
      get(target, name) {
        const method = Reflect.get(target, name) as unknown;
        if (typeof method !== 'function' || troubled.mood === 'well') return bound(method, target);
        troubled.refused += 1;
        return (...args: unknown[]) =>
          later(
            () => gate(troubled.mood),
            () => method.apply(target, args),
          );
      },
    }),
  };
  return troubled;
}

function bound(member: unknown, target: object): unknown {
  return typeof member === 'function' ? (member.bind(target) as unknown) : member;
}

async function gate(mood: StoreMood): Promise<void> {
  if (mood === 'down') throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  if (mood === 'hanging') await new Promise(() => undefined);
  if (mood === 'slow') await sleep(SLOW_MS, undefined, { ref: false });
}

/** A query that is built only once the gate has opened, with any methods chained to it before. */
function later(open: () => Promise<void>, build: () => unknown): unknown {
  return new Proxy(() => undefined, {
    get(_, name) {
      if (name === 'then') {
        const settled = open().then(build);
        return settled.then.bind(settled) as unknown;
      }
      if (name === 'catch' || name === 'finally') {
        const settled = open().then(build);
        return (settled[name] as () => unknown).bind(settled);
      }
      return (...args: unknown[]) =>
        later(open, () => {
          const built = build() as Record<PropertyKey, (...given: unknown[]) => unknown>;
          return built[name]?.(...args);
        });
    },
  });
}
