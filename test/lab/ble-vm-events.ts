/** The steps of a scenario that runs in another computer, told line by line. */
import type { Steps } from './steps.ts'

/** A line: a step that begins, how it went, or a measurement. */
export type Told =
  | { readonly step: string }
  | { readonly held: true }
  | { readonly failed: string }
  | { readonly figure: readonly [name: string, value: number, unit: string] }
  | { readonly done: boolean }

type Teller = Pick<Steps, 'step' | 'figure'>

/** Steps that are told of instead of shown. */
export function tellingSteps(tell: (told: Told) => void): Teller {
  return {
    async step(what, body) {
      tell({ step: what })
      try {
        const result = await body()
        tell({ held: true })
        return result
      } catch (error) {
        tell({ failed: error instanceof Error ? error.message : String(error) })
        throw error
      }
    },
    figure: (...figure) => tell({ figure }),
  }
}

/** Shows here the steps that are told of there; rejects when they end before all is done. */
export async function showSteps(steps: Teller, told: AsyncIterator<Told>): Promise<void> {
  for (;;) {
    const event = await next(told)
    if ('done' in event) return
    if ('figure' in event) steps.figure(...event.figure)
    if ('step' in event) await steps.step(event.step, () => outcome(steps, told))
  }
}

async function outcome(steps: Teller, told: AsyncIterator<Told>): Promise<void> {
  for (;;) {
    const event = await next(told)
    if ('held' in event) return
    if ('failed' in event) throw new Error(event.failed)
    if ('figure' in event) steps.figure(...event.figure)
    else throw new Error(`it told out of turn: ${JSON.stringify(event)}`)
  }
}

async function next(told: AsyncIterator<Told>): Promise<Told> {
  const { done, value } = await told.next()
  if (done) throw new Error('it ended before all was done')
  return value
}
