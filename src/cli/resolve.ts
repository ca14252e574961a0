import { Command, Option } from 'commander';
import { z } from 'zod';
import { approval } from '../api/approvals/approval-view.ts';
import { payment } from '../api/payments/payment-schemas.ts';
import { paidonce } from '../health/shell-commands.ts';
import { readClientConfig } from '../config/config.ts';
import { printAwaiting, type Approval } from './approve.ts';
import { paymentNamed } from './payment-named.ts';
import { asTyped, print, printJson, printPayment } from './print.ts';
import { withRunningDev } from './running-dev.ts';
import { serviceApi } from './service-api.ts';

const EXAMPLES = `
accept     this payment pays the order although something differs; the gateway is read first, and must have the money
give_back  all money that the gateway has of the payment is voided or refunded; exits with 0 if that is still under way
dismiss    the review ends without moving money, and the payment never affects the order again; you have to give its money back, if there is any

While surplus (a further transaction of the session) holds money, give_back covers the surplus alone.
Where the review mark asks about surplus, so does dismiss.

Example:
  paidonce resolve 1001 --decision give_back --actor ada --reason 'paid twice, ticket 12'

Exits with 1 if the payment is not in REVIEW, there is nothing to accept, or the money could not be given back.`;

const paymentOrApproval = z.union([payment, approval]);

interface Options {
  readonly decision: 'accept' | 'give_back' | 'dismiss';
  readonly actor?: string;
  readonly reason: string;
  readonly json?: true;
}

/** `paidonce resolve`: a person's decision about a payment in REVIEW. */
export function resolveCommand(): Command {
  return new Command('resolve')
    .description('take a payment out of REVIEW')
    .argument('<payment>', 'its id (pay_…) or the reference of the order')
    .addOption(
      new Option('--decision <decision>', 'what to do with it')
        .choices(['accept', 'give_back', 'dismiss'])
        .makeOptionMandatory(),
    )
    .option('--actor <name>', "the person that decides, kept in the timeline; default: the key's name")
    .requiredOption('--reason <text>', 'the reason, kept in the timeline')
    .option('--json', 'print the payment as JSON')
    .addHelpText('after', EXAMPLES)
    .action(resolve);
}

async function resolve(named: string, { decision, actor, reason, json }: Options): Promise<void> {
  const service = serviceApi(readClientConfig(withRunningDev(process.env)), ['money']);
  const id = await paymentNamed(service, named, 'in_review');
  const path = `/v1/payments/${encodeURIComponent(id)}/resolve`;
  const answer = await service.post(path, { decision, actor, reason }, paymentOrApproval);
  if (answer.id.startsWith('apr_')) return json ? printJson(answer) : printAwaiting(answer as Approval);
  const resolved = answer as z.infer<typeof payment>;
  printPayment(resolved, json === true);
  if (decision === 'dismiss' && !json)
    print(
      'any money of the payment stays at the gateway: void or refund it in the back office of the gateway',
    );
  const isUnderWay = resolved.status === 'REVIEW' || resolved.reviewMark !== null;
  if (decision === 'give_back' && isUnderWay && !json)
    print(
      `its money is being given back; to see the progress: ${asTyped(paidonce('why', resolved.orderReference))}`,
    );
}
