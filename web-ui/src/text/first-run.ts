/** What the engine calls a person who has not chosen a name yet. */
const UNNAMED = 'Someone'

/** True while nobody has chosen the name that others see. */
export function isUnnamed(name: string): boolean {
  return name.trim() === '' || name === UNNAMED
}
