import { describe, expect, it } from '@jest/globals';
import { doneSince, nameOf, reversalsIn, shownAfter, undoneSince } from '../../src/domain/news.ts';
import type { ShownOperation } from '../../src/domain/operation.ts';

const anOperation = (more: Partial<ShownOperation> = {}): ShownOperation => ({
  kind: 'capture',
  reference: 'c1',
  amountMinor: 100,
  state: 'done',
  eventId: 'e-1',
  ...more,
});

describe('the name of an operation', () => {
  it.each([
    [{}, 'e-1'],
    [{ eventId: 'søknad ✓' }, 'c1'],
    [{ eventId: 'x'.repeat(101), reference: null }, 'at-3'],
    [{ eventId: 'a/b', reference: 'a b' }, 'at-3'],
  ])('is its event, its reference or its place, in this order: %j', (more, name) => {
    expect(nameOf(anOperation(more), 2)).toBe(name);
  });
});

describe('news of operations', () => {
  const gone = anOperation({ state: 'failed', isReversed: true });

  it('are the operations that are done now and were not before, once', () => {
    const shown = shownAfter({}, [anOperation()]);
    expect(doneSince({}, [anOperation()])).toEqual([{ kind: 'capture', name: 'e-1' }]);
    expect(doneSince(shown, [anOperation()])).toEqual([]);
  });

  it('are operations that were done and are not any more, and their replacements, although the sum is the same', () => {
    const shown = shownAfter({}, [anOperation()]);
    const again = [gone, anOperation({ eventId: 'e-2' })];
    expect(undoneSince(shown, again)).toEqual([{ kind: 'capture', name: 'e-1' }]);
    expect(doneSince(shown, again)).toEqual([{ kind: 'capture', name: 'e-2' }]);
    expect(reversalsIn(shownAfter(shown, again))).toBe(1);
  });

  it('are none for operations that were never done, and none in a reading that lags', () => {
    expect(undoneSince({}, [gone])).toEqual([]);
    const shown = shownAfter({}, [anOperation()]);
    expect(undoneSince(shown, [])).toEqual([]);
    expect(shownAfter(shown, [])).toBe(shown);
    expect(shownAfter(shown, [anOperation()])).toBe(shown);
  });
});
