import { spawn } from 'node:child_process'
import type { ChildProcess, StdioOptions } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { ChildRadio } from '../../transports/ble/driver/child-radio.ts'
import { encodeMessage } from '../../transports/ble/driver/ipc-codec.ts'
import type { RadioChannel } from '../../transports/ble/radio.ts'
import { until } from '../compliance/until.ts'
import { CraftedHost } from './crafted-host.ts'
import { DriverStreet, dial, payload, sightingOf, startBusy, stream } from './driver-street.ts'
import { bluetoothEnvironment } from './shim-env.ts'

const HIDE = fileURLToPath(new URL('./hide-packages.cjs', import.meta.url))
const CHILD = fileURLToPath(new URL('../../dist/transports/ble/driver/child.js', import.meta.url))

describe.each(['stoprocent', 'abandonware'] as const)('%s', (driver) => {
  let street: DriverStreet

  beforeEach(async () => {
    street = await DriverStreet.open()
  })
  afterEach(async () => street.close())

  test.each([
    ['none', 'no Bluetooth adapter'],
    ['unsupported', 'not supported'],
    ['eperm', 'sudo setcap cap_net_raw,cap_net_admin+eip'],
    ['off', 'rfkill unblock bluetooth'],
  ])('without usable Bluetooth (%s) it says why, and what to do', async (failure, words) => {
    const radio = street.radioWith(driver, { PORCHLIGHT_TEST_HCI_FAIL: failure })
    await radio.start()
    expect(radio.status).toEqual({ state: 'unavailable', reason: expect.stringContaining(words) })
    await radio.stop()
    expect(radio.status).toEqual({ state: 'off' })
  })

  test('without its packages it says how to get them', async () => {
    const radio = street.radioWith(driver, {
      NODE_OPTIONS: `--require ${HIDE}`,
      PORCHLIGHT_TEST_HIDE: `^@${driver}/`,
    })
    await radio.start()
    const words = `npm install @${driver}/noble @${driver}/bleno`
    expect(radio.status).toEqual({ state: 'unavailable', reason: expect.stringContaining(words) })
  })

  test('an adapter that is switched off and on again is used again', async () => {
    const radios = await Promise.all(['a', 'b'].map((name) => street.radio(name, driver)))
    const [a, b] = radios as [ChildRadio, ChildRadio]
    await Promise.all(radios.map((radio, number) => startBusy(radio, number + 1)))
    const { central, peripheral } = await dial(a, b, 2)
    const over = [central, peripheral].map(closed)
    street.air.power('a', false)
    await until('the reason', () => a.status.reason?.includes('rfkill unblock bluetooth'))
    await Promise.all(over)
    street.air.power('a', true)
    await until('the adapter to be used again', () => a.status.state === 'on')
    // It is found again, and finds others, without being told to.
    const again = await dial(b, a, 1)
    expect(await stream(again.central, again.peripheral, 3)).toHaveLength(3)
  })

  test('a child that crashes is replaced, and its links end', async () => {
    const a = await street.radio('a', driver)
    await startBusy(a, 1)
    const b = await street.radio('b', driver)
    await startBusy(b, 2)
    const { central, peripheral } = await dial(a, b, 2)
    const over = [central, peripheral].map(closed)
    const states: string[] = []
    a.on('status', ({ state }) => states.push(state))
    process.kill(street.childOf(a), 'SIGKILL')
    await Promise.all(over)
    await until('the next child', () => a.status.state === 'on')
    expect(states).toEqual(['starting', 'on'])
    await sightingOf(b, 1)
    expect(await stream(...(await dial(a, b, 2).then(ends)), 3)).toHaveLength(3)
  })

  test('a child that freezes is replaced', async () => {
    const a = await street.radio('a', driver)
    await startBusy(a, 1)
    const frozen = street.childOf(a)
    process.kill(frozen, 'SIGSTOP')
    await until('the next child', () => a.status.state === 'on' && street.childOf(a) !== frozen)
    expect(() => process.kill(frozen, 0)).toThrow('ESRCH')
  })

  test('the child ends with its parent', async () => {
    await street.air.listen(street.path('a'), 'a')
    const stdio: StdioOptions = ['ignore', 'ignore', 'ignore', 'pipe']
    const child: ChildProcess = spawn(process.execPath, [CHILD, driver, '517'], { stdio })
    const over = new Promise<unknown>((resolve) => child.once('exit', resolve))
    ;(child.stdio[3] as NodeJS.ReadableStream & { destroy(): void }).destroy()
    expect(await over).toBe(0)
  })

  test('A33: with its parent gone it ends its links and falls silent, and only then goes', async () => {
    await street.air.listen(street.path('a'), 'a')
    const child: ChildProcess = spawn(process.execPath, [CHILD, driver, '517'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...bluetoothEnvironment({ socket: street.path('a') }) },
    })
    const over = new Promise<unknown>((resolve) => child.once('exit', resolve))
    const pipe = child.stdio[3] as Duplex
    pipe.resume()
    const address = '4a:01:02:03:04:05'
    pipe.write(encodeMessage({ kind: 'identify', address, payload: payload(1) }))
    pipe.write(encodeMessage({ kind: 'duty', advertise: true, scan: 1 }))
    const other = new CraftedHost(street.air, 'other')
    await other.connect(address)
    pipe.destroy()
    expect(await over).toBe(0)
    // Ended by the other side; a link that is merely left ends after a time, with another reason.
    await until('the end of the link', () => other.ended.length > 0)
    expect(other.ended).toEqual([0x13])
  })

  test('on this computer as it is, it can be used or says why not', async () => {
    const radio = street.radioWith(driver, { NODE_OPTIONS: '' })
    await radio.start()
    const { state, reason = '' } = radio.status
    expect([state, reason.length > 30]).toEqual([state, state === 'unavailable'])
    expect(['on', 'unavailable']).toContain(state)
  })

  test('strangers that send what is no GATT lose their link, and nobody else does', async () => {
    const a = await street.radio('a', driver)
    await startBusy(a, 1)
    const b = await street.radio('b', driver)
    await startBusy(b, 2)
    // a dials, so that it has room for one that dials it in either family.
    const { central, peripheral } = await dial(a, b, 2)
    const child = street.childOf(a)
    const garbage = [
      Buffer.from([]),
      Buffer.from([0x02]),
      Buffer.from([0x0a, 1]),
      Buffer.from([0x52, 3]),
      Buffer.from([0x04, 0xff]),
      Buffer.from([0x10, 1, 0]),
    ]
    for (const [n, pdu] of garbage.entries()) {
      const stranger = new CraftedHost(street.air, `stranger${n}`)
      await stranger.connect(addressOf(street, 'a'))
      stranger.att(pdu)
      await until('the end of its link', () => stranger.ended.length === 1)
    }
    const long = new CraftedHost(street.air, 'long')
    await long.connect(addressOf(street, 'a'))
    long.acl(Buffer.from([0xff, 0xff, 4, 0, 0x52]))
    await until('the end of its link', () => long.ended.length === 1)
    const endless = new CraftedHost(street.air, 'endless')
    await endless.connect(addressOf(street, 'a'))
    endless.acl(Buffer.from([20, 0, 4, 0, 0x52]))
    for (let n = 0; n < 10; n++) endless.acl(Buffer.alloc(20), true)
    await until('the end of its link', () => endless.ended.length === 1)
    expect(await stream(central, peripheral, 20)).toHaveLength(20)
    expect(street.childOf(a)).toBe(child)
  })

  test('a peripheral whose list of services never ends is given up, and nobody else is', async () => {
    const a = await street.radio('a', driver)
    await startBusy(a, 1)
    const b = await street.radio('b', driver)
    await startBusy(b, 2)
    const { central, peripheral } = await dial(a, b, 2)
    const child = street.childOf(a)
    const trap = new CraftedHost(street.air, 'trap')
    trap.answer(0x02, () => Buffer.from([0x03, 0xff, 0xff]))
    // Each entry is said to be of no bytes, so that there is no end of entries.
    trap.answer(0x10, () => Buffer.from([0x11, 0, 1, 0, 2, 0, 0, 0x18]))
    street.advertiseLike(trap, 9)
    const { peer } = await sightingOf(a, 9)
    await expect(a.connect(peer, new AbortController().signal)).rejects.toMatchObject({
      code: 'UNREACHABLE',
    })
    expect(await stream(central, peripheral, 20)).toHaveLength(20)
    expect(street.childOf(a)).toBe(child)
  })
})

function closed(end: RadioChannel): Promise<void> {
  return new Promise((resolve) => end.once('close', resolve))
}

function ends(link: {
  central: RadioChannel
  peripheral: RadioChannel
}): [RadioChannel, RadioChannel] {
  return [link.central, link.peripheral]
}

function addressOf(street: DriverStreet, name: string): string {
  const one = [...street.air.controllers].find((controller) => controller.name === name)
  return [...one!.randomAddress!.bytes]
    .toReversed()
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join(':')
}
