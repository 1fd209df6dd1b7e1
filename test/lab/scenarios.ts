import { lan } from './lan.ts'
import type { Scenario } from './scenario.ts'

/** Every scenario that `npm run lab -- NAME` knows. */
export const scenarios: readonly Scenario[] = [lan]
