/** This process, which is the load and the shop: a part of the CPU of every session. */
export const LOAD = {
  name: 'bench',
  cpuSeconds: () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
};
