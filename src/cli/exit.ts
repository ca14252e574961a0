import { CannotListen } from '../api/http/cannot-listen.ts';
import { ConfigError } from '../config/environment.ts';
import { WrongAccount } from '../store/store-health.ts';
import { DirectoryInUse } from '../store/directory-lock.ts';
import { MigrationFailed } from '../store/migrations.ts';
import { SchemaTooOld } from '../store/schema-state.ts';
import { UnreadablePayload } from '../temporal/payload-codec.ts';
import { plainText } from '../lib/terminal-text.ts';
import { printJson } from './print.ts';
import { ServiceRefused, ServiceUnreachable } from './service-api.ts';

/** The command has a negative result, which has been printed already. */
export class BadNews extends Error {
  override readonly name = 'BadNews';
}

/** Prints an error for a person, and a refusal of the service also `asJson`. Returns the exit code. */
export function exitCodeOf(error: unknown, asJson = false): number {
  if (error instanceof BadNews) return 1;
  if (asJson && error instanceof ServiceRefused) {
    const { status, code, detail } = error;
    printJson({ status, code, detail });
  }
  const { message, stack } = error as Error;
  const isForeseen =
    isConfiguration(error) || error instanceof ServiceRefused || error instanceof MigrationFailed;
  process.stderr.write(`paidonce: ${plainText(isForeseen ? message : (stack ?? String(error)))}\n`);
  return isConfiguration(error) ? 2 : 1;
}

/**
 * Whether the caller has to change the configuration or the command. Any other refusal is a negative result.
 */
function isConfiguration(error: unknown): boolean {
  if (error instanceof ServiceRefused) return [400, 401, 403, 422].includes(error.status);
  return [
    ConfigError,
    WrongAccount,
    UnreadablePayload,
    SchemaTooOld,
    DirectoryInUse,
    CannotListen,
    ServiceUnreachable,
  ].some((kind) => error instanceof kind);
}
