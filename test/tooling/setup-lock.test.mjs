import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withLock } from '../../node-app/setup/lock.mjs'

let dir
let file
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-lock-'))
  file = join(dir, 'deep', 'lock')
})
afterEach(() => rm(dir, { recursive: true, force: true }))

test('those who want the lock hold it one after another', async () => {
  let holders = 0
  const most = []
  const work = async () => {
    holders += 1
    most.push(holders)
    await sleep(20)
    holders -= 1
  }
  await Promise.all([1, 2, 3].map(() => withLock(file, work)))
  expect(most).toEqual([1, 1, 1])
})

test('the lock is given back when the work fails', async () => {
  const broken = withLock(file, () => Promise.reject(new Error('broken')))
  await expect(broken).rejects.toThrow('broken')
  expect(existsSync(file)).toBe(false)
})

test('the lock of a holder that died is taken over by one alone', async () => {
  await withLock(file, () => {})
  await writeFile(file, 'dead')
  let holders = 0
  const work = async () => {
    holders += 1
    expect(holders).toBe(1)
    await sleep(20)
    holders -= 1
  }
  await Promise.all([1, 2].map(() => withLock(file, work, { deadAfter: 300 })))
  expect(await readdir(join(dir, 'deep'))).toEqual([])
})

test('who has to wait is told once', async () => {
  let told = 0
  const waiting = () => (told += 1)
  await withLock(file, async () => {
    const other = withLock(file, () => {}, { waiting })
    while (told === 0) await sleep(10)
    void other.catch(() => {})
  })
  await withLock(file, () => {})
  expect(told).toBe(1)
})
