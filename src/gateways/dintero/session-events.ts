import { z } from 'zod';
import type { DinteroClient } from './client.ts';
import { isIdOf } from './id-parts.ts';
import { expected } from './parse-answer.ts';

/** The events that Dintero adds to a session when it calls us. */
const SENT: ReadonlySet<string> = new Set(['AUTH_CALLBACK_SENT', 'ON_HOLD_CALLBACK_SENT']);

const calledSchema = z.object({
  id: z.string(),
  events: z.array(z.object({ name: z.string().optional().catch(undefined) })).nullish(),
});

interface Caller {
  readonly client: DinteroClient;
  readonly accountId: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * How many callbacks were sent according to the events of these sessions. Sessions that Dintero does not know
 * count as 0.
 */
export async function countCallbacksSent(caller: Caller, sessionIds: readonly string[]): Promise<number> {
  let sent = 0;
  for (const sessionId of sessionIds) sent += await countOf(caller, sessionId);
  return sent;
}

async function countOf({ client, accountId, signal }: Caller, sessionId: string): Promise<number> {
  if (!isIdOf(accountId, sessionId)) return 0;
  const operation = 'read session';
  const path = `/v1/sessions/${encodeURIComponent(sessionId)}`;
  const answer = await client({ operation, method: 'GET', path, signal });
  if (answer.status === 404) return 0;
  const { events } = expected(calledSchema, operation, answer);
  return (events ?? []).filter(({ name }) => SENT.has(name ?? '')).length;
}
