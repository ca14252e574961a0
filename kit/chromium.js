/** The options of a Chromium that a program drives. */

/** Without the last three, Chromium calls home, and a closed network refuses each of these calls. */
export const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
