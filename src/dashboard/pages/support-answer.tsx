/** What the support desk may tell the customer about an order, in their language. Nothing internal is in it. */
import type { VNode } from 'preact';
import { fractionDigits } from '../../domain/money.ts';
import { goingBack, mainPayment, type OrderStory, type Payment } from './order-story.ts';

type Situation =
  | 'reserved'
  | 'paid'
  | 'refunded'
  | 'voided'
  | 'pending'
  | 'failed'
  | 'cancelled'
  | 'open'
  | 'unopened'
  | 'checked';

interface Words {
  readonly order: string;
  readonly amount: string;
  readonly day: string;
  /** What was paid back of a paid order; null where nothing was. */
  readonly back: string | null;
  /** What is on its way back; null where nothing is. */
  readonly goingBack: string | null;
}

interface Language {
  readonly code: string;
  readonly name: string;
  readonly sentences: Readonly<Record<Situation, (words: Words) => string>>;
  readonly paidBack: (back: string) => string;
  readonly payingBack: (back: string) => string;
}

const LANGUAGES: readonly Language[] = [
  {
    code: 'en',
    name: 'English',
    sentences: {
      reserved: ({ order, amount, day }) =>
        `Your payment of ${amount} for order ${order} was confirmed on ${day}. The amount is reserved and has not been taken yet.`,
      paid: ({ order, amount, day }) =>
        `Your payment of ${amount} for order ${order} was received on ${day}. Thank you.`,
      refunded: ({ order, amount }) =>
        `Your payment of ${amount} for order ${order} was paid back in full. It may take some days until your bank shows it.`,
      voided: ({ order, amount }) =>
        `The reservation of ${amount} for order ${order} was released. Nothing was taken. It may take some days until your bank shows it.`,
      pending: ({ order }) =>
        `Your payment for order ${order} is still being processed by the payment provider. Please do not pay again.`,
      failed: ({ order }) =>
        `Your payment for order ${order} was not completed, and the order is not paid. You can try again, also with another payment method.`,
      cancelled: ({ order }) => `The payment for order ${order} was cancelled, and the order is not paid.`,
      open: ({ order, amount }) =>
        `We have not received a payment for order ${order} yet. You can still pay the ${amount} on the payment page.`,
      unopened: ({ order }) => `We have not received a payment for order ${order}.`,
      checked: ({ order }) =>
        `We are checking your payment for order ${order}. Please do not pay again. We will come back to you.`,
    },
    paidBack: (back) => `${back} of it was paid back. It may take some days until your bank shows it.`,
    payingBack: (back) => `The refund of ${back} is under way, and has not ended yet.`,
  },
  {
    code: 'de',
    name: 'Deutsch',
    sentences: {
      reserved: ({ order, amount, day }) =>
        `Ihre Zahlung über ${amount} für die Bestellung ${order} wurde am ${day} bestätigt. Der Betrag ist reserviert und noch nicht abgebucht.`,
      paid: ({ order, amount, day }) =>
        `Ihre Zahlung über ${amount} für die Bestellung ${order} ist am ${day} eingegangen. Vielen Dank.`,
      refunded: ({ order, amount }) =>
        `Ihre Zahlung über ${amount} für die Bestellung ${order} wurde vollständig erstattet. Es kann einige Tage dauern, bis Ihre Bank das anzeigt.`,
      voided: ({ order, amount }) =>
        `Die Reservierung von ${amount} für die Bestellung ${order} wurde aufgehoben. Es wurde nichts abgebucht. Es kann einige Tage dauern, bis Ihre Bank das anzeigt.`,
      pending: ({ order }) =>
        `Ihre Zahlung für die Bestellung ${order} wird vom Zahlungsdienstleister noch bearbeitet. Bitte zahlen Sie nicht noch einmal.`,
      failed: ({ order }) =>
        `Ihre Zahlung für die Bestellung ${order} wurde nicht abgeschlossen, und die Bestellung ist nicht bezahlt. Sie können es erneut versuchen, auch mit einer anderen Zahlungsart.`,
      cancelled: ({ order }) =>
        `Die Zahlung für die Bestellung ${order} wurde abgebrochen, und die Bestellung ist nicht bezahlt.`,
      open: ({ order, amount }) =>
        `Für die Bestellung ${order} ist noch keine Zahlung eingegangen. Sie können die ${amount} noch auf der Zahlungsseite bezahlen.`,
      unopened: ({ order }) => `Für die Bestellung ${order} ist keine Zahlung eingegangen.`,
      checked: ({ order }) =>
        `Wir prüfen Ihre Zahlung für die Bestellung ${order}. Bitte zahlen Sie nicht noch einmal. Wir melden uns bei Ihnen.`,
    },
    paidBack: (back) =>
      `Davon wurden ${back} erstattet. Es kann einige Tage dauern, bis Ihre Bank das anzeigt.`,
    payingBack: (back) => `Die Erstattung von ${back} ist veranlasst und noch nicht abgeschlossen.`,
  },
  {
    code: 'nb',
    name: 'Norsk',
    sentences: {
      reserved: ({ order, amount, day }) =>
        `Betalingen din på ${amount} for ordre ${order} ble bekreftet ${day}. Beløpet er reservert og er ikke trukket ennå.`,
      paid: ({ order, amount, day }) =>
        `Vi mottok betalingen din på ${amount} for ordre ${order} ${day}. Tusen takk.`,
      refunded: ({ order, amount }) =>
        `Betalingen din på ${amount} for ordre ${order} er refundert i sin helhet. Det kan ta noen dager før banken din viser det.`,
      voided: ({ order, amount }) =>
        `Reservasjonen på ${amount} for ordre ${order} er opphevet. Ingenting er trukket. Det kan ta noen dager før banken din viser det.`,
      pending: ({ order }) =>
        `Betalingen din for ordre ${order} behandles fortsatt hos betalingsleverandøren. Vennligst ikke betal på nytt.`,
      failed: ({ order }) =>
        `Betalingen din for ordre ${order} ble ikke fullført, og ordren er ikke betalt. Du kan prøve igjen, også med en annen betalingsmåte.`,
      cancelled: ({ order }) => `Betalingen for ordre ${order} ble avbrutt, og ordren er ikke betalt.`,
      open: ({ order, amount }) =>
        `Vi har ikke mottatt noen betaling for ordre ${order} ennå. Du kan fortsatt betale ${amount} på betalingssiden.`,
      unopened: ({ order }) => `Vi har ikke mottatt noen betaling for ordre ${order}.`,
      checked: ({ order }) =>
        `Vi kontrollerer betalingen din for ordre ${order}. Vennligst ikke betal på nytt. Vi tar kontakt med deg.`,
    },
    paidBack: (back) => `Av dette er ${back} refundert. Det kan ta noen dager før banken din viser det.`,
    payingBack: (back) => `Refusjonen på ${back} er satt i gang og er ikke fullført ennå.`,
  },
];

