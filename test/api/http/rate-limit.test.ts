/**
 * Contract §3, 429: a client that sends too many requests learns when to retry, and no other client is
 * affected.
 */
import { describe, expect, it, jest } from '@jest/globals';
import { API_KEY, SECOND_KEY } from '../../support/api.ts';
import { answersIn, converse } from '../../support/converse.ts';
import { useTestApi } from '../../support/door.ts';

const BURST = 2_000;
const PER_SECOND = 500;

describe('a merchant that sends too many requests', () => {
  const at = useTestApi();
  const ask = (key: string | null) => at.api.send('GET', '/v1/nothing', { key });
  /** Requests one after another on one connection, without waiting for the answers. */
  const flood = (count: number, key: string) => {
    const request = (end: string) =>
      `GET /v1/nothing HTTP/1.1\r\nhost: pay.example\r\nauthorization: Bearer ${key}\r\n${end}\r\n`;
    return converse(at.api.port, request('').repeat(count - 1) + request('connection: close\r\n'));
  };

  it('gets 429 with Retry-After after a burst, by key, and is served again a second later', async () => {
    for (let index = 0; index < 5; index += 1) expect(await ask(null)).toMatchObject({ status: 401 });
    // Whole milliseconds, since a slightly shorter second has one token less.
    const clock = jest.spyOn(performance, 'now').mockReturnValue(Math.ceil(performance.now()));
    const answers = answersIn((await flood(BURST + 100, API_KEY)).said);
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array<number>(BURST).fill(404),
      ...Array<number>(100).fill(429),
    ]);
    for (const { head, body } of answers.slice(BURST)) {
      expect(head).toMatch(/\r\nretry-after: 1\r\n/i);
      expect(head).toMatch(/\r\ncontent-type: application\/problem\+json/i);
      expect(JSON.parse(body)).toMatchObject({ status: 429, code: 'rate_limited' });
    }
    expect(await ask(API_KEY)).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    expect(await ask(SECOND_KEY)).toMatchObject({ status: 404 });
    expect(await at.api.send('GET', '/healthz')).toMatchObject({ status: 200 });
    clock.mockReturnValue(performance.now() + 1_000);
    const later = answersIn((await flood(PER_SECOND + 1, API_KEY)).said);
    expect(later.map(({ status }) => status)).toEqual([...Array<number>(PER_SECOND).fill(404), 429]);
    clock.mockRestore();
  }, 60_000);
});
