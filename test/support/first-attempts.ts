/** First attempts that are recorded instead of made, for tests of their callers. */
import { createLog } from '../../src/telemetry/log.ts';
import { FirstAttempts } from '../../src/updates/first-attempts.ts';

export class NotedFirstAttempts extends FirstAttempts {
  /** The updates to send, order by order. */
  readonly told: { orderReference: string; effects: readonly string[] }[] = [];
  /** How often it was asked to take up updates that no process sends. */
  takenUp = 0;

  constructor() {
    const log = createLog('silent', 'test');
    super({ db: null as never, log, endpoint: null, slots: 1, handOver: () => Promise.resolve() });
  }

  override tell(orderReference: string, effects: readonly string[]): void {
    this.told.push({ orderReference, effects });
  }

  override tellUntold(): Promise<void> {
    this.takenUp += 1;
    return Promise.resolve();
  }
}
