import { inTime } from '../lib/time-limit.ts';
import { rootOf } from '../lib/root-of.ts';

/** The result of one check of `doctor`. */
export interface Check {
  readonly name: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly text: string;
  /** What to do about it; always present unless the state is ok. */
  readonly todo?: string;
  /** Complete commands, quoted for a shell, ready to paste. */
  readonly commands?: readonly string[];
}

/** The result of a check, to which `check` adds the name. */
export type CheckResult = Omit<Check, 'name'>;

const LIMIT_MS = 8_000;

export function ok(text: string): CheckResult {
  return { state: 'ok', text };
}

export function warn(text: string, todo: string, ...commands: readonly string[]): CheckResult {
  return { state: 'warn', text, todo, ...(commands.length > 0 && { commands }) };
}

export function fail(text: string, todo: string, ...commands: readonly string[]): CheckResult {
  return { state: 'fail', text, todo, ...(commands.length > 0 && { commands }) };
}

const MOST_NAMED = 3;

/** A command for each of the first `MOST_NAMED` names. */
export function commandsFor(names: readonly string[], command: (name: string) => string): string[] {
  return [...new Set(names)].slice(0, MOST_NAMED).map(command);
}

/** A list of the first `MOST_NAMED` names; `hasMore` says that there are more than the given names. */
export function firstOf(names: readonly string[], hasMore: boolean): string {
  const rest = names.length - MOST_NAMED;
  const named = names.slice(0, MOST_NAMED).join(', ');
  return rest > 0 ? `${named}, and ${rest}${hasMore ? ' or more' : ''} more` : named;
}

/** Runs a check with a time limit; a thrown error becomes a failed check. */
export async function check(name: string, ask: () => Promise<CheckResult>, todo: string): Promise<Check> {
  const tooLate = () => new Error(`no answer within ${LIMIT_MS / 1_000} s`);
  const result = await inTime(ask(), LIMIT_MS, tooLate).catch((error: unknown) => fail(rootOf(error), todo));
  return { name, ...result };
}
