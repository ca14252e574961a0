/**
 * The functions that a planted bug can replace, by module under src/ or by stand-in. Calls of a function
 * inside its own module are not replaced.
 */
export const SEAMS = {
  'activities/read-transaction.ts': ['readMatching', 'transactionOf'],
  'api/callbacks/log-entry.ts': ['receivedOf'],
  'domain/apply-finding.ts': ['applyFinding'],
  'domain/callback.ts': ['tellsNews'],
  'domain/compare-listing.ts': ['differsFromListing'],
  'domain/decide.ts': ['decide'],
  'domain/dispute.ts': ['disputeUpdates'],
  'domain/finish-operations.ts': ['nextSteps'],
  'domain/operation.ts': ['feasible', 'reservedFor', 'traceOf'],
  'domain/stale-reading.ts': ['isStale'],
  'domain/surplus-reading.ts': ['besideSurplus'],
  'domain/transaction.ts': ['mismatch', 'difference'],
  'updates/attempt-update.ts': ['attemptUpdate'],
  'workflows/look.ts': ['look'],
  'workflows/money-run.ts': ['postpone'],
  'workflows/run-state.ts': [
    'planAfterClearAnswer',
    'planAfterUnclearAnswer',
    'receiveCallback',
    'takeTriggers',
  ],
  'workflows/follow-up.ts': ['tell', 'followUp'],
  'stand-ins/store-claim-give-back.ts': ['claimGiveBack'],
  'stand-ins/store-find-key.ts': ['findKey'],
  'stand-ins/store-deliveries.ts': ['logDelivery'],
  'stand-ins/store-operation-attempts.ts': ['markSending', 'readAttempt'],
  'stand-ins/store-payments.ts': ['findOrder', 'findPayment', 'recordOpened', 'recordRun'],
  'stand-ins/store-update-attempts.ts': ['claimAttempt'],
  'world/keyed-traits.ts': ['keyedTraits'],
};
