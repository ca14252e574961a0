/**
 * The tool that compares two OpenAPI documents must report every change that affects a client, and no other.
 */
import { describe, expect, it } from '@jest/globals';
import { differences } from '../../bin/compare-openapi.js';
import { openApiDocument } from '../../src/api/calls.ts';

/** Changed in a copy, as deep as needed. */
type Node = Record<string, never> & { [name: string]: Node };

const document = (): Node => JSON.parse(JSON.stringify(openApiDocument())) as Node;
const found = (change: (copy: Node) => void): string[] => {
  const copy = document();
  change(copy);
  return differences(document(), copy);
};
const set = (node: Node | undefined, name: string, value: unknown) =>
  Object.assign(node as Node, { [name]: value });
const remove = (node: Node | undefined, name: string) => Reflect.deleteProperty(node as Node, name);
const payments = (copy: Node) => copy['paths']?.['/v1/payments'];
const schemas = (copy: Node) => copy['components']?.['schemas'];

describe('two documents', () => {
  it('are equal where one is a copy of the other', () => {
    expect(found(() => undefined)).toEqual([]);
  });

  it('are equal where only words, ids, patterns and scopes differ', () => {
    const changed = found((copy) => {
      set(payments(copy)?.['post'], 'operationId', 'another');
      set(payments(copy)?.['post'], 'summary', 'Other words');
      set(payments(copy)?.['post'], 'security', []);
      set(schemas(copy)?.['CreatePayment']?.['properties']?.['profileId'], 'pattern', '^x$');
      const text = JSON.stringify(copy).replaceAll('/schemas/Payment"', '/schemas/Paid"');
      Object.assign(copy, JSON.parse(text));
      set(schemas(copy), 'Paid', schemas(copy)?.['Payment']);
      remove(schemas(copy), 'Payment');
    });
    expect(changed).toEqual([]);
  });

  it.each<[string, (copy: Node) => void, RegExp]>([
    ['a removed call', (copy) => remove(payments(copy), 'post'), /^\/paths\/~1v1~1payments\/post: /],
    ['another status', (copy) => remove(payments(copy)?.['post']?.['responses'], '201'), /responses\/201: /],
    [
      'a removed field, although its name is `description`',
      (copy) =>
        remove(
          schemas(copy)?.['CreatePayment']?.['properties']?.['order']?.['properties']?.['items']?.['items']?.[
            'properties'
          ],
          'description',
        ),
      /properties\/items\/items\/properties\/description: .* became nothing$/,
    ],
    [
      'a field that is required now',
      (copy) => set(schemas(copy)?.['CreatePayment'], 'required', ['order', 'language']),
      /schema\/required: \["order"\] became \["language","order"\]$/,
    ],
    [
      'another type, behind a reference',
      (copy) => set(schemas(copy)?.['Payment']?.['properties']?.['amount'], 'type', 'string'),
      /properties\/amount\/type: "integer" became "string"$/,
    ],
    [
      'a removed value of an enumeration',
      (copy) => set(schemas(copy)?.['Payment']?.['properties']?.['status'], 'enum', ['PENDING']),
      /properties\/status\/enum: /,
    ],
    [
      'another example',
      (copy) => set(copy['components']?.['examples']?.['not_found']?.['value'], 'status', 410),
      /examples\/not_found\/value\/status: 404 became 410$/,
    ],
  ])('differ by %s', (_name, change, line) => {
    const lines = found(change);
    expect(lines.length).toBeGreaterThan(0);
    for (const each of lines) expect(each).toMatch(line);
  });
});
