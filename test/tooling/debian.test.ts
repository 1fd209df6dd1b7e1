import { expect, test } from '@jest/globals'
import { ensureDebian } from '../setup/debian.ts'
import { labAvailable } from '../setup/lab-test.ts'
import { findProgram } from '../setup/machine.ts'
import type { Machine } from '../setup/machine.ts'

class FakeMachine implements Machine {
  root = true
  ci = false
  programs = new Set(['apt-get'])
  /** What apt-get can install, and the program that comes with it. */
  archive = new Map([['iproute2', 'ip']])
  ran: string[] = []

  has(program: string): boolean {
    return this.programs.has(program)
  }

  async run(program: string, args: readonly string[]): Promise<string> {
    this.ran.push([program, args[0]].join(' '))
    if (program === 'dpkg-query') throw new Error('not installed')
    if (program === 'unshare' && !this.root) throw new Error('not permitted')
    if (args[0] === 'install') this.#install(args)
    return ''
  }

  holdServices(): () => void {
    this.ran.push('hold services')
    return () => this.ran.push('start services')
  }

  #install(args: readonly string[]): void {
    for (const [name, program] of this.archive) {
      if (args.includes(name)) this.programs.add(program)
    }
  }
}

test('what is here is not installed again', async () => {
  const machine = new FakeMachine()
  machine.programs.add('ip')
  expect(await ensureDebian(['iproute2'], machine)).toEqual([])
  expect(machine.ran).toEqual([])
})

test('root installs what is missing after one update, with services held meanwhile', async () => {
  const machine = new FakeMachine()
  expect(await ensureDebian(['iproute2'], machine)).toEqual([])
  expect(machine.ran).toEqual([
    'hold services',
    'apt-get update',
    'apt-get install',
    'start services',
  ])
})

test('others are told what is missing', async () => {
  const machine = new FakeMachine()
  machine.root = false
  expect(await ensureDebian(['iproute2', 'no-such-package'], machine)).toEqual([
    'iproute2',
    'no-such-package',
  ])
  expect(machine.ran).toEqual(['dpkg-query -W'])
})

test('with CI=true a missing package is a failure', async () => {
  const machine = new FakeMachine()
  machine.ci = true
  await expect(ensureDebian(['no-such-package'], machine)).rejects.toThrow(/no-such-package/)
})

test('a lab says why it cannot run', async () => {
  const machine = new FakeMachine()
  expect(await labAvailable({ packages: ['no-such-package'] }, machine)).toMatch(/no-such-package/)
  expect(await labAvailable({ namespaces: true, packages: ['iproute2'] }, machine)).toBeNull()
  machine.root = false
  expect(await labAvailable({ namespaces: true }, machine)).toMatch(/root/)
  expect(await labAvailable({}, machine)).toBeNull()
})

test('programs are found in PATH, and nowhere else but among the administrator’s', () => {
  const [, folder, name] = /^(.*)\/([^/]+)$/.exec(process.execPath)!
  expect(findProgram(name!, `/nowhere:${folder}`)).toBe(process.execPath)
  expect(findProgram('no-such-program', folder!)).toBeNull()
})
