let made = 0;

/** The same ids in every replay. */
export function newId(prefix: string): string {
  made += 1;
  return `${prefix}_${made}`;
}

export function newReturnKey(): string {
  return newId('return');
}

export function forgetIds(): void {
  made = 0;
}
