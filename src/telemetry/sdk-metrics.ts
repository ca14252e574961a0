/** The figures of Temporal's SDK. It serves them itself, on a port of this machine only; we read them at a scrape of ours. */

/** A scrape of ours waits for no longer than this. */
const LIMIT_MS = 500;

export interface SdkMetrics {
  /** Set once the SDK serves them; null in a process without a worker. */
  port: number | null;
}

/** In Prometheus' text format; empty without a worker, and where the SDK does not answer in time. Never throws. */
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
