/** The stream of events: server-sent events, as `EventSource` reads them. */
import type { Context } from 'koa';
import { EventStream } from '../../lib/event-stream.ts';
import type { StoredEvent } from '../../store/events.ts';
import { other, reply } from '../http/answers.ts';
import { defineCall } from '../http/define-call.ts';
import { Refusal } from '../refusal.ts';
import type { EventFeed } from './event-feed.ts';
import { STREAM_EXAMPLE, viewEvent } from './event-view.ts';

export interface EventTools {
  readonly feed: EventFeed;
  /** The open streams of this process. */
  readonly streams: Set<EventStream>;
}

const MOST_STREAMS = 200;

export const EVENT_CALLS = [
  defineCall({
    method: 'get',
    path: '/v1/events',
    operationId: 'streamEvents',
    access: [],
    summary: 'Follow what happens, as server-sent events',
    description:
      'Each message is a `StreamEvent` as JSON, about a second after it happened. A note of a timeline has an `id`; a client that was interrupted sends the last one as ' +
      '`Last-Event-ID` and gets up to 500 notes that it has missed. The comment `: live` says that every event from then on is told. Nothing else is repeated: what must be known for certain is read from the lists.',
    answers: {
      200: other('A stream without an end', {
        content: { 'text/event-stream': { schema: { type: 'string' }, example: STREAM_EXAMPLE } },
      }),
    },
    refusals: ['rate_limited'],
    async handle({ ctx }, { feed, streams }: EventTools) {
      if (streams.size >= MOST_STREAMS)
        throw new Refusal('rate_limited', `this process has ${MOST_STREAMS} streams already; close some`);
      const missed = await missedBy(ctx, feed);
      const stream = openStream(feed, missed);
      streams.add(stream);
      stream.once('close', () => streams.delete(stream));
      ctx.req.once('close', () => stream.destroy());
      const headers = { 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' };
      return reply(200, stream, { type: 'text/event-stream', headers });
    },
  }),
];

async function missedBy(ctx: Context, feed: EventFeed): Promise<readonly StoredEvent[]> {
  const last = ctx.get('Last-Event-ID');
  return /^\d{1,15}$/.test(last) ? feed.after(Number(last)) : [];
}

function openStream(feed: EventFeed, missed: readonly StoredEvent[]): EventStream {
  const stream = new EventStream();
  const sent = new Set(missed.map(({ id }) => id));
  const write = (events: readonly StoredEvent[]) => stream.send(events.map(messageOf).join(''));
  write(missed);
  const unsubscribe = feed.subscribe((events) => write(events.filter(({ id }) => !sent.has(id))));
  void feed.live().then(() => stream.write(': live\n\n'));
  stream.once('close', unsubscribe);
  return stream;
}

function messageOf(event: StoredEvent): string {
  const isNote = /^\d+$/.test(event.id);
  return `${isNote ? `id: ${event.id}\n` : ''}data: ${JSON.stringify(viewEvent(event))}\n\n`;
}