/** Folded; a script copies one of them. */
export function SupportAnswer({ story }: { story: OrderStory }): VNode {
  return (
    <details id="support-answer" class="small">
      <summary>Answer for the customer</summary>
      {supportAnswers(story).map(({ code, name, text }) => (
        <p>
          <strong>{name}</strong>:{' '}
          <span lang={code} id={`answer-${code}`}>
            {text}
          </span>{' '}
          <button type="button" class="quiet" data-copy={`answer-${code}`}>
            Copy
          </button>
        </p>
      ))}
    </details>
  );
}

export function supportAnswers(story: OrderStory): { code: string; name: string; text: string }[] {
  const { order } = story;
  const main = mainPayment(story);
  const payment = main?.payment;
  const situation = situationOf(story, payment);
  const back = situation === 'paid' ? (payment?.refundedAmount ?? 0) : 0;
  const under = situation === 'paid' && main !== undefined ? goingBack(main) : 0;
  return LANGUAGES.map(({ code, name, sentences, paidBack, payingBack }) => {
    const words = {
      order: order.reference,
      amount: amountIn(code, order.amount, order.currency),
      day: dayIn(code, order.paidAt),
      back: back > 0 ? amountIn(code, back, order.currency) : null,
      goingBack: under > 0 ? amountIn(code, under, order.currency) : null,
    };
    const said = [
      sentences[situation](words),
      ...(words.back === null ? [] : [paidBack(words.back)]),
      ...(words.goingBack === null ? [] : [payingBack(words.goingBack)]),
    ];
    return { code, name, text: said.join(' ') };
  });
}

const HOLDS_MONEY: ReadonlySet<string> = new Set([
  'AUTHORIZED',
  'CAPTURED',
  'PARTIALLY_CAPTURED',
  'PARTIALLY_REFUNDED',
]);

/** Anything that a person still has to decide is only being checked: what it will be is not promised. */
function situationOf({ order, payments }: OrderStory, payment: Payment | undefined): Situation {
  const isOdd = payments.some(
    ({ payment: one }) =>
      one.status === 'REVIEW' ||
      one.reviewMark !== null ||
      one.surplus.length > 0 ||
      (HOLDS_MONEY.has(one.status) && one.transactionId !== order.transactionId),
  );
  const isAccepted = payment !== undefined && payment.accepted !== null;
  if (isOdd || isAccepted || order.status === 'REVIEW') return 'checked';
  switch (order.status) {
    case 'PAID':
      return (payment?.capturedAmount ?? 0) > 0 ? 'paid' : 'reserved';
    case 'REFUNDED':
      return 'refunded';
    case 'VOIDED':
      return 'voided';
    case 'PAYMENT_PENDING':
      return 'pending';
    case 'PAYMENT_FAILED':
      return 'failed';
    case 'CANCELLED':
      return 'cancelled';
    case 'AWAITING_PAYMENT':
      if (payment?.status !== 'PENDING' || payment.sessionId === null) return 'unopened';
      return isHeardOf(payments) ? 'checked' : 'open';
  }
}

/** A callback that is not believed, or not handled yet, may be about money: nobody is asked to pay again. */
function isHeardOf(payments: OrderStory['payments']): boolean {
  return payments.some(({ deliveries }) =>
    (deliveries.data ?? []).some(
      ({ handledAt, claim }) => handledAt === null && (claim['transactionId'] ?? null) !== null,
    ),
  );
}

function amountIn(language: string, amountMinor: number, currency: string): string {
  const digits = fractionDigits(currency);
  return new Intl.NumberFormat(language, {
    style: 'currency',
    currency,
    currencyDisplay: 'code',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
    .format(amountMinor / 10 ** digits)
    .replaceAll('\u00a0', ' ');
}

function dayIn(language: string, at: string | null): string {
  if (at === null) return '';
  return new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(at));
}
