/** Processes die here too, but at the model's own points. */
export function crashPoint(): void {}
