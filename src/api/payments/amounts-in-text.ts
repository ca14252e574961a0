/** Shows the amounts in our own texts as people write them. */
import { formatMoney } from '../../domain/money.ts';

const WITH_CURRENCY = /\b(\d+) minor units of ([A-Z]{3})\b/g;

/**
 * Every phrase in which a workflow or a reading writes an amount without its currency. The workflows' phrases
 * are in recorded histories and stay as they are.
 */
const BARE = new RegExp(
  [
    String.raw`\b\d+ minor units\b`,
    String.raw`\b\d+ was asked for, (?:at most )?\d+ can be\b`,
    String.raw`\b\d+ are promised to operations\b`,
    String.raw`\ba capture of \d+ is under way\b`,
    String.raw`\b\d+ are captured of \d+`,
    String.raw`\b\d+ are refunded of \d+ captured\b`,
    String.raw`\bno more captured than the amount of \d+, found \d+`,
  ].join('|'),
  'g',
);

/**
 * "capture c1 of 72200 minor units done" is "capture c1 of 722.00 NOK done". `currency` is that of the
 * amounts without one.
 */
export function inMoney(text: string, currency: string): string {
  return text
    .replace(WITH_CURRENCY, (_, amount: string, its: string) => written(amount, its))
    .replace(BARE, (phrase) =>
      phrase.replace(/\d+/g, (amount) => written(amount, currency)).replace(' minor units', ''),
    );
}

function written(amount: string, currency: string): string {
  return formatMoney({ amountMinor: Number(amount), currency });
}
