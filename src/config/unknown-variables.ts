/**
 * Finds variables that look like ours but are not: otherwise a misspelt variable would be ignored and its
 * default used.
 */
import { GATEWAYS } from '../gateways/registry.ts';
import { nearestName } from '../lib/nearest-name.ts';

/** No other software uses variables with these prefixes. */
const OUR_PREFIXES = [
  'ORDER_WEBHOOK',
  'WORKER',
  'RETENTION',
  'RETURN_URL',
  'SWEEP',
  'LATE_MONEY',
  'ON_HOLD',
].concat(GATEWAYS.map(({ variables }) => variables.prefix));

/** The sandboxes read them, which `npm start` runs with the same environment. */
const SANDBOX_VARIABLES = GATEWAYS.flatMap(({ sandbox }) =>
  [sandbox?.portVariable, sandbox?.publicUrlVariable, sandbox?.callsVariable].filter(
    (name) => name !== undefined,
  ),
);

export interface UnknownVariable {
  readonly name: string;
  /** The known variable that was probably meant. */
  readonly nearest?: string;
}

/** The unknown variables that begin like ours or almost have the name of one, by NAME or by NAME_FILE. */
export function unknownVariables(
  env: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
): UnknownVariable[] {
  const isOurs = (name: string) => OUR_PREFIXES.some((prefix) => name.startsWith(`${prefix}_`));
  const all = [...known, ...SANDBOX_VARIABLES];
  const isKnown = (name: string) => all.includes(name) || all.includes(name.replace(/_FILE$/, ''));
  return Object.keys(env)
    .filter((name) => (isOurs(name) || nearestName(name, known, 2) !== undefined) && !isKnown(name))
    .map((name) => {
      const nearest = nearestName(name, known, Math.ceil(name.length / 4));
      return { name, ...(nearest !== undefined && { nearest }) };
    });
}
