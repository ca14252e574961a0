/** The output of a command, and its environment: each test of a file has its own. */
import { afterEach, beforeEach, jest } from '@jest/globals';

export interface Terminal {
  output: string;
  complaints: string;
}

/** Captures stdout and stderr, and restores the environment afterwards. */
export function useTerminal(): Terminal {
  const terminal = { output: '', complaints: '' };
  const given = { ...process.env };
  beforeEach(() => {
    Object.assign(terminal, { output: '', complaints: '' });
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      terminal.output += String(text);
      return true;
    });
    jest.spyOn(process.stderr, 'write').mockImplementation((text) => {
      terminal.complaints += String(text);
      return true;
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.env = { ...given };
  });
  return terminal;
}
