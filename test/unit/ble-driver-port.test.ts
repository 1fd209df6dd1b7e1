import type { ChildProcess, SpawnOptions, spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { spawnChild } from '../../transports/ble/driver/child-port.ts'
import type { ChildOptions } from '../../transports/ble/driver/child-port.ts'

const OPTIONS: ChildOptions = {
  driver: 'stoprocent',
  adapter: 1,
  mtu: 517,
  reset: false,
  env: { ASKED_FOR: 'yes' },
}

describe('the process of a child', () => {
  const before = { ...process.env }
  let asked: SpawnOptions
  let child: ChildProcess
  const run = ((_file: string, _args: string[], options: SpawnOptions) => {
    asked = options
    return child
  }) as unknown as typeof spawn

  beforeEach(() => {
    // As Node makes it where there is no descriptor left: without streams, and the error comes later.
    child = new EventEmitter() as ChildProcess
  })
  afterEach(() => {
    process.env = before
  })

  test('gets what noble, bleno and Node.js need of the environment, and no passphrase', () => {
    process.env = {
      PATH: '/bin',
      NODE_OPTIONS: '--no-warnings',
      BLENO_ADVERTISING_INTERVAL: '100',
      NOBLE_BINDINGS: '/elsewhere',
      HCI_CHANNEL_USER: '1',
      PORCHLIGHT_PASSPHRASE: 'secret words',
      SOME_TOKEN: 'secret too',
    }
    spawnChild(OPTIONS, run)
    expect(asked.env).toEqual({
      PATH: '/bin',
      NODE_OPTIONS: '--no-warnings',
      BLENO_ADVERTISING_INTERVAL: '100',
      NOBLE_HCI_DEVICE_ID: '1',
      BLENO_HCI_DEVICE_ID: '1',
      ASKED_FOR: 'yes',
    })
  })

  test('that has no descriptors is gone, and nothing is thrown', () => {
    const port = spawnChild(OPTIONS, run)
    const codes: (number | null)[] = []
    port.on('gone', (code) => codes.push(code))
    port.tell({ kind: 'stop' })
    child.emit('error', new Error('spawn EMFILE'))
    expect(codes).toEqual([null])
  })
})
