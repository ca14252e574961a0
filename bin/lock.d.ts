export function tryLock(name: string): Promise<(() => Promise<void>) | null>;
export function withLock<Result>(
  name: string,
  work: () => Promise<Result>,
  onWait?: () => void,
): Promise<Result>;
