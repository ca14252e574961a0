/** Authorizations run out. What a transaction shows then is not documented, so the caller says. */
import { z } from 'zod';
import { applyChange } from './announce.ts';
import { callbackChoiceSchema } from '../callbacks/callback-plan.ts';
import type { Transaction } from './transaction.ts';
import type { Sandbox } from '../sandbox.ts';

/** The body of `POST /__sim/transactions/{id}/lapse`. AUTHORIZED: nothing shows, but captures and voids fail. */
export const lapseSchema = z.strictObject({
  status: z.enum(['AUTHORIZATION_VOIDED', 'FAILED', 'UNKNOWN', 'AUTHORIZED']).default('AUTHORIZATION_VOIDED'),
  callback: callbackChoiceSchema,
});

export type Lapse = z.infer<typeof lapseSchema>;

/** Lets the authorization of a transaction run out; a 409 where there is none. */
export function lapse(sandbox: Sandbox, transaction: Transaction, { status, callback }: Lapse): void {
  if (status === 'AUTHORIZED') {
    const quirk = sandbox.ledger.quirks.get(transaction.id);
    sandbox.ledger.saveQuirk({ ...quirk, id: transaction.id, isLapsed: true });
    return;
  }
  const force = transaction.status === 'AUTHORIZED';
  applyChange(sandbox, transaction, { status, by: 'payment provider', force }, callback);
}
