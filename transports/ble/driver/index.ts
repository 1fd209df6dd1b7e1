/** The radio of the product: noble and bleno in a child process. */
import type { Radio } from '../radio.ts'
import { ChildRadio } from './child-radio.ts'
import type { ChildRadioOptions } from './child-radio.ts'

export type { FamilyName } from './family.ts'

/** A radio on an adapter of this computer. */
export function createRadio(options: Omit<ChildRadioOptions, 'spawn'>): Radio {
  return new ChildRadio(options)
}
