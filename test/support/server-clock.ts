/**
 * `Date` on the clock of a time-skipping server: activities and the store compare their clock with times that
 * runs have written.
 */
const RealDate = Date;
let aheadMs = 0;

const now = (): number => RealDate.now() + aheadMs;

/** Makes `Date` run as far ahead as the server's clock. The result makes it the real one again. */
export function followServerClock(): () => void {
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, given, as) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, as) as Date,
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
  });
  return () => {
    globalThis.Date = RealDate;
    aheadMs = 0;
  };
}

/** The server's clock has reached this time. It never goes back. */
export function serverClockIs(ms: number): void {
  aheadMs = Math.max(aheadMs, ms - RealDate.now());
}
