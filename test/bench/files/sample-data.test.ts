import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { contentHash, filesIn, linkTree, writeLargeFile, writeSmallFiles } from './sample-data.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'porchlight-sample-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

describe('what is transferred', () => {
  test('one seed gives the same files, another seed others', async () => {
    const at = (name: string): string => join(directory, name)
    await writeLargeFile(at('a'), 1_500_000, 'x')
    await writeLargeFile(at('b'), 1_500_000, 'x')
    await writeLargeFile(at('c'), 1_500_000, 'y')
    expect((await stat(at('a'))).size).toBe(1_500_000)
    expect(await contentHash(at('a'))).toBe(await contentHash(at('b')))
    expect(await contentHash(at('a'))).not.toBe(await contentHash(at('c')))
  })

  test('small files are as many as wanted, of 1 to 64 kB, and their bytes are told', async () => {
    const bytes = await writeSmallFiles(directory, 250, 'x')
    const files = await filesIn(directory)
    expect(files).toHaveLength(250)
    expect(files.reduce((sum, { size }) => sum + size, 0)).toBe(bytes)
    expect(Math.min(...files.map(({ size }) => size))).toBeGreaterThanOrEqual(1_024)
    expect(Math.max(...files.map(({ size }) => size))).toBeLessThanOrEqual(64_000)
  })

  test('the hash of a folder tells a changed byte and a changed name', async () => {
    await writeSmallFiles(directory, 3, 'x')
    const before = await contentHash(directory)
    const [first] = await filesIn(directory)
    const path = join(directory, first!.path)
    const bytes = await readFile(path)
    bytes[bytes.byteLength - 1]! ^= 1
    await writeFile(path, bytes)
    expect(await contentHash(directory)).not.toBe(before)
    bytes[bytes.byteLength - 1]! ^= 1
    await writeFile(path, bytes)
    expect(await contentHash(directory)).toBe(before)
    await rename(path, `${path}2`)
    expect(await contentHash(directory)).not.toBe(before)
  })

  test('a linked tree has the same files and takes no further bytes', async () => {
    const from = join(directory, 'from')
    const to = join(directory, 'to')
    await writeSmallFiles(from, 3, 'x')
    await linkTree(from, to)
    expect(await contentHash(to)).toBe(await contentHash(from))
    const [file] = await filesIn(to)
    const inodes = await Promise.all([from, to].map((path) => stat(join(path, file!.path))))
    expect(inodes[0]!.ino).toBe(inodes[1]!.ino)
  })
})
