/** Sends spans to a collector by OTLP/HTTP, in JSON. A span is worth nothing to a payment: it is sent once or lost. */
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer/build/src/trace/json/index.js';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { fetchFailure } from '../../lib/root-of.ts';
import { withTimeLimit } from '../../lib/time-limit.ts';
import type { Logger } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { exported } from './exported.ts';

/** A collector that hangs holds at most a few batches of spans for this long. */
export const EXPORT_TIMEOUT_MS = 5_000;
const LOGGED_EVERY_MS = 60_000;

export interface Collector {
  /** The base, without a slash at its end. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Reports = { readonly log: Logger; readonly metrics: Pick<Metrics, 'traceExportsFailed'> };

/**
 * Not the exporter of OpenTelemetry: it keeps an answer of any length in memory, and sends again while new spans wait.
 */
export class CollectorExporter implements SpanExporter {
  readonly #collector: Collector;
  readonly #reports: Reports;
  readonly #stopping = new AbortController();
  #loggedAt = -LOGGED_EVERY_MS;

  constructor(collector: Collector, reports: Reports) {
    this.#collector = collector;
    this.#reports = reports;
  }

  export(spans: readonly ReadableSpan[], end: (result: ExportResult) => void): void {
    void this.#isSent(spans).then((isSent) =>
      end({ code: isSent ? ExportResultCode.SUCCESS : ExportResultCode.FAILED }),
    );
  }

  async #isSent(spans: readonly ReadableSpan[]): Promise<boolean> {
    try {
      await this.#send(spans);
      return true;
    } catch (error) {
      this.#report(spans.length, fetchFailure(error));
      return false;
    }
  }

  async #send(spans: readonly ReadableSpan[]): Promise<void> {
    const { url, headers } = this.#collector;
    const body = Buffer.from(JsonTraceSerializer.serializeRequest(spans.map(exported)) ?? []);
    const status = await withTimeLimit(EXPORT_TIMEOUT_MS, [this.#stopping.signal], async (signal) => {
      const own = { 'content-type': 'application/json', 'user-agent': 'paidonce' };
      const init = {
        method: 'POST',
        redirect: 'manual',
        headers: { ...headers, ...own },
        body,
        signal,
      } as const;
      const response = await fetch(`${url}/v1/traces`, init);
      // Only the status counts, and a body may have any length.
      await response.body?.cancel();
      return response.status;
    });
    if (status < 200 || status >= 300) throw new Error(`it answered ${status}`);
  }

  /** In the log at most once a minute: every payment has spans. */
  #report(spans: number, reason: string): void {
    this.#reports.metrics.traceExportsFailed.inc();
    const now = performance.now();
    if (now - this.#loggedAt < LOGGED_EVERY_MS) return;
    this.#loggedAt = now;
    this.#reports.log.warn(
      { spans, reason },
      'spans could not be sent and are lost: check the collector at OTEL_EXPORTER_OTLP_ENDPOINT; payments are not affected',
    );
  }

  /** Gives up what is under way. */
  async shutdown(): Promise<void> {
    this.#stopping.abort();
  }
}
