import { EventEmitter } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { systemClock } from '../../core/clock.ts'
import { openEngine } from '../../core/engine.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import type { Transport, TransportEvents } from '../../core/transport.ts'
import { NodeLife } from '../../node-app/node-life.ts'

/** It never settles. */
class SlowRadio extends EventEmitter<TransportEvents> implements Transport {
  readonly id = 'ble'
  readonly scope = 'nearby'
  readonly status = { state: 'starting' } as const
  begun = 0

  start(): Promise<void> {
    this.begun++
    return new Promise(() => {})
  }

  stop(): Promise<void> {
    return Promise.resolve()
  }

  join(): void {}
  leave(): void {}
}

test('what a person switched off stays off over a lock, also circuits, which begin by themselves', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'porchlight-life-'))
  const life = await NodeLife.open({
    dir,
    transports: [],
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    openEngine,
    cost: { ops: 1, mem: 8 * 1024 * 1024 },
    onengine: () => {},
  })
  const state = (): string | undefined =>
    life.engine.transports().find(({ id }) => id === 'circuit')?.state
  try {
    await life.start()
    expect(state()).toBe('on')
    await life.lock('a passphrase')
    await life.unlock('a passphrase')
    expect(state()).toBe('on')
    await life.engine.switchTransport('circuit', false)
    await life.lock()
    await life.unlock('a passphrase')
    expect(state()).toBe('off')
    await life.engine.switchTransport('circuit', true)
    await life.lock()
    await life.unlock('a passphrase')
    expect(state()).toBe('on')
  } finally {
    await life.close()
    await rm(dir, { recursive: true })
  }
})

test('a radio that never settles does not hold up the start', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'porchlight-life-'))
  const radio = new SlowRadio()
  const life = await NodeLife.open({
    dir,
    transports: [{ transport: radio, on: true }],
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    openEngine,
    onengine: () => {},
  })
  try {
    await life.start()
    expect(radio.begun).toBe(1)
    expect(life.engine.transports().some(({ state }) => state === 'starting')).toBe(true)
  } finally {
    await life.close()
    await rm(dir, { recursive: true })
  }
})
