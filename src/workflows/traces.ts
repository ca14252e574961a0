/**
 * Passes the trace of a message on to the activities that it causes (docs/adr/0033). It makes no span, awaits nothing
 * and decides nothing, so a run replays the same with and without traces.
 */
import { AsyncLocalStorage, type Headers, type WorkflowInterceptorsFactory } from '@temporalio/workflow';

/** As Temporal's own interceptors name it. */
const TRACE = '_tracer-data';

/** Part of every bundle. Without traces, no message has the header, and no activity gets one. */
export const interceptors: WorkflowInterceptorsFactory = () => {
  /** The trace of the message whose handler is running. */
  const ofHandler = new AsyncLocalStorage<Headers>();
  /** For the loop of the run, which does what messages ask for: the trace of the last one. */
  let ofLast: Headers = {};

  function receive<Result>({ headers }: { readonly headers: Headers }, handle: () => Result): Result {
    const { [TRACE]: trace } = headers;
    ofLast = trace === undefined ? {} : { [TRACE]: trace };
    return ofHandler.run(ofLast, handle);
  }

  function withTrace<Input extends { readonly headers: Headers }>(input: Input): Input {
    return { ...input, headers: { ...input.headers, ...(ofHandler.getStore() ?? ofLast) } };
  }

  function forgetLast(): void {
    ofLast = {};
  }

  return {
    inbound: [
      {
        execute(input, next) {
          const { [TRACE]: trace } = input.headers;
          if (trace !== undefined) ofLast = { [TRACE]: trace };
          return next(input);
        },
        handleSignal: (input, next) => receive(input, () => next(input)),
        handleUpdate: (input, next) => receive(input, () => next(input)),
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(withTrace(input)),
        continueAsNew: (input, next) => next(withTrace(input)),
        startTimer(input, next) {
          const fired = next(input);
          const isOfLoop = ofHandler.getStore() === undefined;
          // What the timer of the loop causes, perhaps after hours, belongs to no message any more.
          if (isOfLoop) void fired.then(forgetLast, () => undefined);
          return fired;
        },
      },
    ],
    internals: [
      {
        // Node keeps every storage that was used until it is disabled.
        dispose(input, next) {
          ofHandler.disable();
          next(input);
        },
      },
    ],
  };
};
