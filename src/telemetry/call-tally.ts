/** Counts the calls of this process to gateways by minute, until a job adds them to the store. */
export interface NotedCall {
  readonly gateway: string;
  readonly operation: string;
  readonly outcome: string;
  readonly ms: number;
}

export interface TalliedCalls extends Omit<NotedCall, 'ms'> {
  /** RFC 3339, the beginning of the minute. */
  readonly minute: string;
  /** The tenth part of a decade of milliseconds: 20 is up to 100 ms. */
  readonly step: number;
  calls: number;
  totalMs: number;
}

const MINUTE_MS = 60_000;
/** Far above what a minute has. A process that writes nothing, as a command, must not grow. */
const MOST = 2_000;

export class CallTally {
  #counts = new Map<string, TalliedCalls>();

  note({ gateway, operation, outcome, ms }: NotedCall, now = Date.now()): void {
    const minute = now - (now % MINUTE_MS);
    const step = stepOf(ms);
    const key = `${minute} ${gateway} ${outcome} ${step} ${operation}`;
    const known = this.#counts.get(key);
    if (known !== undefined) {
      known.calls += 1;
      known.totalMs += Math.round(ms);
    } else if (this.#counts.size < MOST) {
      const at = new Date(minute).toISOString();
      this.#counts.set(key, {
        minute: at,
        gateway,
        operation,
        outcome,
        step,
        calls: 1,
        totalMs: Math.round(ms),
      });
    }
  }

  /** Everything since the last time. What the caller can't write is lost: these are figures. */
  take(): readonly TalliedCalls[] {
    const taken = [...this.#counts.values()];
    this.#counts = new Map();
    return taken;
  }
}

function stepOf(ms: number): number {
  return Math.max(0, Math.ceil(10 * Math.log10(Math.max(1, ms))));
}
