/** The error classes that `src/temporal/run-calls.ts` checks for. The model never throws them. */
export class WorkflowUpdateFailedError extends Error {}
export class WorkflowUpdateRPCTimeoutOrCancelledError extends Error {}
