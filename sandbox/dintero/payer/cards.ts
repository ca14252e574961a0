import type { Outcome } from './outcomes.ts';

/** Dintero's own test cards and their outcomes. */
const OUTCOME_BY_CARD: ReadonlyMap<string, Outcome> = new Map([
  ['4000000000000002', 'authorize'],
  ['4000100000000000', 'authorize'],
  ['4000200000000008', 'authorize'],
  ['4000300000000006', 'fail'],
  ['5200000000000007', 'authorize'],
  ['5200000000000015', 'authorize'],
  ['5200000000000023', 'authorize'],
  ['5200000000000031', 'fail'],
  ['4100000000000076', 'fail'],
  ['4100000000000001', 'unknown'],
  ['4100000000000019', 'authorize'],
  ['4100000000000027', 'authorize'],
  ['4100000000000035', 'authorize'],
  ['4100000000000043', 'authorize'],
  ['4100000000000050', 'fail'],
  ['5100000000000008', 'unknown'],
  ['5100000000000016', 'authorize'],
  ['5100000000000024', 'authorize'],
  ['5100000000000032', 'authorize'],
  ['5100000000000040', 'authorize'],
  ['5100000000000057', 'fail'],
]);

/** The operation that times out later for transactions of these cards. */
const TIMEOUT_BY_CARD: ReadonlyMap<string, string> = new Map([
  ['4100000000000019', 'capture'],
  ['4100000000000027', 'refund'],
  ['4100000000000035', 'auto_capture'],
  ['4100000000000043', 'void'],
  ['5100000000000016', 'capture'],
  ['5100000000000024', 'refund'],
  ['5100000000000032', 'auto_capture'],
  ['5100000000000040', 'void'],
]);

/** The operation that will time out; undefined for most cards. */
export function timeoutOfCard(card: string): string | undefined {
  return TIMEOUT_BY_CARD.get(digits(card));
}

/** The outcome of a card number; undefined if it is not a test card. */
export function outcomeOfCard(card: string): Outcome | undefined {
  return OUTCOME_BY_CARD.get(digits(card));
}

/** The first six and the last four digits, as a transaction shows them. */
export function maskedCard(card: string): { brand: string; masked_pan: string } {
  const number = digits(card);
  const brand = number.startsWith('4') ? 'Visa' : 'Mastercard';
  return { brand, masked_pan: `${number.slice(0, 6)}******${number.slice(-4)}` };
}

function digits(card: string): string {
  return card.replace(/[ -]/g, '');
}
