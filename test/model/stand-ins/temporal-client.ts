/** The errors that `src/temporal/run-calls.ts` asks for; nothing here throws them. */
export class WorkflowUpdateFailedError extends Error {}
export class WorkflowUpdateRPCTimeoutOrCancelledError extends Error {}
