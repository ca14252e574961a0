/**
 * The metrics of Temporal's SDK. The SDK serves them on a port of this machine only; we read them at each
 * scrape.
 */

/** A scrape waits no longer than this for them. */
const LIMIT_MS = 500;

export interface SdkMetrics {
  /** Set once the SDK serves its metrics; null in a process without a worker. */
  port: number | null;
}

/** Prometheus' text format; empty without a worker, or if the SDK does not answer in time. Never throws. */
export async function readSdkMetrics({ port }: SdkMetrics): Promise<string> {
  if (port === null) return '';
  try {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal });
    return response.ok ? await response.text() : '';
  } catch {
    return '';
  }
}
