import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { SecretReader } from '../../node-app/cli/secret.ts'
import { CliCall, CliNode } from './cli-run.ts'
import type { Ran } from './cli-run.ts'

const PASSPHRASE = 'correct horse battery'

let node: CliNode
let dir: string

beforeEach(async () => {
  node = await CliNode.start()
  dir = await mkdtemp(join(tmpdir(), 'porchlight-cli-locked-'))
})
afterEach(async () => {
  await node.close()
  await rm(dir, { recursive: true, force: true })
})

/** A call on a data directory of its own, where no node runs. */
function alone(argv: readonly string[], input?: string, env: object = {}): Promise<Ran> {
  const options = { env: { PORCHLIGHT_DATA: join(dir, 'data'), ...env } }
  return new CliCall(argv, input === undefined ? options : { ...options, input }).done
}

describe('lock and unlock', () => {
  test('the first lock takes the passphrase to be, unlock asks for it', async () => {
    expect((await node.run(['lock'], { input: '' })).err).toContain('BAD_REQUEST')
    expect((await node.run(['lock'], { input: `${PASSPHRASE}\nmore\n` })).code).toBe(0)
    expect(node.server.atRest).toMatchObject({ isLocked: true, passphrase: PASSPHRASE })
    const status = await node.run(['status'])
    expect(status.out).toContain('Locked.')
    const refused = await node.run(['room', 'list'])
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('error: LOCKED')])
    const wrong = await node.run(['unlock'], { input: 'no' })
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('WRONG_PASSPHRASE')])
    expect((await node.run(['unlock'], { input: `${PASSPHRASE}\r\n` })).out).toContain('Unlocked')
    expect(node.server.atRest.isLocked).toBe(false)
    expect((await node.run(['unlock'])).out).toContain('not locked')
    // It has a passphrase now: nothing is asked.
    expect((await node.run(['lock'])).code).toBe(0)
  })

  test('a passphrase is set, changed and removed', async () => {
    expect((await node.run(['passphrase', 'set'], { input: `${PASSPHRASE}\n` })).code).toBe(0)
    const change = await node.run(['passphrase', 'set'], { input: `${PASSPHRASE}\na new one\n` })
    expect([change.code, node.server.atRest.passphrase]).toEqual([0, 'a new one'])
    expect((await node.run(['passphrase', 'remove'], { input: 'x' })).code).toBe(1)
    expect((await node.run(['passphrase', 'remove'], { input: 'a new one' })).code).toBe(0)
    expect(node.server.atRest.passphrase).toBeNull()
    expect((await node.run(['passphrase', 'remove'])).out).toContain('no passphrase')
    expect((await node.run(['status'])).out).toContain('No passphrase')
  })
})

describe('a passphrase that is typed', () => {
  function typing(): {
    keyboard: PassThrough
    shown: () => string
    secrets: SecretReader
    raw: boolean[]
  } {
    let shown = ''
    const raw: boolean[] = []
    const keyboard = Object.assign(new PassThrough(), {
      isTTY: true,
      setRawMode: (on: boolean) => raw.push(on),
    })
    const stderr = new PassThrough()
    stderr.on('data', (chunk) => (shown += String(chunk)))
    const io = {
      stdin: keyboard,
      stdout: new PassThrough(),
      stderr,
      env: {},
      terminal: true,
      progress: true,
      columns: 80,
      interrupted: () => new AbortController().signal,
    }
    return { keyboard, shown: () => shown, secrets: new SecretReader(io), raw }
  }

  test('is not shown, and what was erased does not count', async () => {
    const { keyboard, shown, secrets, raw } = typing()
    const asked = secrets.passphrase()
    for (const key of ['s', 'e', 'x', '\u007f', 'cret', '\r']) keyboard.write(key)
    expect(await asked).toBe('secret')
    expect(shown()).toBe('Passphrase: \n')
    expect(raw).toEqual([true, false])
  })

  test('a new one is typed twice, and two that differ are refused', async () => {
    const { keyboard, secrets } = typing()
    const same = secrets.newPassphrase()
    keyboard.write('once more\ronce more\r')
    expect(await same).toBe('once more')
    const other = secrets.newPassphrase()
    keyboard.write('once more\ronce less\r')
    await expect(other).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  })

  test('Ctrl-C ends it, and the terminal is as it was', async () => {
    const { keyboard, secrets, raw } = typing()
    const asked = secrets.passphrase()
    keyboard.write('half\u0003')
    await expect(asked).rejects.toMatchObject({ code: 'CLOSED' })
    expect(raw).toEqual([true, false])
  })
})

