import { expect, test } from '@jest/globals'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Machine } from '../setup/machine.ts'
import { unpackedDebian } from '../setup/unpacked.ts'

const FILE = 'kernel_1.2-3_amd64.deb'

/** A Debian whose archive has one package. */
class FakeDebian implements Machine {
  root = true
  ci = false
  listed = true
  reachable = true
  ran: string[] = []

  has = (): boolean => true
  holdServices = () => () => {}

  async run(program: string, args: readonly string[]): Promise<string> {
    this.ran.push(program === 'sh' ? args[2]! : args[0]!)
    if (args[0] === 'update') this.listed = this.reachable
    if (args[0] === 'download' && !this.listed) throw new Error('no such package')
    if (args[0] === 'download') return `'http://deb/pool/${FILE}' ${FILE} 123 SHA256:00\n`
    if (args[2] === 'fetch') await writeFile(join(args[3]!, FILE), '')
    if (args[2] === 'lay') await writeFile(join(args[4]!, 'laid'), args.slice(5).join(' '))
    return ''
  }
}

async function withPlace(body: (place: string) => Promise<void>): Promise<void> {
  const place = await mkdtemp(join(tmpdir(), 'porchlight-unpacked-'))
  try {
    await body(place)
  } finally {
    await rm(place, { recursive: true })
  }
}

test('a package is fetched once, into a folder that tells its version', async () => {
  await withPlace(async (place) => {
    const machine = new FakeDebian()
    const folder = await unpackedDebian('kernel', ['*/boot/*'], { machine, place })
    expect(folder).toBe(join(place, 'kernel_1.2-3_amd64'))
    expect(await readdir(folder)).toEqual(['laid'])
    expect(await readdir(place)).toEqual(['kernel_1.2-3_amd64'])
    expect(machine.ran).toEqual(['download', 'fetch', 'lay'])
    expect(await unpackedDebian('kernel', ['*/boot/*'], { machine, place })).toBe(folder)
    expect(machine.ran.slice(3)).toEqual(['download'])
  })
})

test('lists that do not know the package are brought up to date', async () => {
  await withPlace(async (place) => {
    const machine = new FakeDebian()
    machine.listed = false
    await unpackedDebian('kernel', ['*'], { machine, place })
    expect(machine.ran).toEqual(['download', 'update', 'download', 'fetch', 'lay'])
  })
})

test('what can not be had is said, and nothing is left behind', async () => {
  await withPlace(async (place) => {
    const machine = new FakeDebian()
    machine.listed = machine.reachable = false
    const asked = unpackedDebian('kernel', ['*'], { machine, place })
    await expect(asked).rejects.toThrow('no such package')
    expect(await readdir(place)).toEqual([])
  })
})
