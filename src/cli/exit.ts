import { ListenError } from '../api/server.ts';
import { ConfigError } from '../config.ts';
import { WrongAccount } from '../store/health.ts';
import { DirectoryInUse } from '../store/lock.ts';

/** The answer is bad news; it has been printed already. */
export class BadNews extends Error {
  override readonly name = 'BadNews';
}

/** Prints an error for a person and says with which code to end. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof BadNews) return 1;
  const isConfiguration = [ConfigError, WrongAccount, DirectoryInUse, ListenError].some(
    (kind) => error instanceof kind,
  );
  const { message, stack } = error as Error;
  process.stderr.write(`paidonce: ${isConfiguration ? message : (stack ?? String(error))}\n`);
  return isConfiguration ? 2 : 1;
}
