import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { CliNode } from './cli-run.ts'

// One for all: nothing that is asked here changes it.
let node: CliNode

beforeAll(async () => {
  node = await CliNode.start()
})
afterAll(() => node.close())

describe('help and usage', () => {
  const commands: string[][] = [
    [],
    ...['start', 'stop', 'open', 'status', 'doctor', 'transport', 'room', 'invite'].map((c) => [c]),
    ...['join', 'send', 'messages', 'search', 'edit', 'delete', 'hide', 'unhide'].map((c) => [c]),
    ...['react', 'pin', 'unpin', 'pins', 'member', 'verify', 'block', 'unblock'].map((c) => [c]),
    ...['warnings', 'device', 'file'].map((c) => [c]),
    ...[
      'send',
      'list',
      'show',
      'get',
      'pause',
      'resume',
      'cancel',
      'delete',
      'policy',
      'quota',
    ].map((c) => ['file', c]),
    ...['room show', 'room set', 'identity avatar', 'identity receipts'].map((c) => c.split(' ')),
  ]
  test.each(commands.map((command): [string, string[]] => [command.join(' '), command]))(
    '`porchlight %s -h` explains it',
    async (_name, command) => {
      const { code, out, err } = await node.run([...command, '-h'])
      expect([code, err]).toEqual([0, ''])
      expect(out).toContain(`Usage: porchlight${['', ...command].join(' ')}`)
      expect(out).toContain('Examples:')
    },
  )

  test('`-h` works on every command of a command too', async () => {
    const { out } = await node.run(['-h'])
    const names = (help: string): string[] =>
      [...(help.split('\nCommands:\n')[1] ?? '').matchAll(/^ {2}([a-z]+) /gm)].map((m) => m[1]!)
    expect(names(out).length).toBeGreaterThan(30)
    for (const name of names(out)) {
      for (const below of names((await node.run([name, '-h'])).out)) {
        const { code, out: help } = await node.run([name, below, '-h'])
        expect([code, help]).toEqual([
          0,
          expect.stringMatching(`^Usage: porchlight ${name} ${below}`),
        ])
      }
    }
  })

  test('every key of config.json is in `start -h`', async () => {
    const { out } = await node.run(['start', '-h'])
    for (const key of [
      'name',
      'port',
      'lan',
      'lanPort',
      'lanBeaconPort',
      'lanLoopback',
      'ble',
      'bleAdapter',
      'bleDriver',
      'dht',
      'dhtBootstrap',
      'metered',
      'logLevel',
    ]) {
      expect(out).toMatch(new RegExp(`^  ${key} `, 'm'))
    }
  })

  test.each([
    ['an unknown command', ['dance']],
    ['no command', []],
    ['an unknown option', ['status', '--loud']],
    ['a missing argument', ['invite']],
    ['an argument too many', ['status', 'now']],
    ['no number', ['messages', 'r', '--limit', 'many']],
    ['no time span', ['invite', 'r', '--expires', 'soon']],
    ['no role', ['invite', 'r', '--role', 'admin']],
    ['a port beyond all', ['start', '--port', '65536']],
    ['an empty message', ['send', 'r', '']],
    ['an empty room', ['room', 'members', '']],
    ['an empty member', ['member', 'remove', 'r', '']],
    ['an empty message id', ['edit', 'r', '', 'text']],
    ['no new text', ['edit', 'r', 'm1']],
    ['an empty emoji', ['react', 'r', 'm1', '']],
    ['an unknown role', ['member', 'role', 'r', 'Bob', 'king']],
    ['no such act on a member', ['member', 'praise', 'r', 'Bob']],
    ['nothing to set', ['room', 'set', 'r']],
    ['no such history', ['room', 'set', 'r', '--history', 'some']],
    ['a span that is none', ['room', 'set', 'r', '--keep', 'never']],
    ['two things with invites', ['invite', 'r', '--list', '--revoke', 'x']],
    ['options of a new invite with an old one', ['invite', 'r', '--list', '--uses', '1']],
    ['two proofs', ['verify', 'r', 'Bob', '--confirmed', '--code', '1']],
    ['a name for the device that pairs', ['device', 'pair', '--name', 'x']],
    ['a yes on the new device', ['device', 'pair', 'porchlight-pair:x', '--confirm']],
    ['an empty device', ['device', 'remove', '']],
    ['an empty warning', ['warnings', 'acknowledge', '']],
    ['neither picture nor --remove', ['identity', 'avatar']],
    ['neither on nor off', ['identity', 'receipts', 'maybe']],
    ['nothing to search for', ['search']],
    ['no file', ['file', 'get', 'r']],
    ['an empty file', ['file', 'get', 'r', '']],
    ['no such size', ['file', 'quota', '20XB']],
    ['no such limit', ['file', 'policy', '--auto-lan', 'much']],
    ['limits and none', ['file', 'policy', '--auto-lan', '1MB', '--auto-default']],
    ['no place on earth', ['send', 'r', 'x', '--at', '91,0']],
  ])('%s is wrong usage', async (_what, argv) => {
    const { code, out, err } = await node.run(argv)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(argv.length === 0 ? /^Usage/ : /^error: BAD_USAGE ./)
  })

  test('the version', async () => {
    expect((await node.run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/)
  })
})
