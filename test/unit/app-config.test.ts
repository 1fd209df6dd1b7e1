import { describe, expect, test } from '@jest/globals'
import { CONFIG_KEYS } from '../../node-app/config-keys.ts'
import { topLevelKeys } from '../../node-app/config-lines.ts'
import { parseConfig } from '../../node-app/config.ts'

const parse = (text: string): object => parseConfig(text, 'config.json')

describe('config.json', () => {
  test('an empty one, and every key', () => {
    expect(parse('')).toEqual({})
    expect(parse('{}')).toEqual({})
    const all = {
      name: 'Ada',
      port: 0,
      lan: false,
      lanPort: 4748,
      lanBeaconPort: 50_000,
      lanLoopback: true,
      ble: true,
      bleAdapter: 1,
      bleDriver: 'abandonware',
      dht: true,
      dhtBootstrap: '192.0.2.7:49737, node.example:49737',
      dhtPort: 50_001,
      dhtRate: 100_000,
      metered: true,
      neighbourhood: true,
      mirrorQuota: 5_000_000_000,
      autoLock: 15,
      logLevel: 'debug',
    }
    expect(Object.keys(all)).toEqual(CONFIG_KEYS.map(({ key }) => key))
    expect(parse(JSON.stringify(all))).toEqual(all)
  })

  test.each([
    ['an unknown key', '{\n  "port": 1,\n  "prot": 2\n}', 3, 'prot'],
    ['a wrong type', '{\n\n"port": "4747" }', 3, 'port'],
    ['a number beyond its bounds', '{ "lan": true,\n  "port": 70000 }', 2, 'port'],
    ['a fraction', '{ "port": 1.5 }', 1, 'port'],
    ['a DHT node without a port', '{ "port": 1,\n "dhtBootstrap": "192.0.2.7" }', 2, 'HOST:PORT'],
    ['an unknown driver', '{ "bleDriver": "bluez" }', 1, 'one of stoprocent, abandonware'],
    ['no nickname', '{\n "name": "  "}', 2, 'name'],
    ['a long nickname', `{"name": "${'x'.repeat(65)}"}`, 1, 'name'],
    ['no such level', '{"lan": true,\r\n"logLevel": "loud"}', 2, 'logLevel'],
    ['a key given twice', '{ "port": 1,\n "lan": true,\n "port": 2 }', 3, 'port'],
    ['a missing comma', '{\n  "port": 1\n  "lan": true\n}', 3, 'JSON'],
    ['a missing bracket', '{\n  "port": 1,\n  "lan": true\n', 3, 'JSON'],
    ['no object', '[]', 1, 'object'],
    ['a comment', '{\n  // the port\n  "port": 1\n}', 2, 'JSON'],
    ['a prototype', '{\n "__proto__": {"a": 1} }', 2, '__proto__'],
  ])('%s is refused by its line', (_what, text, line, word) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({
        code: 'BAD_CONFIG',
        message: expect.stringMatching(new RegExp(`^config\\.json, line ${line}: .*${word}`)),
      }),
    )
  })

  test('only keys of the object itself are looked at', () => {
    const text = '{"a":{"port":1,"b":["c",{"d":"}"}]},\n"\\u0070ort":"x:\\"{","e":"f"}'
    expect(topLevelKeys(text)).toEqual([
      { key: 'a', line: 1 },
      { key: 'port', line: 2 },
      { key: 'e', line: 2 },
    ])
  })
})
