import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decides, prefer } from '../../core/connection/connection-preference.ts'
import { ConnectionRegistry } from '../../core/connection/connection-registry.ts'

class Fake {
  readonly remoteKey: Buffer
  cost: number
  silent = false
  closed = false
  retired = false

  constructor(remote: number, cost: number) {
    this.remoteKey = Buffer.alloc(32, remote)
    this.cost = cost
  }

  retire(): void {
    this.retired = true
  }
}

const key = (n: number): Buffer => Buffer.alloc(32, n)

describe('which of two connections lives', () => {
  test('one that is heard, before the cheaper, before the older', () => {
    const lan = { cost: 10, silent: false }
    const ble = { cost: 30, silent: false }
    expect(prefer(lan, ble)).toBe('older')
    expect(prefer(ble, lan)).toBe('newer')
    expect(prefer(lan, lan)).toBe('older')
    expect(prefer({ ...lan, silent: true }, ble)).toBe('newer')
    expect(prefer(ble, { ...lan, silent: true })).toBe('older')
    expect(prefer({ ...ble, silent: true }, { ...lan, silent: true })).toBe('newer')
  })

  test('is decided by exactly one end', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), (a, b) => {
        if (a === b) return
        expect(decides(key(a), key(b))).toBe(!decides(key(b), key(a)))
      }),
    )
  })
})

describe('the registry', () => {
  test('retires all but the best, where this end decides', () => {
    const registry = new ConnectionRegistry<Fake>(key(1))
    const [ble, lan, dht] = [new Fake(2, 30), new Fake(2, 10), new Fake(2, 20)]
    for (const each of [ble, lan, dht]) {
      expect(registry.add(each)).toBe(true)
      registry.settle(each)
    }
    expect([ble.retired, lan.retired, dht.retired]).toEqual([true, false, true])
    expect([...registry.preferred()]).toEqual([lan])
    expect([...registry]).toHaveLength(3)
  })

  test('follows where the other end decides: nobody is retired here', () => {
    const registry = new ConnectionRegistry<Fake>(key(3))
    const both = [new Fake(2, 30), new Fake(2, 10)]
    for (const each of both) {
      registry.add(each)
      registry.settle(each)
    }
    expect(both.some(({ retired }) => retired)).toBe(false)
    expect([...registry.preferred()]).toEqual([both[1]])
  })

  test('a connection to another peer is no duplicate', () => {
    const registry = new ConnectionRegistry<Fake>(key(1))
    const [one, other] = [new Fake(2, 10), new Fake(3, 10)]
    for (const each of [one, other]) {
      registry.add(each)
      registry.settle(each)
    }
    expect([one.retired, other.retired]).toEqual([false, false])
  })

  test('refuses a connection to itself, and one too many to a peer', () => {
    const registry = new ConnectionRegistry<Fake>(key(1))
    expect(registry.add(new Fake(1, 10))).toBe(false)
    const four = Array.from({ length: 4 }, () => new Fake(2, 10))
    expect(four.every((each) => registry.add(each))).toBe(true)
    expect(registry.add(new Fake(2, 10))).toBe(false)
    registry.remove(four[0]!)
    expect(registry.add(new Fake(2, 10))).toBe(true)
    const open = Array.from(registry)
    for (const each of open) registry.remove(each)
    expect([...registry.preferred()]).toEqual([])
  })

  test('when the kept one goes, the next is used', () => {
    const registry = new ConnectionRegistry<Fake>(key(3))
    const [lan, ble] = [new Fake(2, 10), new Fake(2, 30)]
    registry.add(lan)
    registry.add(ble)
    registry.remove(lan)
    expect([...registry.preferred()]).toEqual([ble])
  })
})