describe('identity', () => {
  test('show says who one is and what guards it; the words only when asked', async () => {
    const plain = await node.run(['identity', 'show'])
    expect(plain.out).toContain(node.engine.personId)
    expect(plain.out).toContain('0600')
    expect(plain.out).not.toContain('abandon')
    const words = await node.json<{ phrase: string }>('identity', 'show', '--words')
    expect(words.phrase).toBe(node.engine.identity.phrase())
  })

  test('backup writes a file of its own that nobody else can read, and replaces none', async () => {
    const file = join(dir, 'me.porchlight')
    const { code } = await node.run(['identity', 'backup', file], { input: `${PASSPHRASE}\n` })
    expect(code).toBe(0)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const before = await readFile(file, 'utf8')
    expect(before).toContain('sealed with')
    const again = await node.run(['identity', 'backup', file], { input: 'another one\n' })
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('NOT_ALLOWED')])
    expect(await readFile(file, 'utf8')).toBe(before)
  })

  test('restore takes 24 words into an empty directory, once', async () => {
    const words = `${'abandon '.repeat(23)}art`
    const asked = ['identity', 'restore', '--words', '--name', 'Ada', '--json']
    const done = await alone(asked, `${words}\n`)
    expect([done.code, done.err]).toEqual([0, ''])
    const { person } = JSON.parse(done.out) as { person: string }
    expect(person).toMatch(/^[0-9a-f]{64}$/)
    const again = await alone(asked, `${words}\n`)
    expect([again.code, again.err]).toEqual([1, expect.stringContaining('NOT_ALLOWED')])
    expect((await readdir(join(dir, 'data'))).toSorted()).toEqual(['keys.json', 'state.json'])
  })

  test('restore says what is wrong with words, file or passphrase, and changes nothing', async () => {
    const file = join(dir, 'no.porchlight')
    await writeFile(file, 'no backup')
    const calls: [string[], string, string][] = [
      [['--words'], 'one two', 'BAD_REQUEST'],
      [[file], PASSPHRASE, 'DAMAGED'],
      [[join(dir, 'nowhere')], PASSPHRASE, 'NOT_FOUND'],
      [[], '', 'BAD_REQUEST'],
      [[file, '--words'], '', 'BAD_REQUEST'],
    ]
    for (const [argv, input, code] of calls) {
      const { err } = await alone(['identity', 'restore', ...argv], input)
      expect([argv, err]).toEqual([argv, expect.stringContaining(`error: ${code}`)])
    }
    expect(await readdir(join(dir, 'data')).catch(() => [])).toEqual([])
  })
})

describe('wipe', () => {
  test('asks for the word, then erases what a stopped node left', async () => {
    await alone(['identity', 'restore', '--words'], `${'abandon '.repeat(23)}art\n`)
    await writeFile(join(dir, 'data', 'mine.txt'), 'mine')
    const no = await alone(['wipe'], 'yes\n')
    expect([no.code, no.err]).toEqual([1, expect.stringContaining('Nothing was erased')])
    expect(await readdir(join(dir, 'data'))).toHaveLength(3)
    expect((await alone(['wipe'], 'wipe\n')).code).toBe(0)
    expect(await readdir(join(dir, 'data'))).toEqual(['mine.txt'])
    expect((await alone(['wipe', '--yes'])).code).toBe(0)
  })

  test('where nothing ever was there is nothing to erase', async () => {
    expect((await alone(['wipe', '--yes'])).code).toBe(0)
  })
})
