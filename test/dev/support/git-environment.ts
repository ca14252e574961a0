/**
 * The environment of git in a test's own repository: without the settings of this machine, and of a hook that
 * runs the test.
 */
export function gitEnvironment(): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  return {
    ...Object.fromEntries(others),
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'A test',
    GIT_AUTHOR_EMAIL: 'test@paidonce.example',
    GIT_COMMITTER_NAME: 'A test',
    GIT_COMMITTER_EMAIL: 'test@paidonce.example',
  };
}
