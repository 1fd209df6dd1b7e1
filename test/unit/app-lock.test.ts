import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DataLock, holds } from '../../node-app/lock.ts'
import { identify } from '../../node-app/process-identity.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'porchlight-lock-'))
})
afterEach(() => rm(dir, { recursive: true }))

describe('lock of a data directory', () => {
  test('is held until it is released, and leaves nothing', async () => {
    const lock = await DataLock.take(dir)
    expect(await DataLock.holder(dir)).toBe(process.pid)
    expect((await stat(join(dir, 'lock'))).mode & 0o777).toBe(0o600)
    await expect(DataLock.take(dir)).rejects.toMatchObject({ code: 'ALREADY_RUNNING' })
    await lock.release()
    expect(await DataLock.holder(dir)).toBeUndefined()
    expect(await readdir(dir)).toEqual([])
  })

  test.each([
    ['of a process that is gone', JSON.stringify({ pid: 2 ** 22 + 1, start: 'x' })],
    ['of another process that had our number', JSON.stringify({ pid: process.pid, start: 'x' })],
    ['that is cut off', '{"pid":'],
    ['that is empty', ''],
  ])('one %s is taken over', async (_what, left) => {
    await writeFile(join(dir, 'lock'), left)
    expect(await DataLock.holder(dir)).toBeUndefined()
    await DataLock.take(dir)
    expect(await DataLock.holder(dir)).toBe(process.pid)
    expect(await readdir(dir)).toEqual(['lock'])
  })

  test('a lock that another took since is not removed', async () => {
    const lock = await DataLock.take(dir)
    await writeFile(join(dir, 'lock'), '{"pid":1}')
    await lock.release()
    expect(await readdir(dir)).toEqual(['lock'])
  })

  test('the number alone does not make the holder', () => {
    expect(holds({ pid: 1, start: 'a' }, { state: 'alive', start: 'a' })).toBe(true)
    expect(holds({ pid: 1, start: 'a' }, { state: 'alive', start: 'b' })).toBe(false)
    expect(holds({ pid: 1, start: 'a' }, { state: 'gone' })).toBe(false)
    expect(holds({ pid: 1, start: 'a' }, { state: 'unknown' })).toBe(true)
    expect(holds({ pid: 1 }, { state: 'alive', start: 'b' })).toBe(true)
  })

  test('a process is known by its start', async () => {
    const first = await identify(process.pid)
    expect(first).toEqual(await identify(process.pid))
    // Not our parent: one that only starts us does so within one tick of the clock that starts are told by.
    expect(first).not.toEqual(await identify(1))
    expect(first.state).toBe('alive')
  })
})
