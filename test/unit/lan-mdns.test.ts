import { describe, expect, test } from '@jest/globals'
import dnsPacket from 'dns-packet'
import fc from 'fast-check'
import {
  QUESTION,
  SERVICE,
  announcement,
  asksForUs,
  readSightings,
} from '../../transports/lan/mdns-records.ts'

const ID = '0123456789abcdef'

describe('mDNS records', () => {
  test('an announcement is read on the other side, and its withdrawal', () => {
    for (const goodbye of [false, true]) {
      const answers = announcement(ID, 4000, '192.168.1.2', goodbye)
      const packet = dnsPacket.decode(dnsPacket.encode({ type: 'response', answers }))
      expect(readSightings(packet)).toEqual([{ id: ID, port: 4000, goodbye }])
    }
  })

  test('they hold a random name, a version, a port and an address, and nothing else', () => {
    const answers = announcement(ID, 4000, '192.168.1.2')
    expect(answers.map((record) => record.type)).toEqual(['PTR', 'SRV', 'TXT', 'A'])
    expect(answers.find((record) => record.type === 'TXT')?.data).toEqual(['v=1', 'port=4000'])
    const said = dnsPacket.encode({ type: 'response', answers }).toString('latin1')
    expect(
      said
        .match(/[\w.=-]{4,}/g)
        ?.filter((word) => !/^_?(porchlight|_tcp|local|port=4000|tcp|v=1)/.test(word)),
    ).toEqual(expect.not.arrayContaining([expect.stringMatching(/host|user|room/i)]))
  })

  test('a query for the service or for this instance is ours, in any case of letters', () => {
    expect(asksForUs([QUESTION], ID)).toBe(true)
    expect(asksForUs([{ name: SERVICE.toUpperCase() }], ID)).toBe(true)
    expect(asksForUs([{ name: `${ID}.${SERVICE}` }], ID)).toBe(true)
    expect(asksForUs([{ name: '_http._tcp.local' }], ID)).toBe(false)
    expect(asksForUs([{ name: `${'f'.repeat(16)}.${SERVICE}` }], ID)).toBe(false)
    expect(asksForUs(undefined, ID)).toBe(false)
  })

  test('records of any shape never throw, and are bounded in number', () => {
    const value = fc.anything({ maxDepth: 2 })
    const record = fc.record(
      {
        type: fc.oneof(fc.constant('SRV'), value),
        name: fc.oneof(fc.constant(`${ID}.${SERVICE}`), value),
        ttl: value,
        data: fc.oneof(fc.record({ port: fc.oneof(fc.integer(), value) }), value),
      },
      { requiredKeys: [] },
    )
    const records = fc.oneof(fc.array(fc.oneof(record, value), { maxLength: 4 }), value)
    fc.assert(
      fc.property(records, records, (answers, additionals) => {
        for (const { id, port } of readSightings({ answers, additionals } as never)) {
          expect(id).toBe(ID)
          expect(port).toBeGreaterThan(0)
        }
        asksForUs(answers, ID)
      }),
      { numRuns: 50_000 },
    )
    const answers = Array.from({ length: 10_000 }, (_, i) =>
      announcement(i.toString(16).padStart(16, '0'), 4000, '10.0.0.1'),
    ).flat()
    expect(readSightings({ answers }).length).toBeLessThanOrEqual(64)
  })

  test('flipped and cut packets either fail to decode or give valid devices', () => {
    const good = dnsPacket.encode({ type: 'response', answers: announcement(ID, 4000, '10.0.0.1') })
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(good.length), (at, byte, length) => {
        const bytes = Buffer.from(good)
        bytes[at] = byte
        let packet
        try {
          packet = dnsPacket.decode(bytes.subarray(0, length))
        } catch {
          return
        }
        for (const { id } of readSightings(packet)) expect(id).toMatch(/^[0-9a-f]{16}$/)
      }),
      { numRuns: 50_000 },
    )
  })
})
