import { Command } from 'commander';
import { delivery } from '../api/deliveries/delivery-view.ts';
import { resentUpdates, sentUpdate } from '../api/updates/update-view.ts';
import { readClientConfig } from '../config/config.ts';
import { parseTime } from './parse-time.ts';
import { print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';
import { serviceApi, type ServiceApi } from './service-api.ts';

const EXAMPLES = `
A delivery (dlv_…; GET /v1/deliveries lists them) is run again: its payment is looked at again.
An update (its webhook-id; GET /v1/updates lists them) is sent to the shop now, with retries for three days from now.
--waiting-since sends all updates that were queued at that time or later and wait for their next attempt, for a shop that is available again.
--gave-up-since sends all updates that were given up at that time or later.

Example:
  paidonce redeliver dlv_019d0c61f3a2b4c6d8e0f1a2b3c4 --actor ada --reason 'ticket 12'
  paidonce redeliver 1001/order.paid --actor ada --reason 'the shop has lost it'
  paidonce redeliver --waiting-since 2026-11-28T12:00:00Z --actor ada --reason 'the shop is back'
  paidonce redeliver --gave-up-since 2026-11-28T12:00:00Z --actor ada --reason 'the shop is back'

Exits with 1 if the id is not known or can't be delivered again: a refused callback, or an update that a later one replaces.`;

interface Options {
  readonly actor?: string;
  readonly reason: string;
  readonly gaveUpSince?: string;
  readonly waitingSince?: string;
  readonly json?: true;
}

/**
 * `paidonce redeliver`: one stored callback or one update again, or all updates that were given up or wait.
 */
export function redeliverCommand(): Command {
  return new Command('redeliver')
    .description('run a stored callback again, or send an update again')
    .argument('[id]', 'the id of a delivery (dlv_…) or the webhook-id of an update')
    .option(
      '--waiting-since <time>',
      'instead of an id: all updates that were queued since then and wait for their next attempt',
      (given: string) => parseTime(given),
    )
    .option(
      '--gave-up-since <time>',
      'instead of an id: all updates that were given up since then',
      (given: string) => parseTime(given),
    )
    .option('--actor <name>', "the person that requests it, kept in the timeline; default: the key's name")
    .requiredOption('--reason <text>', 'the reason, kept in the timeline')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', EXAMPLES)
    .action(redeliver);
}

async function redeliver(
  id: string | undefined,
  { actor, reason, gaveUpSince, waitingSince, json }: Options,
  command: Command,
): Promise<void> {
  if ([id, gaveUpSince, waitingSince].filter((given) => given !== undefined).length !== 1)
    command.error('error: give exactly one of <id>, --waiting-since <time> and --gave-up-since <time>');
  const service = serviceApi(readClientConfig(withRunningDev(process.env)), ['support']);
  const asker = { ...(actor !== undefined && { actor }), reason };
  const since = waitingSince ?? gaveUpSince;
  const { text, found } = await (since === undefined
    ? doAgain(service, id as string, asker)
    : sendAllAgain(service, { state: waitingSince === undefined ? 'gave_up' : 'pending', since }, asker));
  if (json === true) printJson(found);
  else print(text);
}

type Asker = Pick<Options, 'actor' | 'reason'>;

function doAgain(service: ServiceApi, id: string, asker: Asker): Promise<{ text: string; found: unknown }> {
  return id.startsWith('dlv_') ? runAgain(service, id, asker) : sendAgain(service, id, asker);
}

async function runAgain(
  service: ServiceApi,
  id: string,
  asker: Asker,
): Promise<{ text: string; found: unknown }> {
  const found = await service.post(`/v1/deliveries/${encodeURIComponent(id)}/redeliver`, asker, delivery);
  return {
    text: `${found.id} is run again: payment ${found.payment} is looked at as soon as ${found.gateway} answers`,
    found,
  };
}

async function sendAgain(
  service: ServiceApi,
  effectId: string,
  asker: Asker,
): Promise<{ text: string; found: unknown }> {
  const found = await service.post('/v1/updates/redeliver', { effectId, ...asker }, sentUpdate);
  return { text: `${found.type} of order ${found.orderReference} is sent again`, found };
}

/** Repeats the call until all are queued: one call queues only a part of them. */
async function sendAllAgain(
  service: ServiceApi,
  which: { readonly state: 'gave_up' | 'pending'; readonly since: string },
  asker: Asker,
): Promise<{ text: string; found: unknown }> {
  const body = { ...which, ...asker };
  let queued = 0;
  for (;;) {
    const part = await service.post('/v1/updates/redeliver', body, resentUpdates);
    queued += part.queued;
    if (!part.hasMore || part.queued === 0) break;
  }
  return { text: `${queued} updates are sent again`, found: { queued } };
}
