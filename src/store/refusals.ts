/**
 * Statements that PostgreSQL refuses though it answers: its disk is full, it is read-only, or it lacks memory. Reads
 * may succeed meanwhile, so nothing else shows it.
 */
import pg from 'pg';

export type RefusalKind = 'disk_full' | 'read_only' | 'resources' | 'io';

export interface Refusal {
  readonly kind: RefusalKind;
  /** In the server's words, without the values of the statement. */
  readonly reason: string;
  readonly at: Date;
}

/** By SQLSTATE; a class after its special codes. */
const KINDS: readonly (readonly [string, RefusalKind])[] = [
  ['53100', 'disk_full'],
  ['25006', 'read_only'],
  ['53', 'resources'],
  ['58', 'io'],
];

/** The clients of a pool that report refusals. */
export function clientsThatReport(onRefusal: (refusal: Refusal) => void): typeof pg.Client {
  const report = (error: unknown): void => {
    const refusal = refusalIn(error);
    if (refusal !== null) onRefusal(refusal);
  };
  return class extends pg.Client {
    // The driver has many forms of this call. Each ends with a callback, or answers with a promise.
    override query(...given: unknown[]): never {
      const last = given.at(-1);
      const reporting = (error: unknown, ...rest: unknown[]): void => {
        report(error);
        (last as (...all: unknown[]) => void)(error, ...rest);
      };
      const all = typeof last === 'function' ? [...given.slice(0, -1), reporting] : given;
      const answer = (super.query as (...all: unknown[]) => unknown).apply(this, all);
      if (answer instanceof Promise) answer.catch(report);
      return answer as never;
    }
  };
}

function refusalIn(error: unknown): Refusal | null {
  if (!(error instanceof pg.DatabaseError)) return null;
  const { code = '', message } = error;
  const [, kind] = KINDS.find(([start]) => code.startsWith(start)) ?? [];
  return kind === undefined ? null : { kind, reason: message, at: new Date() };
}
