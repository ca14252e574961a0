/** Sends every call of a client with a trace of its own, as with tracing switched on. */
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';

export const TRACE_HEADER = '_tracer-data';

export function tracedCalls(): WorkflowClientInterceptor {
  let calls = 0;
  const traced = (headers: Headers): Headers => {
    calls += 1;
    const [trace, span] = [32, 16].map((length) => String(calls).padStart(length, '0'));
    const carrier = { traceparent: `00-${trace}-${span}-01` };
    return { ...headers, [TRACE_HEADER]: defaultPayloadConverter.toPayload(carrier) };
  };
  return {
    startWithDetails: (input, next) => next({ ...input, headers: traced(input.headers) }),
    signal: (input, next) => next({ ...input, headers: traced(input.headers) }),
    signalWithStart: (input, next) => next({ ...input, headers: traced(input.headers) }),
    startUpdate: (input, next) => next({ ...input, headers: traced(input.headers) }),
    startUpdateWithStart: (input, next) =>
      next({
        ...input,
        workflowStartHeaders: traced(input.workflowStartHeaders),
        updateHeaders: traced(input.updateHeaders),
      }),
  };
}
