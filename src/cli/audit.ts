import { Command, Option } from 'commander';
import { readGateways } from '../config/config.ts';
import { plainLine } from '../lib/terminal-text.ts';
import { formatMoney } from '../domain/money.ts';
import type { Gateway } from '../gateways/gateway.ts';
import { createGateways } from '../gateways/registry.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { chargesOf, type Charges } from './audit/charges.ts';
import { suspectsOf, type Suspect } from './audit/find-suspects.ts';
import { readShopOrders } from './audit/shop-orders.ts';
import { BadNews } from './exit.ts';
import { parseDuration } from './parse-time.ts';
import { print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';

const HELP = `
Reads the orders of a shop from a CSV file with the columns reference, customer, amount, currency and created_at, and the payments of their
time from every gateway that the environment configures. Reports two kinds of suspects: orders of one customer with one amount, made within
--window of each other, and orders that hold the money of two payments. A payment belongs to an order if the gateway has the order's
reference beside it. Changes nothing, and needs no running service.

customer may be a hash. Amounts are all in minor units (72200) or all with decimals (722.00). A time without a zone is UTC.

Example:
  paidonce audit --orders orders.csv --window 60s

Exits with 1 if a customer was charged twice, with 2 if the file can't be used.`;

interface Options {
  readonly orders: string;
  readonly window: number;
  readonly json?: true;
}

/** `paidonce audit`: which customers were charged twice before paidonce was installed. */
export function auditCommand(): Command {
  return new Command('audit')
    .description('find orders of a shop that were charged twice, with their payments at the gateways')
    .requiredOption('--orders <file>', 'the CSV file of the orders')
    .addOption(
      new Option('--window <duration>', 'how far apart two orders of one purchase are made')
        .argParser(parseDuration)
        .default(60_000, '60s'),
    )
    .option('--json', 'print the result as JSON')
    .addHelpText('after', HELP)
    .action(audit);
}

async function audit({ orders: path, window, json }: Options): Promise<void> {
  const gateways = createGateways({ gateways: readGateways(withRunningDev(process.env)) }, createMetrics());
  const orders = await readShopOrders(path);
  const charges = await chargesOf(orders, gateways.all);
  const suspects = suspectsOf(orders, charges.byOrder, window);
  if (json === true) printJson({ orders: orders.length, suspects });
  else for (const line of linesOf(orders.length, suspects, charges, gateways.all)) print(line);
  const twice = suspects.filter(({ chargedTwice }) => chargedTwice);
  if (twice.length > 0) throw new BadNews(`${twice.length} purchases were charged twice`);
}

function linesOf(
  orders: number,
  suspects: readonly Suspect[],
  { byOrder, listed }: Charges,
  gateways: readonly Gateway[],
): string[] {
  const names = gateways.map(({ id, account }) => `${id} ${account}`).join(', ');
  const twice = suspects.filter(({ chargedTwice }) => chargedTwice).length;
  return [
    ...suspects.flatMap(blockOf),
    `${orders} orders beside ${listed} payments of ${names}: ${byOrder.size} orders are named by a payment, ${suspects.length} suspects, ${twice} charged twice`,
  ];
}

function blockOf({ orders, amount, currency, transactions, chargedTwice, advice }: Suspect): string[] {
  const money = formatMoney({ amountMinor: amount, currency });
  return [
    plainLine(`${chargedTwice ? 'TWICE ' : 'once  '} ${orders.join(', ')} over ${money}: ${advice}`),
    ...transactions.map(({ gateway, transactionId, reference, keptMinor, createdAt }) =>
      plainLine(
        `       ${createdAt} ${gateway} ${transactionId} for ${reference}: ${formatMoney({ amountMinor: keptMinor, currency })} kept`,
      ),
    ),
  ];
}
