import { Command } from 'commander';
import { payment } from '../api/payments/payment-schemas.ts';
import { readClientConfig } from '../config/config.ts';
import { paymentNamed } from './payment-named.ts';
import { printPayment } from './print.ts';
import { withRunningDev } from './running-dev.ts';
import { serviceApi } from './service-api.ts';

const EXAMPLES = `
Example:
  paidonce cancel 1001

Exits with 1 if the payment can't be cancelled: it has been paid, or it is no longer open.`;

/** `paidonce cancel`: closes an unpaid session. */
export function cancelCommand(): Command {
  return new Command('cancel')
    .description('cancel a payment that has not been paid')
    .argument('<payment>', 'its id (pay_…) or the reference of the order')
    .option('--json', 'print the payment as JSON')
    .addHelpText('after', EXAMPLES)
    .action(cancel);
}

async function cancel(named: string, { json }: { json?: true }): Promise<void> {
  const service = serviceApi(readClientConfig(withRunningDev(process.env)), ['shop', 'money']);
  const path = `/v1/payments/${encodeURIComponent(await paymentNamed(service, named, 'open'))}/cancel`;
  printPayment(await service.post(path, {}, payment), json === true);
}
