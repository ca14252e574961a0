/** Does the work, and repeats something beside it until the work is over. Errors of `repeat` are its own. */
export async function whileRepeating<Result>(
  everyMs: number,
  repeat: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  const timer = setInterval(repeat, everyMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
