/** Payment intents that are created and confirmed by calls, without a session. */
import { badParameter, StripeError } from '../http/stripe-error.ts';
import { checkDigits, checkLeast, currencyOf } from '../money/currencies.ts';
import type { z } from 'zod';
import type { PaymentIntent } from '../records/stripe-objects.ts';
import type { StripeSandbox } from '../stripe-sandbox.ts';
import { errorOf, fail, process, requireAction, succeed, useMethod } from './attempt.ts';
import { openIntent } from './intent-object.ts';
import type { intentSchema } from './intent-parameters.ts';
import { CARD, type Method, methodOfId, type Result, resultOfCard } from './methods.ts';
import { unexpectedState } from './unexpected-state.ts';
import { openDisputeOfCard } from '../disputes/move-dispute.ts';

const CONFIRMABLE = ['requires_payment_method', 'requires_confirmation', 'requires_action'];

type IntentRequest = z.output<typeof intentSchema>;

export function createIntent(sandbox: StripeSandbox, asked: IntentRequest): PaymentIntent {
  const currency = currencyOf(asked.currency, 'currency');
  checkDigits(asked.amount, currency, 'amount');
  checkLeast(asked.amount, currency, 'Amount');
  const types = asked.payment_method_types ?? asked.allowed_payment_method_types;
  const automatic = asked.automatic_payment_methods?.enabled ?? types === undefined;
  const intent = openIntent(sandbox, {
    amount: asked.amount,
    currency,
    captureMethod: asked.capture_method ?? 'automatic_async',
    methodTypes: types ?? ['card', 'link'],
    automaticMethods: automatic,
    metadata: asked.metadata,
    description: asked.description ?? undefined,
    statementDescriptor: asked.statement_descriptor,
    statementDescriptorSuffix: asked.statement_descriptor_suffix,
    receiptEmail: asked.receipt_email ?? undefined,
    customer: asked.customer,
    shipping: asked['shipping'],
    methodOptions: asked.payment_method_options ?? {},
  });
  const method = chosenMethod(sandbox, asked);
  if (method !== undefined) {
    useMethod(sandbox, intent, asked.payment_method);
    intent.status = 'requires_confirmation';
    sandbox.ledger.save('intent', intent);
  }
  if (asked.confirm === true) confirmIntent(sandbox, intent, asked);
  return intent;
}

export function confirmIntent(
  sandbox: StripeSandbox,
  intent: PaymentIntent,
  asked: Pick<IntentRequest, 'payment_method' | 'payment_method_data'>,
): PaymentIntent {
  if (!CONFIRMABLE.includes(intent.status)) throw unexpectedState(intent, 'confirmed', CONFIRMABLE);
  const known = intent.payment_method === null ? undefined : methodOfId(sandbox, intent.payment_method);
  const method = chosenMethod(sandbox, asked) ?? known;
  if (method === undefined)
    throw badParameter(
      'payment_method',
      'You cannot confirm this PaymentIntent because it’s missing a payment method. Provide a payment method in the request.',
      'payment_intent_unexpected_state',
    );
  useMethod(sandbox, intent, asked.payment_method ?? intent.payment_method ?? undefined);
  tryMethod(sandbox, intent, method);
  return intent;
}

function tryMethod(sandbox: StripeSandbox, intent: PaymentIntent, method: Method): void {
  const result: Result =
    method.type === 'sepa_debit'
      ? { is: 'processing' }
      : (resultOfCard(method.number ?? '') ?? { is: 'paid' });
  if (result.is === 'paid') {
    const charge = succeed(sandbox, intent, { method });
    openDisputeOfCard(sandbox, charge, method);
  } else if (result.is === 'processing') process(sandbox, intent, { method });
  else if (result.is === 'action') requireAction(sandbox, intent);
  else {
    fail(sandbox, intent, { method }, result.failure);
    const { code, message, type: _type, doc_url: _url, ...more } = errorOf(intent, result.failure);
    throw new StripeError(402, {
      message: String(message),
      type: 'card_error',
      code: String(code),
      more: { ...more, payment_intent: structuredClone(intent) },
    });
  }
}

function chosenMethod(
  sandbox: StripeSandbox,
  {
    payment_method: id,
    payment_method_data: data,
  }: Pick<IntentRequest, 'payment_method' | 'payment_method_data'>,
): Method | undefined {
  if (data !== undefined) return data.type === 'card' ? CARD : { type: data.type };
  if (id === undefined) return undefined;
  const method = methodOfId(sandbox, id);
  if (method === undefined)
    throw badParameter('payment_method', `No such PaymentMethod: '${id}'`, 'resource_missing');
  return method;
}
