/**
 * Many people read logs: no secret and no address of a payer may be in one, at any depth of the logged
 * object.
 */
import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { DrizzleQueryError } from 'drizzle-orm';
import { createLog, type Logger } from '../../src/telemetry/log.ts';

function written(write: (log: Logger) => void): string {
  const stream = new PassThrough();
  write(createLog('info', 'api', stream));
  return String(stream.read());
}

describe('the log', () => {
  it.each([
    ['an API key', { headers: { authorization: 'Bearer s3cr3t-value' } }],
    ['an API key of a request', { req: { headers: { authorization: 'Bearer s3cr3t-value' } } }],
    ['a signature', { headers: { 'dintero-signature': 's3cr3t-value' } }],
    ['a signature of a request', { req: { headers: { 'dintero-signature': 's3cr3t-value' } } }],
    ['a signature of a body', { req: { headers: { 'event-signature': 's3cr3t-value' } } }],
    ['a cookie', { headers: { cookie: 's3cr3t-value' } }],
    ['a token', { token: 's3cr3t-value' }],
    ['a token in a list', { answers: [{ token: 's3cr3t-value' }] }],
    ['a secret of a setting', { config: { webhook: { secret: 's3cr3t-value' } } }],
    ['a customer', { customer: { email: 's3cr3t-value' } }],
    ['a customer of a request', { request: { customer: { email: 's3cr3t-value' } } }],
    ['a header in capitals', { headers: { Authorization: 's3cr3t-value' } }],
    ['a field of an error', { err: Object.assign(new Error('no'), { token: 's3cr3t-value' }) }],
    [
      'a field of an error under another name',
      { failure: Object.assign(new Error('no'), { token: 's3cr3t-value' }) },
    ],
    ['the JSON of an object', { ctx: { toJSON: () => ({ headers: { cookie: 's3cr3t-value' } }) } }],
    ['a customer of a body', { request: { body: { customer: { email: 's3cr3t-value' } } } }],
  ])('does not show %s', (_, object) => {
    const line = written((log) => log.info(object, 'something'));
    expect(line).toContain('something');
    expect(line).not.toContain('s3cr3t-value');
  });

  it('shows a failed statement and its error, but none of its values', () => {
    const cause = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (email)=(kari@example.com)',
    });
    const error = new DrizzleQueryError('insert into payments values ($1)', ['kari@example.com'], cause);
    const line = written((log) => log.error({ err: error }, 'unexpected error'));
    expect(line).toContain('insert into payments');
    expect(line).toContain('duplicate key');
    expect(line).not.toContain('kari@example.com');
  });

  it('shows the stack of any other error', () => {
    const line = written((log) =>
      log.error({ err: new TypeError('x is not a function') }, 'unexpected error'),
    );
    expect(JSON.parse(line)).toMatchObject({
      name: 'api',
      level: 50,
      msg: 'unexpected error',
      err: { type: 'TypeError', message: 'x is not a function', stack: expect.stringContaining('log.test') },
    });
  });

  it('does not change fields without secrets', () => {
    const object = {
      at: new Date(0),
      url: new URL('https://shop.example/orders'),
      bytes: { first: Buffer.from('a') },
      list: [1, null, { status: 503 }],
      none: null,
    };
    const line = written((log) => log.info(object, 'something'));
    expect(JSON.parse(line)).toMatchObject(JSON.parse(JSON.stringify(object)) as object);
  });

  it('logs an object that contains itself, and does not change it', () => {
    const customer = { email: 'kari@example.com' };
    const self: Record<string, unknown> = { customer };
    self['self'] = self;
    const line = written((log) => log.info({ self }, 'something'));
    expect(line).toContain('[too deep]');
    expect(line).not.toContain('kari@example.com');
    expect(self['customer']).toBe(customer);
  });

  it('has one line of JSON with the time', () => {
    const line = written((log) => log.info('a\nb'));
    expect(line.trim().split('\n')).toHaveLength(1);
    expect((JSON.parse(line) as { time: string }).time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  });
});
