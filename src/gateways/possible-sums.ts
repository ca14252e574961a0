/** Checks the answers of every gateway before the core uses them. */
import { impossibleIn, type Reading } from '../domain/transaction.ts';
import type { Gateway, OperationAnswer } from './gateway.ts';

/** Wraps a gateway so that transactions with impossible sums count as unreadable. */
export function withPossibleSums<Asked extends Pick<Gateway, 'readPayment' | 'operate'>>(
  gateway: Asked,
): Asked {
  return {
    ...gateway,
    readPayment: async (...asked) => readable(await gateway.readPayment(...asked)),
    operate: async (...asked) => withoutImpossible(await gateway.operate(...asked)),
  };
}

function readable(reading: Reading): Reading {
  const shown = reading.kind === 'transaction' ? [reading.transaction, ...(reading.surplus ?? [])] : [];
  const wrong = shown.map(impossibleIn).find((said) => said !== null) ?? null;
  return wrong === null ? reading : { kind: 'unreadable', reason: `the sums are impossible: ${wrong}` };
}

/**
 * The gateway understood the operation, but the transaction in its answer is dropped and has to be read
 * again.
 */
function withoutImpossible(answer: OperationAnswer): OperationAnswer {
  const isWrong =
    answer.kind === 'answered' &&
    answer.transaction !== undefined &&
    impossibleIn(answer.transaction) !== null;
  return isWrong ? { kind: 'answered' } : answer;
}
