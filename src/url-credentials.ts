/** Whether a URL has a user name or a password in it; false for what is no URL, which is another complaint. */
export function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}
