/**
 * Amounts at the edge of every gateway: ours are minor units of ISO 4217, and some gateways count some
 * currencies with other decimals. Converted here, around the adapter, so that no adapter can forget it.
 */
import { fractionDigits, type Money } from '../domain/money.ts';
import type { Reading, Transaction } from '../domain/transaction.ts';
import type {
  AccountPayment,
  FoundSession,
  Gateway,
  ListedTransaction,
  OperationAnswer,
  PaymentsPage,
} from './gateway.ts';

type Converted = Pick<
  Gateway,
  | 'traits'
  | 'createSession'
  | 'findSessions'
  | 'readSession'
  | 'readPayment'
  | 'operate'
  | 'listPage'
  | 'listPayments'
>;

/** The same gateway, with every amount in our minor units. */
export function inOurUnits<Asked extends Converted>(gateway: Asked): Asked {
  const { currencies } = gateway.traits;
  if (Object.values(currencies).every(({ digits }) => digits === undefined)) return gateway;
  /** The power of ten from our minor unit to the gateway's. */
  const shift = (currency: string): number => {
    const digits = currencies[currency]?.digits;
    return digits === undefined ? 0 : digits - fractionDigits(currency);
  };
  const out = (currency: string) => (amount: number) => amount * 10 ** shift(currency);
  const back = (currency: string) => (amount: number) => amount / 10 ** shift(currency);
  return {
    ...gateway,
    createSession: (request, options) => {
      const { currency } = request.money;
      const lines = request.lines.map((line) => withAmounts(line, LINE_SUMS, out(currency)));
      return gateway.createSession({ ...request, money: moneyBy(request.money, out), lines }, options);
    },
    findSessions: async (...asked) =>
      (await gateway.findSessions(...asked)).map((found) => foundBy(found, back)),
    readSession: async (...asked) => {
      const found = await gateway.readSession(...asked);
      return typeof found === 'string' ? found : foundBy(found, back);
    },
    readPayment: async (...asked) => readingBy(await gateway.readPayment(...asked), back),
    operate: async (request, options) => {
      const by = out(request.currency);
      const lines = request.lines?.map((line) => withAmounts(line, ['amountMinor'], by));
      const sent = { ...request, amountMinor: by(request.amountMinor), ...(lines && { lines }) };
      return answerBy(await gateway.operate(sent, options), back);
    },
    listPage: async (...asked) => {
      const page = await gateway.listPage(...asked);
      return { ...page, rows: page.rows.map((row) => rowBy(row, back)) };
    },
    ...(gateway.listPayments && {
      listPayments: async (...asked: Parameters<NonNullable<Converted['listPayments']>>) => {
        const page = (await gateway.listPayments?.(...asked)) as PaymentsPage;
        return { ...page, rows: page.rows.map((row) => paymentBy(row, back)) };
      },
    }),
  };
}

type By = (currency: string) => (amount: number) => number;

const LINE_SUMS = ['amountMinor', 'vatAmountMinor'] as const;
const SUMS = [
  'authorizedMinor',
  'capturedMinor',
  'refundedMinor',
  'capturableMinor',
  'voidableMinor',
] as const;

function moneyBy(money: Money, by: By): Money {
  return { ...money, amountMinor: by(money.currency)(money.amountMinor) };
}

function foundBy(found: FoundSession, by: By): FoundSession {
  return { ...found, money: moneyBy(found.money, by) };
}

function rowBy(row: ListedTransaction, by: By): ListedTransaction {
  const sums = withAmounts(row, ['capturedMinor', 'refundedMinor'], by(row.money.currency));
  return { ...sums, money: moneyBy(row.money, by) };
}

function paymentBy(row: AccountPayment, by: By): AccountPayment {
  return {
    ...withAmounts(row, ['keptMinor'], by(row.money.currency)),
    money: moneyBy(row.money, by),
  };
}

function readingBy(reading: Reading, by: By): Reading {
  if (reading.kind !== 'transaction') return reading;
  const { transaction, surplus } = reading;
  return {
    ...reading,
    transaction: transactionBy(transaction, by),
    ...(surplus && { surplus: surplus.map((one) => transactionBy(one, by)) }),
  };
}

function answerBy(answer: OperationAnswer, by: By): OperationAnswer {
  if (answer.kind !== 'answered' || answer.transaction === undefined) return answer;
  return { ...answer, transaction: transactionBy(answer.transaction, by) };
}

function transactionBy(transaction: Transaction, by: By): Transaction {
  const { operations, disputes } = transaction;
  const convert = by(transaction.money.currency);
  return {
    ...withAmounts(transaction, SUMS, convert),
    money: moneyBy(transaction.money, by),
    operations: operations.map((one) => withAmounts(one, ['amountMinor'], convert)),
    ...(disputes && { disputes: disputes.map((one) => withAmounts(one, ['amountMinor'], convert)) }),
  };
}

/** A copy in which these fields are converted, where they are there. */
function withAmounts<Of extends object>(
  of: Of,
  fields: readonly (keyof Of)[],
  by: (amount: number) => number,
): Of {
  const changed = fields.flatMap((field) => {
    const amount = of[field];
    return typeof amount === 'number' ? [[field, by(amount)] as const] : [];
  });
  return { ...of, ...Object.fromEntries(changed) };
}
