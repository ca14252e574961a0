/** Runs that stand still until a person does something: their workflow task keeps failing, or an operator has paused them. */
import type { Client } from '@temporalio/client';
import { remembered } from '../lib/remembered.ts';

/** Temporal's own search attribute; a task that met a run's end (`UnhandledCommand`) does not set it. */
const STUCK = "TemporalReportedProblems IS NOT NULL AND ExecutionStatus = 'Running'";
/** Another one of Temporal's own: of a run that is paused as a whole, and of one with an activity that is. */
const PAUSED = "TemporalPauseInfo IS NOT NULL AND ExecutionStatus IN ('Running', 'Paused')";
const ASKED_EVERY_MS = 30_000;
const MOST_NAMED = 20;

/** How many runs are stuck; null where the server is too old to say. @throws where Temporal does not answer */
export function countStuck(client: Client): Promise<number | null> {
  return whereKnown(async () => (await client.workflow.count(STUCK)).count);
}

/** The ids of some that are stuck. */
export function listStuck(client: Client): Promise<string[]> {
  return listSome(client, STUCK);
}

/** The ids of some that are paused, or have an activity that is; null where the server is too old to say. @throws where Temporal does not answer */
export function listPaused(client: Client): Promise<string[] | null> {
  return whereKnown(() => listSome(client, PAUSED));
}

async function whereKnown<Answer>(ask: () => Promise<Answer>): Promise<Answer | null> {
  try {
    return await ask();
  } catch (error) {
    if (isUnknownAttribute(error)) return null;
    throw error;
  }
}

async function listSome(client: Client, query: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { workflowId } of client.workflow.list({ query })) {
    found.push(workflowId);
    if (found.length === MOST_NAMED) break;
  }
  return found;
}

/** Asks at most every half minute, however often it is asked. */
export function stuckCounter(client: Client, now: () => number = Date.now): () => Promise<number | null> {
  return remembered(ASKED_EVERY_MS, () => countStuck(client), now);
}

function isUnknownAttribute(error: unknown): boolean {
  const { message, cause } = error as Error;
  const text = `${message} ${cause instanceof Error ? cause.message : ''}`;
  return /Temporal(ReportedProblems|PauseInfo)/i.test(text) && /not found|not defined|invalid/i.test(text);
}
