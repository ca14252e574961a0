/** A stream of server-sent events to one client, as both the API and the dashboard send them. */
import { PassThrough } from 'node:stream';

const BEAT_MS = 15_000;
/** A client that reads less is disconnected; it connects again by itself. */
const MOST_UNREAD_BYTES = 1_000_000;

export class EventStream extends PassThrough {
  constructor() {
    super({ highWaterMark: MOST_UNREAD_BYTES });
    // Without a beat, a proxy takes a quiet stream for a dead one.
    const beat = setInterval(() => this.write(': still here\n\n'), BEAT_MS);
    this.once('close', () => clearInterval(beat));
  }

  /** Sends this text of whole events, or disconnects a client that does not read. */
  send(events: string | Buffer): void {
    if (this.writableLength > MOST_UNREAD_BYTES) this.destroy();
    else this.write(events);
  }
}
