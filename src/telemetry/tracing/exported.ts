/** The part of a span that leaves the process: names, ids, statuses and times, and no texts. */
import type { Attributes } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** Anything else that a library adds stays here. docs/operations.md lists them. */
const ATTRIBUTES = new Set([
  'http.request.method',
  'http.response.status_code',
  'http.route',
  'url.path',
  'server.address',
  'server.port',
  'db.system.name',
  'db.operation.name',
  'db.collection.name',
  'error.type',
  'temporalWorkflowId',
  'temporalActivityId',
  'temporalUpdateId',
  'run_id',
]);

/**
 * Texts of errors repeat values, and stacks repeat the texts, so only the type of an error is left. The log has its
 * text, in a line with the same `trace_id`.
 */
export function exported(span: ReadableSpan): ReadableSpan {
  const { spanContext, name, kind, parentSpanId, startTime, endTime, duration, ended, links, resource } =
    span;
  return {
    spanContext: spanContext.bind(span),
    name,
    kind,
    startTime,
    endTime,
    duration,
    ended,
    links,
    resource,
    instrumentationLibrary: span.instrumentationLibrary,
    droppedAttributesCount: span.droppedAttributesCount,
    droppedEventsCount: span.droppedEventsCount,
    droppedLinksCount: span.droppedLinksCount,
    ...(parentSpanId !== undefined && { parentSpanId }),
    status: { code: span.status.code },
    events: [],
    attributes: { ...errorTypeOf(span), ...shown(span.attributes) },
  };
}

function errorTypeOf({ events }: ReadableSpan): Attributes {
  const type = events.find(({ name }) => name === 'exception')?.attributes?.['exception.type'];
  return type === undefined ? {} : { 'error.type': type };
}

function shown(attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => ATTRIBUTES.has(name)));
}
