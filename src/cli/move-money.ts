/**
 * `paidonce capture`, `refund` and `void`: the command calls the running service, which moves the money, and
 * prints the answer.
 */
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { approval } from '../api/approvals/approval-view.ts';
import { operationWithPayment } from '../api/money/operation-view.ts';
import { readClientConfig } from '../config/config.ts';
import type { OperationKind } from '../domain/operation.ts';
import { formatMoney } from '../domain/money.ts';
import { operationName } from '../store/about-operation.ts';
import { printAwaiting, type Approval } from './approve.ts';
import { paymentNamed } from './payment-named.ts';
import { print, printJson } from './print.ts';
import { withRunningDev } from './running-dev.ts';
import { serviceApi, ServiceRefused, type ServiceApi } from './service-api.ts';

type Operation = z.infer<typeof operationWithPayment>;

const operationOrApproval = z.union([operationWithPayment, approval]);

interface Options {
  readonly amount?: number;
  readonly reference?: string;
  readonly final?: true;
  readonly reason?: string;
  readonly json?: true;
}

const REST = `
The reference prevents a second operation: the same command again shows the result and moves nothing more. Without --reference it is made of the
command and its amount, so a second operation with the same amount needs its own --reference.

Exits with 1 if the operation failed or was refused, with 0 if it is done or still under way.`;

/** The three commands. */
export function moneyCommands(): Command[] {
  return [
    moneyCommand(
      'capture',
      'capture authorized money: all that is left, or --amount',
      'paidonce capture 1001',
    )
      .option('--amount <minor units>', 'øre, cents: 20000 for 200.00', minorUnits)
      .option('--final', 'release what is left of the authorization'),
    moneyCommand(
      'refund',
      'refund captured money: all that is left, or --amount',
      "paidonce refund pay_019d0c61f3a2b4c6d8e0f1a2b3c4 --amount 20000 --reference return-7 --reason 'came back'",
    )
      .option('--amount <minor units>', 'øre, cents: 20000 for 200.00', minorUnits)
      .option('--reason <text>', 'sent to the gateway'),
    moneyCommand('void', 'void authorized money that was not captured', 'paidonce void 1001').option(
      '--reason <text>',
      'kept with the operation',
    ),
  ];
}

function moneyCommand(kind: OperationKind, description: string, example: string): Command {
  return new Command(kind)
    .description(description)
    .argument('<payment>', 'its id (pay_…) or the reference of the order that it has paid')
    .option('--reference <reference>', 'identifies this operation, so that it runs only once')
    .option('--json', 'print the operation as JSON')
    .addHelpText('after', `\nExample:\n  ${example}\n${REST}`)
    .action((named: string, options: Options) => move(kind, named, options));
}

function minorUnits(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('a whole number of minor units (øre, cents) was expected, at least 1.');
}

async function move(kind: OperationKind, named: string, options: Options): Promise<void> {
  const service = serviceApi(readClientConfig(withRunningDev(process.env)), ['money']);
  const { amount, reason, final, json } = options;
  const at = `/v1/payments/${encodeURIComponent(await paymentNamed(service, named, 'paid'))}`;
  const reference = options.reference ?? referenceFor(kind, amount);
  const before = options.reference === undefined ? await find(service, at, { kind, reference }) : null;
  const body = {
    reference,
    ...(amount !== undefined && { amount }),
    ...(final && { finalCapture: true }),
    ...(reason !== undefined && { reason }),
  };
  const answer = await service.post(`${at}/${kind}`, body, operationOrApproval);
  if (json) return printJson(answer);
  if (answer.id.startsWith('apr_')) printAwaiting(answer as Approval);
  else printOperation(answer as Operation, before !== null);
}

/** The same for the same command: repeating a command whose answer was lost moves nothing twice. */
function referenceFor(kind: OperationKind, amount: number | undefined): string {
  return kind === 'void' ? 'void' : `cli-${kind}-${amount ?? 'all'}`;
}

async function find(
  service: ServiceApi,
  at: string,
  { kind, reference }: Pick<Operation, 'kind' | 'reference'>,
): Promise<Operation | null> {
  try {
    return await service.get(`${at}/operations/${reference}?kind=${kind}`, operationWithPayment);
  } catch (error) {
    if (error instanceof ServiceRefused && error.status === 404) return null;
    throw error;
  }
}

function printOperation(operation: Operation, isKnown: boolean): void {
  const { status, amount, currency, createdAt, payment } = operation;
  const money = amount === null ? 'all that is left' : formatMoney({ amountMinor: amount, currency });
  print(`${operationName(operation)} of ${money} for order ${payment.orderReference} ${WORDS[status]}`);
  print(`payment ${payment.id} is ${payment.status}`);
  if (isKnown)
    print(
      `this operation was already requested at ${createdAt}, so nothing was moved now; another operation needs its own --reference`,
    );
}

const WORDS: Readonly<Record<Operation['status'], string>> = {
  done: 'is done',
  pending: 'is pending: it is stored and under way; the same command again shows the result',
  unknown:
    'has no known result yet: it was sent and its response was lost; the gateway is read until it shows the operation, and the same command again shows the result',
  failed: 'has failed',
};
