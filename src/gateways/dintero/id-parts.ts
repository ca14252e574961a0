/** The account of a Dintero id: the part before its first dot. */
export function accountOf(id: string): string {
  return id.split('.', 1)[0] ?? '';
}

/** Whether an id belongs to this account and is safe in a path. */
export function isIdOf(accountId: string, id: string): boolean {
  return new RegExp(`^${accountId}\\.[A-Za-z0-9_-]{1,180}$`).test(id);
}

/** The first letter of the account says whether its money is real. */
export function modeOf(accountId: string): 'test' | 'live' {
  return accountId.startsWith('P') ? 'live' : 'test';
}
