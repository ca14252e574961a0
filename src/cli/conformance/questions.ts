/** The checks of `paidonce conformance` beside the forgeries, in words. */
import type { Question } from './check.ts';

const TAKE = 'answer 2xx: paidonce sends it again for three days otherwise';
const ONCE =
  'keep each webhook-id in a table with a unique key, in the transaction that changes the order, and acknowledge a known one without an effect';
const NEWEST = 'keep the highest sequence of each order, and let an update with a lower one change nothing';
const TOLERATE = 'types, statuses and fields may be added: ignore what you do not know, and answer 2xx';

export const PROBE_STABLE: Question = {
  id: 'probe',
  title: 'the probe gives one answer while nothing is sent',
  advice: "name an address whose answer is the order's own state, without times or tokens",
};

export const PROBE_STILL_STABLE: Question = {
  id: 'probe-of-paid',
  title: 'it also does for the paid order',
  advice: PROBE_STABLE.advice,
};

export const NO_LATE_EFFECT: Question = {
  id: 'refused-for-good',
  title: 'a second later nothing that was refused has had an effect',
  advice: 'verify before the update is put into a queue',
};

export const PAID: Question = {
  id: 'paid',
  title: 'takes a right order.paid',
  advice: `${TAKE}; give the shop this secret, or --order, --amount and --currency of a test order that it knows`,
};

export const PAID_SHOWS: Question = {
  id: 'paid-shows',
  title: 'order.paid changes the order',
  advice: 'mark the order paid before the answer, and name a --probe that shows it',
};

export const AGAIN: Question = {
  id: 'again',
  title: 'a retry of the same update changes nothing',
  advice: ONCE,
};

export const COPIES: Question = {
  id: 'copies',
  title: 'ten more copies at once change nothing',
  advice: ONCE,
};

export const ROTATION: Question = {
  id: 'rotation',
  title: 'takes two signatures of which only the second one is right',
  advice: 'one valid signature in the header is enough: while a secret is changed there are several',
};

export const LATE: Question = {
  id: 'late',
  title: 'order.payment_pending after order.paid changes nothing',
  advice: NEWEST,
};

export const AT_ONCE: Question = {
  id: 'at-once',
  title: 'takes ten copies at once of an update that it has not seen',
  advice: `${ONCE}; the copies that lose the race are known ones, and no error`,
};

export const AFTER_AT_ONCE: Question = {
  id: 'after-at-once',
  title: 'one more copy of it changes nothing',
  advice: ONCE,
};

export const LATER_FIRST: Question = {
  id: 'later-first',
  title: 'takes an update whose predecessor has not come yet (order.refunded)',
  advice: TAKE,
};

export const EARLIER_SECOND: Question = {
  id: 'earlier-second',
  title: 'the predecessor that comes after it (order.partially_refunded) changes nothing',
  advice: NEWEST,
};

export const LONG_TEXT: Question = {
  id: 'long-text',
  title: 'takes an update with a text of 33,000 characters',
  advice: 'accept bodies of up to 1 MiB, and columns without a limit (or cut the text)',
};

export const FOREIGN_TEXT: Question = {
  id: 'foreign-text',
  title: 'takes an update with letters that are not ASCII',
  advice: 'verify the bytes of the body, and decode them as UTF-8 afterwards',
};

export const UNKNOWN_FIELDS: Question = {
  id: 'unknown-fields',
  title: 'takes an update with fields that it does not know',
  advice: TOLERATE,
};

export const UNKNOWN_STATUS: Question = {
  id: 'unknown-status',
  title: 'takes an update with statuses that it does not know',
  advice: TOLERATE,
};

export const UNKNOWN_TYPE: Question = {
  id: 'unknown-type',
  title: 'takes an update of a type that it does not know',
  advice: TOLERATE,
};

export const SPEED: Question = {
  id: 'speed',
  title: 'answers in less than half of the time that paidonce waits',
  advice: 'store the update and answer; do everything that takes longer afterwards',
};
