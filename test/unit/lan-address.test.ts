import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { PorchlightError } from '../../core/errors.ts'
import {
  formatHostPort,
  isLanAddress,
  parseTypedAddress,
  plainAddress,
  readHostPort,
} from '../../transports/lan/lan-address.ts'

describe('isLanAddress', () => {
  test.each([
    '10.0.0.1',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.20',
    '100.64.0.1',
    '169.254.7.7',
    'fe80::1%eth0',
    'fd00::1',
    '::ffff:192.168.1.20',
  ])('%s is near', (address) => expect(isLanAddress(address)).toBe(true))

  test.each([
    '8.8.8.8',
    '172.32.0.1',
    '100.128.0.1',
    '192.169.0.1',
    '255.255.255.255',
    '239.255.47.70',
    '0.0.0.0',
    '::',
    '2001:db8::1',
    'ff02::1%eth0',
    'fe80::1',
    '::ffff:8.8.8.8',
    '10.0.0.1%eth0',
    '127.0.0.1',
    '::1',
    'localhost',
    '',
    `fe80::1%${'x'.repeat(200)}`,
  ])('%s is not', (address) => expect(isLanAddress(address)).toBe(false))

  test('loopback is near only when asked for', () => {
    expect(isLanAddress('127.0.0.2', true)).toBe(true)
    expect(isLanAddress('::1', true)).toBe(true)
    expect(isLanAddress('8.8.8.8', true)).toBe(false)
  })
})

test('an address with its port is read as it was written', () => {
  const port = fc.integer({ min: 1, max: 65_535 })
  const host = fc.oneof(fc.ipV4(), fc.constant('fe80::1%wlan-0.1'), fc.constant('fd00::20'))
  fc.assert(
    fc.property(host, port, (name, number) => {
      expect(readHostPort(formatHostPort(name, number))).toEqual({ host: name, port: number })
    }),
    { numRuns: 2_000 },
  )
})

test('reading never throws, and what it reads is an address', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' })), (text) => {
      const read = readHostPort(text)
      expect(read === undefined || plainAddress(read.host) === read.host).toBe(true)
      isLanAddress(text)
    }),
    { numRuns: 50_000 },
  )
})

describe('an address typed by hand', () => {
  test.each([
    'example.org:4000',
    '192.168.1.2',
    '192.168.1.2:0',
    '192.168.1.2:70000',
    '8.8.8.8:4000',
    '[fe80::1]:4000',
    'localhost:4000',
    '127.0.0.1:4000',
    '300.1.1.1:4',
    '',
  ])('%s is refused with what to type instead', (typed) => {
    let caught: unknown
    try {
      parseTypedAddress(typed, false)
    } catch (error) {
      caught = error
    }
    expect(caught).toBeInstanceOf(PorchlightError)
    expect((caught as PorchlightError).code).toBe('BAD_ADDRESS')
    expect((caught as PorchlightError).message).toMatch(/192\.168\.1\.20:4000|%eth0/)
  })

  test('local ones are taken, and localhost where loopback is allowed', () => {
    expect(parseTypedAddress(' 192.168.1.2:4000 ', false)).toEqual({
      host: '192.168.1.2',
      port: 4000,
    })
    expect(parseTypedAddress('[fe80::1%eth0]:4000', false).host).toBe('fe80::1%eth0')
    expect(parseTypedAddress('localhost:4000', true).host).toBe('127.0.0.1')
  })
})
