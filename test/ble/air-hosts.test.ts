import { afterEach, describe, expect, test } from '@jest/globals'
import { connect } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { systemClock } from '../../core/clock.ts'
import { seededRandom } from '../../core/random.ts'
import { until } from '../compliance/until.ts'
import { AirWorld } from './air-world.ts'
import { Air } from './air.ts'
import { H4Reader, acl, command } from './h4.ts'
import { OP } from './hci.ts'
import { RawDevice } from './raw-device.ts'

describe('a hostile host', () => {
  test('H4 in pieces of any size is the same H4', () => {
    const stream = Buffer.concat([
      command(OP.reset),
      acl(0x40, 0, Buffer.alloc(300, 1)),
      command(OP.leSetScanning, Buffer.from([1, 0])),
      acl(0x40, 1, Buffer.alloc(0)),
    ])
    const whole = new H4Reader().read(stream)!
    expect(whole).toHaveLength(4)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (sizes) => {
        const reader = new H4Reader()
        const packets = []
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length]!
          packets.push(...reader.read(stream.subarray(at, at + size))!)
          at += size
        }
        expect(packets).toEqual(whole)
      }),
    )
  })

  test('any commands and any bytes leave the others in peace', async () => {
    const known = fc.constantFrom(...Object.values(OP))
    const anyCommand = fc
      .tuple(fc.oneof(known, fc.integer({ min: 0, max: 0xffff })), fc.uint8Array({ maxLength: 40 }))
      .map(([opcode, parameters]) => command(opcode, parameters))
    const anyAcl = fc
      .tuple(fc.integer({ min: 0, max: 0xfff }), fc.integer({ min: 0, max: 15 }), fc.uint8Array())
      .map(([handle, flags, data]) => acl(handle, flags, data))
    const anything = fc.oneof(anyCommand, anyAcl, fc.uint8Array({ maxLength: 20 }))
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 30 }), async (writes) => {
        const it = new AirWorld()
        const { atA, atB } = await it.linked()
        const bad = new RawDevice(it.air, 'bad')
        for (const bytes of writes) bad.write(bytes)
        await it.clock.run(300)
        const got = new Promise<Buffer>(
          (resolve) => void atA.on('packet', (_, data) => resolve(data)),
        )
        atB.l2cap(4, Buffer.from('still here'))
        await expect(it.settle(got)).resolves.toEqual(Buffer.from('still here'))
      }),
      { numRuns: 60 },
    )
  })
})

describe('behind a socket', () => {
  const cleanups: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
  })

  test('a host that speaks no H4 is cut off, and the next has the same adapter anew', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'porchlight-air-'))
    cleanups.push(() => rm(folder, { recursive: true, force: true }))
    const air = new Air({ clock: systemClock, random: seededRandom(1) })
    cleanups.push(() => air.close())
    const path = join(folder, 'a')
    await air.listen(path, 'a')
    let closed = false
    const bad = connect(path).on('close', () => (closed = true))
    bad.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
    await until('the host to be cut off', () => closed)
    const answers: Buffer[] = []
    const good = connect(path).on('data', (chunk: Buffer) => answers.push(chunk))
    good.write(command(OP.readAddress))
    await until('an answer', () => answers.length > 0)
    expect(answers[0]!.toString('hex')).toMatch(/^040e0a01091000[0-9a-f]{12}$/)
    await air.unplug(path)
    await until('the socket to end', () => good.destroyed)
  })
})
