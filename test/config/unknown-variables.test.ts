import { describe, expect, it } from '@jest/globals';
import { KNOWN_VARIABLES } from '../../src/config/config.ts';
import { unknownVariables } from '../../src/config/unknown-variables.ts';

const found = (...names: string[]) =>
  unknownVariables(Object.fromEntries(names.map((name) => [name, 'x'])), KNOWN_VARIABLES);

describe('a variable that looks like ours', () => {
  it.each([
    ['DINTERO_SIGNATURE_SECRET', 'DINTERO_SIGNATURE_SECRETS'],
    ['ORDER_WEBHOOK_SECRET', 'ORDER_WEBHOOK_SECRETS'],
    ['WORKER_CACHE_RUNS', 'WORKER_CACHED_RUNS'],
    ['LATE_MONEY_POLCY', 'LATE_MONEY_POLICY'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['TEMPORAL_ADRESS', 'TEMPORAL_ADDRESS'],
  ])('and is misspelt is reported with the variable that was probably meant: %s', (name, nearest) => {
    expect(found(name)).toEqual([{ name, nearest }]);
  });

  it('and resembles none is reported alone', () => {
    expect(found('DINTERO_FAVOURITE_COLOUR')).toEqual([{ name: 'DINTERO_FAVOURITE_COLOUR' }]);
  });

  it('is not reported where it is a variable of ours, by itself or as a file', () => {
    expect(found(...KNOWN_VARIABLES, 'API_KEYS_FILE', 'DINTERO_CLIENT_SECRET_FILE')).toEqual([]);
  });

  it('is not reported where it belongs to another program', () => {
    expect(
      found(
        'HOME',
        'PATH',
        'HOSTNAME',
        'SESSION_MANAGER',
        'NODE_OPTIONS',
        'TEMPORAL_CLI_ADDRESS',
        'POSTGRES_URL',
        'PWD',
      ),
    ).toEqual([]);
  });
});
