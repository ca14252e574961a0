/** Processes die here too, but at the model's own points. */
export function crashable<Effect>(_points: unknown, effect: Effect): Effect {
  return effect;
}
