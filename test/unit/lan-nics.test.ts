import { describe, expect, test } from '@jest/globals'
import { NicWatcher } from '../../transports/lan/nic-watcher.ts'
import {
  broadcastOf,
  deadAddresses,
  diffNics,
  systemNics,
  usableNics,
} from '../../transports/lan/nics.ts'
import type { Nic } from '../../transports/lan/nics.ts'
import { VirtualClock } from '../sim/virtual-clock.ts'

function nic(address: string, more: Partial<Nic> = {}): Nic {
  return {
    name: 'eth0',
    address,
    family: address.includes(':') ? 6 : 4,
    netmask: '255.255.255.0',
    mac: '02:00:00:00:00:01',
    index: 2,
    internal: false,
    ...more,
  }
}

const wired = nic('192.168.1.2')

describe('interfaces', () => {
  test('the local ones carry links; loopback alone where asked for', () => {
    const lo = nic('127.0.0.1', { name: 'lo', internal: true })
    const all = [nic('fe80::1%eth0'), lo, wired, nic('8.8.8.8'), nic('2001:db8::1')]
    expect(usableNics(all, false).map(({ address }) => address)).toEqual([
      '192.168.1.2',
      'fe80::1%eth0',
    ])
    expect(usableNics(all, true)).toEqual([lo])
    expect(
      usableNics(
        Array.from({ length: 99 }, (_, i) => nic(`10.0.0.${i}`)),
        false,
      ),
    ).toHaveLength(16)
  })

  test('this computer has its loopback listed', () => {
    expect(usableNics(systemNics(), true).map(({ address }) => address)).toContain('127.0.0.1')
  })

  test('one made again with the same address is gone and come', () => {
    for (const again of [{ index: 3 }, { mac: '02:00:00:00:00:02' }]) {
      const change = diffNics([wired], [{ ...wired, ...again }])
      expect(change.gone).toEqual([wired])
      expect(change.come).toHaveLength(1)
      expect(deadAddresses(change, [{ ...wired, ...again }]).size).toBe(0)
    }
    expect(diffNics([wired], [{ ...wired }])).toEqual({ gone: [], come: [] })
  })

  test('links die with their address, and link-local ones with their interface', () => {
    expect([...deadAddresses(diffNics([wired], []), [])]).toEqual(['192.168.1.2'])
    const local = nic('fe80::1%eth0')
    const remade = { ...local, index: 9 }
    expect([...deadAddresses(diffNics([local], [remade]), [remade])]).toEqual(['fe80::1%eth0'])
  })

  test('broadcast addresses come from the netmask', () => {
    expect(broadcastOf(wired)).toBe('192.168.1.255')
    expect(broadcastOf(nic('10.1.2.3', { netmask: '255.240.0.0' }))).toBe('10.15.255.255')
    expect(broadcastOf(nic('10.1.2.3', { netmask: '255.255.255.255' }))).toBeUndefined()
    expect(broadcastOf(nic('10.1.2.3', { netmask: '255.255.255.254' }))).toBeUndefined()
    expect(broadcastOf(nic('fe80::1%eth0'))).toBeUndefined()
  })
})

describe('the watcher', () => {
  async function watch(
    steps: (
      set: (nics: Nic[]) => void,
      watcher: NicWatcher,
      pass: (ms: number) => Promise<void>,
    ) => Promise<void>,
  ): Promise<string[]> {
    const clock = new VirtualClock()
    let nics: Nic[] = [wired]
    const seen: string[] = []
    const watcher = new NicWatcher({
      clock,
      source: () => nics,
      loopback: false,
      onchange: (_, { gone, come }) => seen.push(`-${gone.length}+${come.length}`),
    })
    watcher.start()
    const pass = (ms: number): Promise<void> => clock.run(ms)
    await steps((next) => (nics = next), watcher, pass)
    watcher.stop()
    return seen
  }

  test('tells within half a second of what came, went, or was made again', async () => {
    const seen = await watch(async (set, _, pass) => {
      await pass(2_000)
      set([])
      await pass(600)
      set([wired])
      await pass(600)
      set([{ ...wired, index: 7 }])
      await pass(600)
    })
    expect(seen).toEqual(['-1+0', '-0+1', '-1+1'])
  })

  test('a send error has the sockets rebuilt, ever more rarely while it lasts', async () => {
    const seen = await watch(async (_, watcher, pass) => {
      for (let i = 0; i < 600; i++) {
        watcher.doubt()
        await pass(100)
      }
    })
    expect(seen.length).toBeGreaterThanOrEqual(3)
    expect(seen.length).toBeLessThanOrEqual(8)
    expect(new Set(seen)).toEqual(new Set(['-0+0']))
  })
})
