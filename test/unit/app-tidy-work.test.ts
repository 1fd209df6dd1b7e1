import { expect, test } from '@jest/globals'
import { inlineWork } from '../../core/files/work/inline-work.ts'
import { until } from '../e2e/until.ts'
import { collectYoung, TidyWork } from '../../node-app/tidy-work.ts'

const job = (length: number) => ({
  pieces: [{ bytes: Buffer.alloc(length) }],
  key: null,
  index: 0,
  length,
  hash: Buffer.alloc(32),
})

test('buffers that nobody has any more are gone after it', async () => {
  const collect = collectYoung()
  const litter = (): number => {
    for (let i = 0; i < 20; i++) Buffer.allocUnsafeSlow(1 << 20)
    return process.memoryUsage().arrayBuffers
  }
  const before = litter()
  // They are given back by a thread of V8's.
  await until(() => {
    collect()
    return process.memoryUsage().arrayBuffers < before - (16 << 20)
  })
})

test('what chunks left in memory is taken away every few of them', async () => {
  let tidied = 0
  const work = new TidyWork(inlineWork(), () => void tidied++)
  for (let i = 0; i < 3; i++) await work.read(job(1 << 20))
  expect(tidied).toBe(0)
  await work.write(job(1 << 20), Buffer.alloc(1 << 20))
  expect(tidied).toBe(1)
  for (let i = 0; i < 8; i++) await work.read(job(1 << 20))
  expect(tidied).toBe(3)
  await work.close()
})
