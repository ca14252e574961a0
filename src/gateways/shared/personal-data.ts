import type { SessionRequest } from '../gateway.ts';

/**
 * This many consecutive digits of a phone number can identify a person; fewer may be an amount or a status.
 */
const TELLING_DIGITS = 5;

const EMAIL = /[^\s<>"'(),;:]+(?:@|%40)[^\s<>"'(),;:]+/gi;
const INTERNATIONAL = /\+\d(?:[\s().\-\u2010-\u2015/_~]{0,3}\d){6,}/g;
/** Digits with the characters that people write between those of a phone number. */
const DIGIT_RUN = /\+?\d(?:[\s().\-\u2010-\u2015/_~]{0,3}\d)*/g;

/**
 * Removes e-mail addresses and the payer's name, address and phone number from a gateway's text, in every
 * spelling.
 */
export function withoutPersonal(text: string, customer: SessionRequest['customer']): string {
  const { email = '', phone = '' } = customer ?? {};
  const unnamed = namesOf(customer).reduce(replaceWords, text);
  const unmailed = replaceInAnyCase(unnamed, email).replace(EMAIL, '…');
  const telling = windowsOf(digitsOf(phone));
  return unmailed.replace(DIGIT_RUN, (run) =>
    telling.some((part) => digitsOf(run).includes(part)) ? '…' : run,
  );
}

/** Names and addresses with their parts, the longest first. */
function namesOf(customer: SessionRequest['customer']): string[] {
  const { name = '', billingAddress, shippingAddress } = customer ?? {};
  const parts = [billingAddress, shippingAddress].flatMap((address) => {
    const { country: _, ...lines } = address ?? {};
    return Object.values(lines);
  });
  return [name, ...parts]
    .flatMap((text) => [text, ...text.split(' ')])
    .filter((text) => text.length >= SHORTEST_NAME)
    .toSorted((left, right) => right.length - left.length);
}

/** A shorter text may be any word. */
const SHORTEST_NAME = 3;

function replaceWords(text: string, words: string): string {
  const pattern = `(?<![\\p{L}\\p{N}])${escaped(words)}(?![\\p{L}\\p{N}])`;
  return text.replace(new RegExp(pattern, 'giu'), '…');
}

/** The payer's e-mail address may contain a character at which `EMAIL` ends: `o'neill@shop.example`. */
function replaceInAnyCase(text: string, words: string): string {
  return words === '' ? text : text.replace(new RegExp(escaped(words), 'gi'), '…');
}

function escaped(words: string): string {
  return words.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function digitsOf(text: string): string {
  return text.replace(/\D/g, '');
}

function windowsOf(digits: string): string[] {
  const count = Math.max(0, digits.length - TELLING_DIGITS + 1);
  return Array.from({ length: count }, (_, at) => digits.slice(at, at + TELLING_DIGITS));
}

/**
 * The same if the payer's data is not known: removes everything that looks like an e-mail address or an
 * international number.
 */
export function withoutContacts(text: string): string {
  return text.replace(EMAIL, '…').replace(INTERNATIONAL, '…');
}
