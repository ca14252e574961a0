/** Callbacks that are refused for their signature: a secret may have been rotated, or somebody forges them. */
import { clueInWords, isProof } from '../../domain/refusal-clue.ts';
import { refusedByClue, wasProvedSince, type RefusedGroup } from '../../store/refused-deliveries.ts';
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
  const isGenuine = clue !== null && isProof(clue);
  const arrivesOther = !isGenuine && (await wasProvedSince(db, gateway, firstAt));
  const about = `${gateway}/${clue?.code ?? 'not_examined'}`;
  const severity: Severity = arrivesOther ? 'low' : 'high';
  return {
    id: `callbacks_refused/${about}`,
    kind: 'callbacks_refused',
    severity,
    text: `${count} callbacks of ${name} were refused for their signature: ${meaningOf(clue, { isGenuine, arrivesOther })}`,
    cause: `callbacks of ${name} are refused`,
    about,
    since: firstAt,
    gateway,
    orderReference: null,
    paymentId: null,
    amount: null,
    currency: null,
  };
}

function meaningOf(
  clue: RefusedGroup['clue'],
  { isGenuine, arrivesOther }: { isGenuine: boolean; arrivesOther: boolean },
): string {
  if (clue !== null && isGenuine) {
    const { text, todo } = clueInWords(clue);
    return `they are genuine, ${text}; ${todo}`;
  }
  return arrivesOther
    ? 'others were proved meanwhile, so they are probably forged; no payment is believed by them'
    : 'none was proved since, so the secret was probably rotated at the gateway; payments are still found, but late';
}
