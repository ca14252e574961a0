/**
 * Spans of our own, by OpenTelemetry's API (docs/operations.md, "Traces"). Where no tracing was started, the API does
 * nothing: no span is made, and no header.
 */
import {
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
} from '@opentelemetry/api';

/**
 * Makes a call to another system in a span of the current trace. Outside of a trace there is no span: polls and timers
 * would make a trace each. `name` and `attributes` have no values of a payment or a person.
 */
export function callInSpan<Answer>(
  name: string,
  attributes: Attributes,
  call: (span: Span | undefined) => Promise<Answer>,
): Promise<Answer> {
  return trace.getActiveSpan() === undefined ? call(undefined) : inSpan(name, attributes, call);
}

/** Like `callInSpan`. Outside of a trace the span begins one. */
export function inSpan<Answer>(
  name: string,
  attributes: Attributes,
  call: (span: Span) => Promise<Answer>,
): Promise<Answer> {
  const options = { kind: SpanKind.CLIENT, attributes };
  return trace.getTracer('paidonce').startActiveSpan(name, options, async (span) => {
    try {
      return await call(span);
    } catch (error) {
      span.setAttribute('error.type', typeOf(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** Only a code or a class: the texts of errors repeat values. */
function typeOf(error: unknown): string {
  const { code, name, cause } = error as { code?: unknown; name?: string; cause?: { code?: unknown } };
  const found = [cause?.code, code].find((one) => typeof one === 'string');
  return String(found ?? name);
}

/** The attributes of an HTTP call. No path and no query: the name of the call says enough. */
export function httpCall(method: string, url: string): Attributes {
  const { hostname, port, protocol } = new URL(url);
  const usual = protocol === 'https:' ? 443 : 80;
  return {
    'http.request.method': method,
    'server.address': hostname,
    'server.port': port === '' ? usual : Number(port),
  };
}

/** Notes the answer of an HTTP call. */
export function answered(span: Span | undefined, status: number): void {
  span?.setAttribute('http.response.status_code', status);
  if (status >= 400) span?.setStatus({ code: SpanStatusCode.ERROR });
}

/** `traceparent` and, where the caller's trace has one, `tracestate`: W3C Trace Context. Empty outside of a trace. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(context.active(), headers);
  return headers;
}

/** The ids of the current trace and span, for a log line. Empty outside of a trace. */
export function traceIds(): { readonly trace_id?: string; readonly span_id?: string } {
  const current = trace.getActiveSpan()?.spanContext();
  return current === undefined ? {} : { trace_id: current.traceId, span_id: current.spanId };
}

/** The function as part of the current trace, also where it is called later and from outside. */
export function inThisTrace<Call extends (...args: never) => unknown>(call: Call): Call {
  return context.bind(context.active(), call);
}
