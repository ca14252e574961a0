/**
 * The examples of the API page: valid by their own schemas, complete, and requests that can be sent without a
 * change.
 */
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { openApiDocument } from '../../../src/api/calls.ts';
import { newPayment } from '../../../src/api/payments/payment-examples.ts';
import { STRIPE_SANDBOX } from '../../../src/gateways/stripe/sandbox.ts';
import { askApproval } from '../../../src/store/approvals.ts';
import { logDelivery } from '../../../src/store/log-delivery.ts';
import { recordFinding } from '../../../src/store/record-finding/write.ts';
import { findPayment, type PaymentRow } from '../../../src/store/payments.ts';
import { API_KEY } from '../../support/api.ts';
import { aDelivery, aRecord, TELLS } from '../../support/builders.ts';
import { useTestApi } from '../../support/door.ts';

type Node = Readonly<Record<string, unknown>>;

/** The examples of a body, a parameter, a header or a field. */
interface Shown {
  /** Its place in the document. */
  readonly at: string;
  readonly schema: unknown;
  readonly values: readonly unknown[];
}

const document = JSON.parse(JSON.stringify(openApiDocument())) as Node;
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(document, 'openapi', undefined, false);

/** Pages for people have no examples. */
const PAGE = /\/text~1html$/;

describe('the examples of the document', () => {
  const carriers = [...carriersIn(document)];
  const fields = [...fieldsIn(document)];

  it('are valid by their own schemas', () => {
    const all = [...carriers, ...fields].flatMap(({ at, schema, values }) =>
      values.map((value) => ({ at, value, errors: errorsOf(schema, value) })),
    );
    expect(all.length).toBeGreaterThan(300);
    expect(all.filter(({ errors }) => errors !== null)).toEqual([]);
  });

  it('have valid times', () => {
    const times = JSON.stringify([...carriers, ...fields].map(({ values }) => values)).match(
      /(?<=")\d{4}-\d\d-\d\dT[^"\\]*/g,
    );
    expect(times?.length).toBeGreaterThan(100);
    expect(times?.filter((time) => Number.isNaN(Date.parse(time)))).toEqual([]);
  });

  it('exist for every body, answer, parameter and header', () => {
    const bare = carriers.filter(({ at, values }) => values.length === 0 && !PAGE.test(at));
    expect(bare.map(({ at }) => at)).toEqual([]);
  });

  it('fill in no filter and no optional key', () => {
    const parameters = carriers.filter(({ at }) => /\/parameters\/\d+$/.test(at) && at.startsWith('/paths/'));
    const filledIn = parameters.filter(({ schema }) => 'example' in (schema as Node));
    const optional = filledIn.filter(({ at }) => !isRequired(at));
    expect(filledIn.length).toBeGreaterThan(10);
    expect(optional.map(({ at }) => at)).toEqual([]);
  });
});

