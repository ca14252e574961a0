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

Ends with 1 when the payment can't be cancelled: somebody has paid, or it is not open any more.`;

/** `paidonce cancel`: closes an unpaid session. */
export function cancelCommand(): Command {
  return new Command('cancel')
    .description('close a payment that nobody has paid')
    .argument('<payment>', 'its id, pay_…, or the number of the order')
    .option('--json', 'print the payment as JSON')
    .addHelpText('after', EXAMPLES)
    .action(cancel);
}

async function cancel(named: string, { json }: { json?: true }): Promise<void> {
  const service = serviceApi(readClientConfig(withRunningDev(process.env)), ['shop', 'money']);
  const path = `/v1/payments/${encodeURIComponent(await paymentNamed(service, named, 'open'))}/cancel`;
  printPayment(await service.post(path, {}, payment), json === true);
}
