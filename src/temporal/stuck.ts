/**
 * Runs that stand still until a person acts: their workflow task keeps failing, or an operator has paused
 * them.
 */
import type { Client } from '@temporalio/client';
import { remembered } from '../lib/remembered.ts';

/**
 * Temporal's own search attribute. A task that failed only because the run ended (`UnhandledCommand`) does
 * not set it.
 */
const STUCK = "TemporalReportedProblems IS NOT NULL AND ExecutionStatus = 'Running'";
/** Also one of Temporal's own. Set for a paused run, and for a run with a paused activity. */
const PAUSED = "TemporalPauseInfo IS NOT NULL AND ExecutionStatus IN ('Running', 'Paused')";
const ASKED_EVERY_MS = 30_000;
const MOST_NAMED = 20;

/**
 * The number of stuck runs. Null where the server is too old to count them.
 * @throws where Temporal does not answer
 */
export function countStuck(client: Client): Promise<number | null> {
  return whereKnown(async () => (await client.workflow.count(STUCK)).count);
}

/** The ids of some stuck runs. */
export function listStuck(client: Client): Promise<string[]> {
  return listSome(client, STUCK);
}

/**
 * The ids of some paused runs, or runs with a paused activity. Null where the server is too old to list them.
 * @throws where Temporal does not answer
 */
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

/** Calls Temporal at most once in 30 s, however often the counter is called. */
export function stuckCounter(client: Client, now: () => number = Date.now): () => Promise<number | null> {
  return remembered(ASKED_EVERY_MS, () => countStuck(client), now);
}

function isUnknownAttribute(error: unknown): boolean {
  const { message, cause } = error as Error;
  const text = `${message} ${cause instanceof Error ? cause.message : ''}`;
  return /Temporal(ReportedProblems|PauseInfo)/i.test(text) && /not found|not defined|invalid/i.test(text);
}
