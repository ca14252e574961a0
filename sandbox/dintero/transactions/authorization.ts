/** `POST /v1/transactions/{id}/authorization`: releases a hold, or extends an authorization of Klarna. */
import { z } from 'zod';
import { applyChange } from './announce.ts';
import { parseBody } from '../../http/request-body.ts';
import { invalid, Problem } from '../../http/problem.ts';
import { extendsAuthorization } from '../money/products.ts';
import type { Sandbox } from '../sandbox.ts';
import { leftOf } from './sums.ts';
import { nowIso, shortId } from '../records/ids-and-times.ts';
import type { Transaction } from './transaction.ts';

const text = z.string().optional();
const bodySchema = z.looseObject({ reason: text, reference: text, amount: z.number().int().optional() });

/** How long Klarna's authorization lasts from the extension on. */
const EXTENDED_BY_MS = 28 * 86_400_000;

/** Changes an authorization; throws 409 if the status or the product does not allow it. */
export function updateAuthorization(sandbox: Sandbox, transaction: Transaction, body: unknown): void {
  const asked = parseBody(bodySchema, body);
  const { status, payment_product_type: product } = transaction;
  if (status === 'ON_HOLD') {
    applyChange(sandbox, transaction, { status: 'AUTHORIZED', by: sandbox.settings.clientId });
    return;
  }
  if (!extendsAuthorization(product) || !isHeld(transaction))
    throw new Problem(409, `a ${product} transaction in ${status} can't be released or extended`, 'CONFLICT');
  if (asked.amount !== undefined)
    throw invalid('amount: the sandbox can extend an authorization of Klarna, but not change its amount');
  extend(sandbox, transaction, asked);
}

function isHeld(transaction: Transaction): boolean {
  const { status } = transaction;
  return (status === 'AUTHORIZED' || status === 'PARTIALLY_CAPTURED') && leftOf(transaction).capture > 0;
}

/**
 * Dintero documents the metadata of an extension, but not its event; AUTHORIZE is the only event name that
 * fits.
 */
function extend(
  { ledger, settings }: Sandbox,
  transaction: Transaction,
  { reason, reference }: z.infer<typeof bodySchema>,
): void {
  const now = nowIso();
  transaction.events.push({
    id: shortId(),
    event: 'AUTHORIZE',
    transaction_status: transaction.status,
    success: true,
    amount: transaction.amount,
    created_at: now,
    created_by: settings.clientId,
    metadata: {
      'klarna:authorization_expiration': new Date(Date.parse(now) + EXTENDED_BY_MS).toISOString(),
      ...(reason !== undefined && { 'klarna:authorization_expiration_reason': reason }),
      ...(reference !== undefined && { 'klarna:authorization_expiration_reference': reference }),
    },
  });
  transaction.updated_at = now;
  ledger.saveTransaction(transaction);
}
