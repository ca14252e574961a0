import { Command } from 'commander';
import { delivery } from '../api/schemas.ts';
import { sentUpdate } from '../api/redelivery-schemas.ts';
import { readClientConfig } from '../config.ts';
import { print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';
import { serviceApi, type ServiceApi } from './service-api.ts';

const EXAMPLES = `
A delivery (dlv_…, GET /v1/deliveries lists them) is run again: its payment looks at the gateway once more.
An update (its webhook-id, GET /v1/updates lists them) is sent to the shop again, for three days from now.

Example:
  paidonce redeliver dlv_019d0c61f3a2b4c6d8e0f1a2b3c4 --actor ada --reason 'ticket 12'
  paidonce redeliver 1001/order.paid --actor ada --reason 'the shop has lost it'

Ends with 1 when there is no such thing, or it can't be done: a callback that was refused, an update that is on its way.`;

interface Options {
  readonly actor: string;
  readonly reason: string;
  readonly json?: true;
}

/** `paidonce redeliver`: one stored callback or one update once more. */
export function redeliverCommand(): Command {
  return new Command('redeliver')
    .description('run a stored callback again, or send an update again')
    .argument('<id>', 'of a delivery, dlv_…, or the webhook-id of an update')
    .requiredOption('--actor <name>', 'who asks; kept in the timeline')
    .requiredOption('--reason <text>', 'why; kept in the timeline')
    .option('--json', 'print it as JSON')
    .addHelpText('after', EXAMPLES)
    .action(redeliver);
}

async function redeliver(id: string, { actor, reason, json }: Options): Promise<void> {
  const service = serviceApi(readClientConfig(withRunningDev(process.env)));
  const asker = { actor, reason };
  const { text, found } = id.startsWith('dlv_')
    ? await runAgain(service, id, asker)
    : await sendAgain(service, id, asker);
  if (json === true) printJson(found);
  else print(text);
}

type Asker = Pick<Options, 'actor' | 'reason'>;

async function runAgain(
  service: ServiceApi,
  id: string,
  asker: Asker,
): Promise<{ text: string; found: unknown }> {
  const found = await service.post(`/v1/deliveries/${encodeURIComponent(id)}/redeliver`, asker, delivery);
  return { text: `${found.id} is run again: payment ${found.payment} looks at ${found.gateway}`, found };
}

async function sendAgain(
  service: ServiceApi,
  effectId: string,
  asker: Asker,
): Promise<{ text: string; found: unknown }> {
  const found = await service.post('/v1/updates/redeliver', { effectId, ...asker }, sentUpdate);
  return { text: `${found.type} of order ${found.orderReference} is sent again`, found };
}
