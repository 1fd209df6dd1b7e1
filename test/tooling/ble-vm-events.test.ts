import { expect, test } from '@jest/globals'
import { showSteps, tellingSteps } from '../lab/ble-vm-events.ts'
import type { Told } from '../lab/ble-vm-events.ts'
import { Steps } from '../lab/steps.ts'

async function* each(told: readonly Told[]): AsyncGenerator<Told, void> {
  yield* told
}

function shown(told: readonly Told[]): { said: string[]; steps: Steps; over: Promise<void> } {
  const said: string[] = []
  const steps = new Steps((line) => said.push(line), new AbortController().signal)
  return { said, steps, over: showSteps(steps, each(told)) }
}

async function told(body: (steps: ReturnType<typeof tellingSteps>) => Promise<void>) {
  const events: Told[] = []
  await body(tellingSteps((event) => events.push(event))).catch(() => {})
  return events
}

test('steps that held there are shown here, with their figures', async () => {
  const events = await told(async (steps) => {
    await steps.step('one', async () => steps.figure('inside', 1, 's'))
    steps.figure('outside', 2, 's')
  })
  const { said, steps, over } = shown([...events, { done: true }])
  await over
  steps.finish()
  expect(steps.ok).toBe(true)
  expect(said.join('\n')).toMatch(/^✓ one .*\n\ninside {3}1 s\noutside {2}2 s\n\n1 steps held\.$/)
})

test('a step that failed there fails here, for the same reason', async () => {
  const events = await told((steps) =>
    steps.step('one', () => Promise.reject(new Error('the cable is missing'))),
  )
  const { steps, over } = shown(events)
  await expect(over).rejects.toThrow('one')
  expect(steps.failures).toEqual(['one: the cable is missing'])
})

test.each([[[]], [[{ step: 'one' }]], [[{ step: 'one' }, { step: 'two' }]]])(
  'one that ends too early did not hold: %j',
  async (events) => {
    await expect(shown(events).over).rejects.toThrow(/before all was done|one/)
  },
)
