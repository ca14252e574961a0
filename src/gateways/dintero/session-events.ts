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

/**
 * How many callbacks were sent according to the session's events; 0 for a session that Dintero does not know.
 */
export async function countCallbacksSent(
  {
    client,
    accountId,
    signal,
  }: {
    readonly client: DinteroClient;
    readonly accountId: string;
    readonly signal: AbortSignal | undefined;
  },
  sessionId: string,
): Promise<number> {
  if (!isIdOf(accountId, sessionId)) return 0;
  const operation = 'read session';
  const path = `/v1/sessions/${encodeURIComponent(sessionId)}`;
  const answer = await client({ operation, method: 'GET', path, signal });
  if (answer.status === 404) return 0;
  const { events } = expected(calledSchema, operation, answer);
  return (events ?? []).filter(({ name }) => SENT.has(name ?? '')).length;
}
