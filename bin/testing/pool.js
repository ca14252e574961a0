/** Runs several jobs at a time, as many as the machine has room for. */

/** More would keep a job with a large load waiting until the end. */
const MOST_OVERTAKEN = 6;
/** A job with this load measures a promise in seconds and wants no neighbours: it is never overtaken. */
const ALONE = 2;

/**
 * `run(load, work, rank)` begins the work once there is room for its load, lower ranks first. A job for which there is
 * no room may be overtaken by smaller ones a few times. `close` drops the waiting jobs.
 */
export function createPool(capacity) {
  const waiting = [];
  let taken = 0;
  const fits = ({ load }) => taken === 0 || taken + load <= capacity;

  function beginWhatFits() {
    for (let next = findNext(); next !== -1; next = findNext()) {
      for (const job of waiting.slice(0, next)) job.overtaken += 1;
      begin(waiting.splice(next, 1)[0]);
    }
  }

  function findNext() {
    const next = waiting.findIndex(fits);
    const isBlocked = ({ load, overtaken }) => load >= ALONE || overtaken >= MOST_OVERTAKEN;
    return waiting.slice(0, next).some(isBlocked) ? -1 : next;
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
        waiting.push({ load, work, rank, settle, overtaken: 0 });
        waiting.sort((one, other) => one.rank - other.rank);
        beginWhatFits();
      });
    },
    close() {
      waiting.length = 0;
    },
  };
}
