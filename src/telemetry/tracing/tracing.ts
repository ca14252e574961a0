/**
 * Starts OpenTelemetry for this process. Loaded only where OTEL_EXPORTER_OTLP_ENDPOINT is set: without it, no module of
 * OpenTelemetry but its API is read, and the API does nothing. docs/adr/0033.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { Resource } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type Sampler,
} from '@opentelemetry/sdk-trace-base';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { OpenTelemetryWorkflowClientInterceptor } from '@temporalio/interceptors-opentelemetry/lib/client/index.js';
import { TRACE_HEADER } from '@temporalio/interceptors-opentelemetry/lib/instrumentation.js';
import { OpenTelemetryActivityInboundInterceptor } from '@temporalio/interceptors-opentelemetry/lib/worker/index.js';
import { VERSION } from '../../lib/version.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { CollectorExporter, EXPORT_TIMEOUT_MS } from './exporter.ts';

export interface TracingSettings {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT: string;
  readonly OTEL_EXPORTER_OTLP_HEADERS?: Readonly<Record<string, string>> | undefined;
  readonly OTEL_SERVICE_NAME: string;
  readonly OTEL_RESOURCE_ATTRIBUTES?: Readonly<Record<string, string>> | undefined;
  readonly OTEL_TRACES_SAMPLER: SamplerName;
  /** The part of all traces that the samplers with `traceidratio` keep. */
  readonly OTEL_TRACES_SAMPLER_ARG: number;
}

export type SamplerName =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | `parentbased_${'always_on' | 'always_off' | 'traceidratio'}`;

export interface Tracing {
  /** For the client of Temporal: makes its calls spans, and sends the trace with them. */
  readonly client: WorkflowClientInterceptor;
  /** For Workers: makes activities spans of the trace that their workflow was sent. */
  readonly activity: ActivityInterceptorsFactory;
  /** Sends what is left, for a moment at most. */
  stop(): Promise<void>;
}

/** Spans beyond these are dropped. A span takes about 1 KB. */
const MOST_WAITING = 2_048;
const BATCH = 512;
const SENT_EVERY_MS = 2_000;

/** A stop waits no longer for the collector. */
const STOP_GRACE_MS = 2_000;

export function startTracing(
  settings: TracingSettings,
  reports: { readonly log: Logger; readonly metrics: Metrics },
): Tracing {
  const collector = {
    url: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
    headers: settings.OTEL_EXPORTER_OTLP_HEADERS ?? {},
  };
  const exporter = new CollectorExporter(collector, reports);
  const processor = new BatchSpanProcessor(exporter, {
    maxQueueSize: MOST_WAITING,
    maxExportBatchSize: BATCH,
    scheduledDelayMillis: SENT_EVERY_MS,
    exportTimeoutMillis: 2 * EXPORT_TIMEOUT_MS,
  });
  const provider = new BasicTracerProvider({
    resource: resourceOf(settings),
    sampler: samplerOf(settings),
    spanProcessors: [processor],
  });
  provider.register({
    contextManager: new AsyncLocalStorageContextManager(),
    // No baggage: it could be data of a person, and would go to Temporal and the shop.
    propagator: new W3CTraceContextPropagator(),
  });
  return {
    client: new OpenTelemetryWorkflowClientInterceptor(),
    activity: aroundActivity,
    async stop() {
      const isSent = provider.shutdown().catch(() => undefined);
      await Promise.race([isSent, sleep(STOP_GRACE_MS, undefined, { ref: false })]);
      await exporter.shutdown();
    },
  };
}

const aroundActivity: ActivityInterceptorsFactory = (ctx) => {
  const traced = new OpenTelemetryActivityInboundInterceptor(ctx);
  return {
    inbound: {
      execute: (input, next) => traced.execute({ ...input, headers: readable(input.headers) }, next),
    },
  };
};

/** Any program that reaches Temporal may send any header. An odd one must not keep an activity from running. */
function readable(headers: Headers): Headers {
  const { [TRACE_HEADER]: trace, ...others } = headers;
  if (trace === undefined) return headers;
  try {
    defaultPayloadConverter.fromPayload(trace);
    return headers;
  } catch {
    return others;
  }
}

function resourceOf({ OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES }: TracingSettings): Resource {
  return new Resource({
    'service.version': VERSION,
    ...OTEL_RESOURCE_ATTRIBUTES,
    'service.name': OTEL_SERVICE_NAME,
  });
}

function samplerOf({ OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: ratio }: TracingSettings): Sampler {
  const isParentBased = name.startsWith('parentbased_');
  const root = rootSampler(name.replace('parentbased_', ''), ratio);
  return isParentBased ? new ParentBasedSampler({ root }) : root;
}

function rootSampler(name: string, ratio: number): Sampler {
  if (name === 'always_off') return new AlwaysOffSampler();
  return name === 'traceidratio' ? new TraceIdRatioBasedSampler(ratio) : new AlwaysOnSampler();
}
