/** Runs several jobs at a time, as many as the machine has room for. */

/**
 * `run(load, work, rank)` begins the work once there is room for its load, lower ranks first. No job
 * overtakes another, or jobs with a large load would come last. `close` drops the waiting jobs.
 */
export function createPool(capacity) {
  const waiting = [];
  let taken = 0;
  const fits = ({ load }) => taken === 0 || taken + load <= capacity;

  function beginWhatFits() {
    while (waiting.length > 0 && fits(waiting[0])) begin(waiting.shift());
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
      waiting.length = 0;
    },
  };
}
