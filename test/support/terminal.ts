/** What a command says, and what it runs with: each test of a file has its own. */
import { afterEach, beforeEach, jest } from '@jest/globals';

export interface Terminal {
  output: string;
  complaints: string;
}

/** Catches what goes to stdout and stderr, and gives the environment back afterwards. */
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
