import type { Outcome } from './consequences.ts';

/** Dintero's own test cards and what paying with each comes to. The time-outs after authorization concern later calls. */
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

/** What a card number stands for; undefined for one that is no test card. */
export function outcomeOfCard(card: string): Outcome | undefined {
  return OUTCOME_BY_CARD.get(digits(card));
}

/** First six and last four digits, as a transaction shows them. */
export function maskedCard(card: string): { brand: string; masked_pan: string } {
  const number = digits(card);
  const brand = number.startsWith('4') ? 'Visa' : 'Mastercard';
  return { brand, masked_pan: `${number.slice(0, 6)}******${number.slice(-4)}` };
}

function digits(card: string): string {
  return card.replace(/[ -]/g, '');
}
