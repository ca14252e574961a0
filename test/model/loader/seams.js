/**
 * The functions in whose place a test can plant a bug, by module under src/, or by stand-in. A module's calls of its own functions are
 * not met.
 */
export const SEAMS = {
  'domain/claim.ts': ['tellsNews'],
  'domain/decide.ts': ['decide', 'decideExpiry', 'isStale', 'differsFromListing'],
  'domain/operation.ts': ['feasible', 'reservedFor', 'traceOf'],
  'domain/settle.ts': ['settle'],
  'domain/transaction.ts': ['mismatch', 'difference'],
  'store/outcome-operations.ts': ['nextSteps', 'withFailures'],
  'workflows/look.ts': ['look'],
  'workflows/money-run.ts': ['postpone'],
  'workflows/run-state.ts': [
    'planAfterClearAnswer',
    'planAfterUnclearAnswer',
    'receiveCallback',
    'takeTriggers',
  ],
  'workflows/telling.ts': ['tell', 'followUp'],
  'stand-ins/store-deliveries.ts': ['logDelivery'],
  'stand-ins/store-operations.ts': ['claimGiveBack', 'markSending', 'readAttempt'],
  'stand-ins/store-outbox.ts': ['takeForTelling'],
  'stand-ins/store-payments.ts': ['findOrder'],
  'stand-ins/store-update-attempts.ts': ['claimAttempt'],
};
