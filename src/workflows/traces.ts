/**
 * Passes the trace of a message on to the activities that it causes (docs/adr/0033). It makes no span, awaits nothing
 * and decides nothing, so a run replays the same with and without it.
 */
import type { Headers, WorkflowInterceptorsFactory } from '@temporalio/workflow';
import { getActivator } from '@temporalio/workflow/lib/global-attributes.js';

/** As Temporal's own interceptors name it. */
const TRACE = '_tracer-data';

/** For the bundles of Workers that make traces. */
export const interceptors: WorkflowInterceptorsFactory = () => {
  leaveRandomAlone();
  /** The trace of the last message: the loop of a run does what messages ask for. */
  let trace: Headers = {};

  function receive({ headers }: { readonly headers: Headers }): void {
    const { [TRACE]: own } = headers;
    trace = own === undefined ? {} : { [TRACE]: own };
  }

  function forget(): void {
    trace = {};
  }

  function withTrace<Input extends { readonly headers: Headers }>(input: Input): Input {
    return { ...input, headers: { ...input.headers, ...trace } };
  }

  return {
    inbound: [
      {
        execute(input, next) {
          // A signal that came with the start was received before.
          if (!(TRACE in trace)) receive(input);
          return next(input);
        },
        handleSignal(input, next) {
          receive(input);
          return next(input);
        },
        handleUpdate(input, next) {
          receive(input);
          return next(input);
        },
      },
    ],
    outbound: [
      {
        scheduleActivity: (input, next) => next(withTrace(input)),
        continueAsNew: (input, next) => next(withTrace(input)),
        startTimer(input, next) {
          const fired = next(input);
          // What a timer causes, perhaps after hours, belongs to no message any more.
          void fired.then(forget, () => undefined);
          return fired;
        },
      },
    ],
  };
};

/**
 * Around interceptors, the SDK keeps which source of randomness the code has chosen, in a storage for each run that it
 * never disables. Node visits every such storage at every promise, so a Worker became slower with each run. Our
 * workflows use no randomness: test/replay/bundle.test.ts.
 */
function leaveRandomAlone(): void {
  Object.assign(getActivator(), {
    currentRandomStorage: { run: (_: unknown, work: () => unknown) => work(), getStore: () => undefined },
  });
}
