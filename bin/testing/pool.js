/** Several jobs at a time, as many as the machine bears. */

/**
 * `run(load, work, rank)` begins the work when there is room for its load: lower ranks first, smaller ones past one that does
 * not fit yet. `close` begins nothing more.
 */
export function createPool(capacity) {
  const waiting = [];
  let taken = 0;
  let isClosed = false;
  const fits = ({ load }) => taken === 0 || taken + load <= capacity;

  function beginWhatFits() {
    for (let next = findNext(); next >= 0; next = findNext()) begin(...waiting.splice(next, 1));
  }

  function findNext() {
    return isClosed ? -1 : waiting.findIndex(fits);
  }

  function begin({ load, work, settle }) {
    taken += load;
    const done = Promise.resolve().then(work);
    settle(done);
    const free = () => {
      taken -= load;
      beginWhatFits();
    };
    done.then(free, free);
  }

  return {
    run(load, work, rank = 0) {
      return new Promise((settle) => {
        waiting.push({ load, work, rank, settle });
        waiting.sort((one, other) => one.rank - other.rank);
        beginWhatFits();
      });
    },
    close() {
      isClosed = true;
    },
  };
}
