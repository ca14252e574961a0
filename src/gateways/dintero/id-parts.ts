/** The account that an id of Dintero's belongs to: what stands before its first dot. */
export function accountOf(id: string): string {
  return id.split('.', 1)[0] ?? '';
}

/** Whether an id is of this account and safe to build a path from. */
export function isIdOf(accountId: string, id: string): boolean {
  return new RegExp(`^${accountId}\\.[A-Za-z0-9_-]{1,180}$`).test(id);
}

/** The account says by its first letter whether its money is real. */
export function modeOf(accountId: string): 'test' | 'live' {
  return accountId.startsWith('P') ? 'live' : 'test';
}
