/** The parts of a request that depend on the payment's gateway: checked by its traits and its own form of options. */
import { OPTIONAL_FIELDS } from '../../gateways/traits.ts';
import type { Service } from '../../service.ts';
import { fieldsOf } from '../field-problems.ts';
import type { FieldProblem } from '../refusal.ts';
import type { Addressed, PaymentRequest } from './new-payment.ts';

/** Fields that only some gateways understand. */
export function wrongOptionalFields({ gateways }: Service, request: Addressed): FieldProblem[] {
  const takes = gateways.find(request.gateway)?.traits.takes ?? OPTIONAL_FIELDS;
  const given = OPTIONAL_FIELDS.filter((field) => request[field] !== undefined && !takes.includes(field));
  return given.map((field) => ({
    pointer: `/${field}`,
    detail: `${request.gateway} does not take this field; leave it out`,
  }));
}

/** Not every gateway takes every amount of every currency. */
export function wrongAmount(
  { gateways }: Service,
  { gateway, order: { amount, currency } }: Addressed,
): FieldProblem[] {
  const { multipleOf = 1 } = gateways.find(gateway)?.traits.currencies[currency] ?? {};
  if (amount % multipleOf === 0) return [];
  return [
    {
      pointer: '/order/amount',
      detail: `expected a multiple of ${multipleOf}: ${gateway} takes no other amount in ${currency}`,
    },
  ];
}

export interface GivenOptions {
  readonly value?: Readonly<Record<string, unknown>>;
  readonly wrong: readonly FieldProblem[];
}

/** The options for the payment's gateway. Those for another one are a mistake. */
export function givenOptions(
  { gateways }: Service,
  { options = {} }: PaymentRequest,
  gateway: string,
): GivenOptions {
  const others = Object.keys(options).filter((id) => id !== gateway || gateways.optionsOf(id) === undefined);
  const wrong = others.map((id) => ({
    pointer: `/options/${id}`,
    detail:
      id === gateway ? `${gateway} has no options; leave them out` : `the payment's gateway is ${gateway}`,
  }));
  const form = gateways.optionsOf(gateway);
  if (options[gateway] === undefined || form === undefined) return { wrong };
  const parsed = form.safeParse(options[gateway]);
  if (parsed.success) return { value: parsed.data, wrong };
  return { wrong: [...wrong, ...fieldsOf(parsed.error, ['options', gateway], options[gateway])] };
}
