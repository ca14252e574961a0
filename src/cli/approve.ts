import { Command } from 'commander';
import type { z } from 'zod';
import { approval } from '../api/approvals/approval-view.ts';
import { paidonce } from '../health/shell-commands.ts';
import { readClientConfig } from '../config/config.ts';
import { formatMoney } from '../domain/money.ts';
import { BadNews } from './exit.ts';
import { asTyped, print, printJson, utc } from './print.ts';
import { withRunningDev } from './running-dev.ts';
import { serviceApi } from './service-api.ts';

export type Approval = z.infer<typeof approval>;

const ABOUT = `
A refund, give-back or acceptance above FOUR_EYES_ABOVE waits for a second person. The API key needs another name than the one that asked.
GET /v1/approvals?status=awaiting_approval lists those that wait.

Exits with 1 if there is nothing to decide any more, the key has asked for it itself, or it was refused after the approval.`;

const EXAMPLES = {
  approve: 'apr_01a211d103236bb707e7ee6d5e0b --actor grace',
  reject: "apr_01a211d103236bb707e7ee6d5e0b --actor grace --reason 'the chair is here'",
};

interface Options {
  readonly actor?: string;
  readonly reason?: string;
  readonly json?: true;
}

/** `paidonce approve` and `paidonce reject`: a second person decides about a request. */
export function approvalCommands(): Command[] {
  return [
    command('approve', 'approve what another person has asked for; it is then carried out').option(
      '--reason <text>',
      'the reason, kept in the timeline',
    ),
    command('reject', 'reject what another person has asked for').requiredOption(
      '--reason <text>',
      'the reason, kept in the timeline',
    ),
  ];
}

function command(name: 'approve' | 'reject', description: string): Command {
  return new Command(name)
    .description(description)
    .argument('<approval>', 'its id (apr_…)')
    .option('--actor <name>', "the person that decides, kept in the timeline; default: the key's name")
    .option('--json', 'print the request as JSON')
    .addHelpText('after', `\nExample:\n  paidonce ${name} ${EXAMPLES[name]}\n${ABOUT}`)
    .action((id: string, options: Options) => decide(name, id, options));
}

async function decide(name: 'approve' | 'reject', id: string, options: Options): Promise<void> {
  const { actor, reason, json } = options;
  const service = serviceApi(readClientConfig(withRunningDev(process.env)), ['money']);
  const body = { ...(actor !== undefined && { actor }), ...(reason !== undefined && { reason }) };
  const decided = await service.post(`/v1/approvals/${encodeURIComponent(id)}/${name}`, body, approval);
  if (json) printJson(decided);
  else printDecided(decided);
  if (decided.problem !== null) throw new BadNews(decided.problem.detail);
}

function printDecided(decided: Approval): void {
  const { status, problem, doneAt, orderReference } = decided;
  const result =
    problem !== null ? `, and then refused: ${problem.detail}` : doneAt === null ? '' : ', and done';
  print(`${wordsOf(decided)} is ${status}${status === 'approved' ? result : ''}`);
  if (status === 'approved' && doneAt === null)
    print(`it is being carried out; to see the progress: ${asTyped(paidonce('why', orderReference))}`);
}

/** Says what a request waits for. */
export function printAwaiting(waiting: Approval): void {
  print(`${wordsOf(waiting)} waits for a second person until ${utc(waiting.expiresAt)}; nothing was moved`);
  print(`a person with a key of another name: ${asTyped(paidonce('approve', waiting.id))}`);
}

function wordsOf({ what, reference, amount, currency, orderReference }: Approval): string {
  const named =
    what === 'refund' ? `refund ${reference}` : what === 'accept' ? 'the acceptance' : 'the give-back';
  return `${named} of ${formatMoney({ amountMinor: amount, currency })} for order ${orderReference}`;
}
