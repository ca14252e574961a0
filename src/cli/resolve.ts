import { Command, Option } from 'commander';
import { payment } from '../api/payments/payment-schemas.ts';
import { paidonce } from '../health/shell-commands.ts';
import { readClientConfig } from '../config/config.ts';
import { paymentNamed } from './payment-named.ts';
import { asTyped, print, printPayment } from './print.ts';
import { withRunningDev } from './running-dev.ts';
import { serviceApi } from './service-api.ts';

const EXAMPLES = `
accept     the order is paid by this payment although something differs; the gateway is asked first whether the money is there
give_back  whatever the gateway holds of it is voided or refunded; what is still under way then ends with 0
dismiss    the payment is off our hands: it never touches the order again; its money, if any, is yours to give back

Example:
  paidonce resolve 1001 --decision give_back --actor ada --reason 'paid twice, ticket 12'

Ends with 1 when the payment is not in REVIEW, there is nothing to accept, or the money could not be given back.`;

interface Options {
  readonly decision: 'accept' | 'give_back' | 'dismiss';
  readonly actor?: string;
  readonly reason: string;
  readonly json?: true;
}

/** `paidonce resolve`: the way out of REVIEW. */
export function resolveCommand(): Command {
  return new Command('resolve')
    .description('take a payment out of REVIEW')
    .argument('<payment>', 'its id, pay_…, or the number of the order')
    .addOption(
      new Option('--decision <decision>', 'what to do with it')
        .choices(['accept', 'give_back', 'dismiss'])
        .makeOptionMandatory(),
    )
    .option('--actor <name>', "who decides, kept in the timeline; the key's name where it is left out")
    .requiredOption('--reason <text>', 'why; kept in the timeline')
    .option('--json', 'print the payment as JSON')
    .addHelpText('after', EXAMPLES)
    .action(resolve);
}

async function resolve(named: string, { decision, actor, reason, json }: Options): Promise<void> {
  const service = serviceApi(readClientConfig(withRunningDev(process.env)), ['money']);
  const id = await paymentNamed(service, named, 'in_review');
  const path = `/v1/payments/${encodeURIComponent(id)}/resolve`;
  const resolved = await service.post(path, { decision, actor, reason }, payment);
  printPayment(resolved, json === true);
  if (decision === 'dismiss' && !json)
    print('what the gateway holds of it stays there: release it or give it back in its back office');
  if (decision === 'give_back' && resolved.status === 'REVIEW' && !json)
    print(
      `its money is on its way back; how far it is: ${asTyped(paidonce('why', resolved.orderReference))}`,
    );
}
