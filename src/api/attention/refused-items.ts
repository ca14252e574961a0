/** Callbacks that are refused for their signature: a secret may have been rotated, or somebody forges them. */
import { clueInWords, isProof, type Clue } from '../../domain/refusal-clue.ts';
import {
  MOST_REFUSED,
  refusedByClue,
  refusedSinceProved,
  type RefusedGroup,
  type SinceProved,
} from '../../store/refused-deliveries.ts';
import type { Db } from '../../store/open.ts';
import type { Severity } from './attention-words.ts';

const WITHIN_MS = 3_600_000;
/** One or two are a person that tries something. */
const FEW = 3;

/** One for each gateway and cause of the last hour. */
export async function refusedCallbacks(db: Db, nameOf: (gateway: string) => string) {
  const groups = (await refusedByClue(db, WITHIN_MS)).filter(({ count }) => count >= FEW);
  return Promise.all(groups.map((group) => itemOf(db, group, nameOf(group.gateway))));
}

async function itemOf(db: Db, { gateway, clue, count, firstAt }: RefusedGroup, name: string) {
  const about = `${gateway}/${clue?.code ?? 'not_examined'}`;
  const { text, severity, since } =
    clue !== null && isProof(clue)
      ? genuine(clue, count, name, firstAt)
      : unproved(await refusedSinceProved(db, gateway, WITHIN_MS), count, name, firstAt);
  return {
    id: `callbacks_refused/${about}`,
    kind: 'callbacks_refused',
    severity,
    text,
    cause: `callbacks of ${name} are refused`,
    about,
    since,
    gateway,
    orderReference: null,
    paymentId: null,
    amount: null,
    currency: null,
  };
}

interface Judged {
  readonly text: string;
  readonly severity: Severity;
  readonly since: Date;
}

function refusedOf(name: string, count: number | string): string {
  return `${count} callbacks of ${name} were refused for their signature`;
}

function genuine(clue: Clue, count: number, name: string, since: Date): Judged {
  const { text, todo } = clueInWords(clue);
  return { text: `${refusedOf(name, count)}: they are genuine, ${text}; ${todo}`, severity: 'high', since };
}

function unproved({ provedAt, refused }: SinceProved, count: number, name: string, firstAt: Date): Judged {
  if (refused < FEW)
    return {
      text: `${refusedOf(name, count)}: others were proved meanwhile, so they are probably forged; no payment is believed by them`,
      severity: 'low',
      since: firstAt,
    };
  const last =
    provedAt === null ? '' : ` since the last proved one at ${provedAt.toISOString().slice(11, 19)} UTC`;
  return {
    text: `${refusedOf(name, refused >= MOST_REFUSED ? `${MOST_REFUSED} or more` : refused)}${last}, and none was proved: the secret was probably rotated at the gateway; payments are still found, but late`,
    severity: 'high',
    since: provedAt ?? firstAt,
  };
}
