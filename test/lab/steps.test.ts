import { expect, test } from '@jest/globals'
import { StepFailed, Steps } from './steps.ts'

function run(): { steps: Steps; said: string[]; interrupt: AbortController } {
  const said: string[] = []
  const interrupt = new AbortController()
  return { steps: new Steps((line) => said.push(line), interrupt.signal), said, interrupt }
}

const fails = (): Promise<never> => Promise.reject(new Error('the cable is missing'))

test('steps that hold are said as they end, and figures last', async () => {
  const { steps, said } = run()
  expect(await steps.step('one', () => Promise.resolve(7))).toBe(7)
  steps.figure('wait', 1234.5678, 'ms')
  await steps.step('two', () => Promise.resolve())
  steps.finish()
  expect(steps.ok).toBe(true)
  expect(said[0]).toMatch(/^✓ one \(\d+\.\d s\)$/)
  expect(said.slice(2)).toEqual(['', 'wait  1230 ms', '\n2 steps held.'])
})

test('a step that fails ends its part, and the run is not ok; other parts go on', async () => {
  const { steps, said } = run()
  let after = false
  const part = async (): Promise<void> => {
    await steps.step('broken', fails)
    after = true
  }
  expect(await steps.part('first', part)).toBe(false)
  expect(after).toBe(false)
  await steps.part('second', async () => steps.step('fine', () => Promise.resolve()))
  expect(steps.ok).toBe(false)
  expect(steps.failures).toEqual(['broken: the cable is missing'])
  expect(said.join('\n')).toMatch(/✗ broken .*\n {4}the cable is missing\n— second\n✓ fine/)
})

test('a run without a step is not ok', () => {
  expect(run().steps.ok).toBe(false)
})

test('an interruption ends the step that runs and starts no other', async () => {
  const { steps, interrupt } = run()
  const endless = steps.step('endless', () => new Promise(() => {}))
  interrupt.abort()
  await expect(endless).rejects.toThrow(StepFailed)
  await expect(steps.step('next', () => Promise.resolve())).rejects.toThrow('aborted')
  expect(steps.ok).toBe(false)
})