describe('the example of a request', () => {
  const at = useTestApi({ ...STRIPE_SANDBOX.variables('http://127.0.0.1:9'), DEFAULT_GATEWAY: 'dintero' });
  let payment: PaymentRow;
  let deliveryId: string;
  let approvalId: string;
  beforeAll(async () => {
    const opened = await at.api.post('/v1/payments', newPayment);
    payment = (await findPayment(at.store.db, opened.json.id as string)) as PaymentRow;
    await recordFinding(at.store.db, aRecord(payment), TELLS);
    deliveryId = (await logDelivery(at.store.db, aDelivery(payment))).id;
    const asked = { asked: { amount: 100 }, amount: 100, currency: 'NOK', bodyHash: 'h', reference: 'r' };
    const by = { key: 'another', actor: 'ada' };
    const wanted = { ...asked, ...by, paymentId: payment.id, what: 'refund' } as const;
    approvalId = (await askApproval(at.store.db, wanted)).id;
  });

  it.each(requests())('of %s (%s) is accepted unchanged', async (call, _name, body) => {
    const [method = '', path = ''] = call.split(' ');
    const [, room = ''] = /^\/v1\/(\w+)/.exec(path) ?? [];
    const ids: Record<string, string> = { deliveries: deliveryId, approvals: approvalId };
    const target = path.replace('{id}', ids[room] ?? payment.id);
    const headers = { 'content-type': 'application/json' };
    const answer = await at.api.send(method, target, {
      key: API_KEY,
      headers,
      body: JSON.stringify(body),
    });
    expect([answer.status, answer.json.errors]).toEqual([expect.any(Number), undefined]);
    // The test bench reads the body first, and then finds no sandbox here.
    if (answer.json.code === 'no_sandbox') return;
    expect([400, 404, 415, 422, 500]).not.toContain(answer.status);
  });

  it('opens a session where the order has none', async () => {
    const order = { ...newPayment.order, reference: 'another' };
    const answer = await at.api.post('/v1/payments', { ...newPayment, order });
    expect([answer.status, answer.json.warnings]).toEqual([
      201,
      [expect.objectContaining({ pointer: '/customer/phone', code: 'normalised' })],
    ]);
  });
});

/** Each example of each body that a call accepts. */
function requests(): [call: string, name: string, body: unknown][] {
  return [...carriersIn(document)].flatMap(({ at, values }) => {
    const [, path = '', method = ''] = /^\/paths\/([^/]*)\/(\w+)\/requestBody\//.exec(at) ?? [];
    const call = `${method.toUpperCase()} ${unescaped(path)}`;
    return path === ''
      ? []
      : values.map((body, index) => [call, `example ${index + 1}`, body] as [string, string, unknown]);
  });
}

/** Everything with a `schema` of its own: bodies, parameters and headers. */
function* carriersIn(node: unknown, at = ''): Generator<Shown> {
  if (typeof node !== 'object' || node === null) return;
  const { schema, example, examples } = node as Node;
  if (typeof schema === 'object' && schema !== null) {
    const ofSchema = valuesOf(schema as Node);
    const named = Object.values((examples ?? {}) as Node).map((one) => valueOf(one as Node));
    yield { at, schema, values: [...(example === undefined ? named : [example]), ...ofSchema] };
  }
  for (const [key, inner] of Object.entries(node))
    if (key !== 'examples' && key !== 'example') yield* carriersIn(inner, `${at}/${escaped(key)}`);
}

/** Every field of a schema that has examples. */
function* fieldsIn(node: unknown, at = ''): Generator<Shown> {
  if (typeof node !== 'object' || node === null) return;
  const values = valuesOf(node as Node);
  if (values.length > 0 && !('schema' in node)) yield { at, schema: node, values };
  for (const [key, inner] of Object.entries(node))
    if (key !== 'examples' && key !== 'example') yield* fieldsIn(inner, `${at}/${escaped(key)}`);
}

function valuesOf({ example, examples }: Node): unknown[] {
  return [
    ...(example === undefined ? [] : [example]),
    ...(Array.isArray(examples) ? (examples as unknown[]) : []),
  ];
}

function valueOf({ $ref, value }: Node): unknown {
  if (typeof $ref !== 'string') return value;
  return (pointedAt($ref.slice(1)) as Node)['value'];
}

/** The value at a JSON pointer of the document. */
function pointedAt(pointer: string): unknown {
  const names = pointer.slice(1).split('/').map(unescaped);
  return names.reduce<unknown>((node, name) => (node as Node)[name], document);
}

function isRequired(pointer: string): boolean {
  return (pointedAt(pointer) as Node)['required'] === true;
}

function errorsOf(schema: unknown, value: unknown): unknown {
  const absolute = JSON.stringify(schema).replaceAll('"#/components', '"openapi#/components');
  const validate = ajv.compile(JSON.parse(absolute) as Node);
  return validate(value) ? null : validate.errors;
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function unescaped(name: string): string {
  return name.replaceAll('~1', '/').replaceAll('~0', '~');
}
