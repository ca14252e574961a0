import { Command } from 'commander';
import { payment } from '../api/payments/payment-schemas.ts';
import { paidonce } from '../health/shell-commands.ts';
import { readClientConfig } from '../config/config.ts';
import { newestPaymentNamed } from './payment-named.ts';
import { asTyped, print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';
import { serviceApi } from './service-api.ts';

const EXAMPLES = `
The gateway's answer is compared with what is recorded, and acted on as after a callback. The command itself moves no money.

Example:
  paidonce look 1001 --actor ada --reason 'the payer says that it is paid'

Exits with 1 if there is no such payment, or it was looked at several times within the last 30 seconds.`;

interface Options {
  readonly actor?: string;
  readonly reason: string;
  readonly json?: true;
}

/** `paidonce look`: has a payment read at its gateway now. */
export function lookCommand(): Command {
  return new Command('look')
    .description('read a payment at its gateway now')
    .argument('<payment>', 'its id (pay_…) or the reference of the order: then its newest payment')
    .option('--actor <name>', "the person that requests it, kept in the timeline; default: the key's name")
    .requiredOption('--reason <text>', 'the reason, kept in the timeline')
    .option('--json', 'print the payment as JSON, as it was before')
    .addHelpText('after', EXAMPLES)
    .action(look);
}

async function look(named: string, { actor, reason, json }: Options): Promise<void> {
  const service = serviceApi(readClientConfig(withRunningDev(process.env)), ['support']);
  const path = `/v1/payments/${encodeURIComponent(await newestPaymentNamed(service, named))}/look`;
  const asked = await service.post(path, { ...(actor !== undefined && { actor }), reason }, payment);
  if (json) return printJson(asked);
  print(`payment ${asked.id} is read at ${asked.gateway} now; it was ${asked.status}`);
  print(`to see what was found: ${asTyped(paidonce('why', asked.orderReference))}`);
}
