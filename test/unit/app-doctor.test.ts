import { describe, expect, test } from '@jest/globals'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.ts'
import type { Clock } from '../../core/clock.ts'
import { systemRandom } from '../../core/random.ts'
import { adaptersHere, judgeBluetooth } from '../../node-app/doctor/bluetooth.ts'
import { judgeBroadcast } from '../../node-app/doctor/broadcast.ts'
import type { DoctorFacts } from '../../node-app/doctor/check.ts'
import { judgeClock } from '../../node-app/doctor/clock.ts'
import { judgeDisk } from '../../node-app/doctor/disk.ts'
import { checkFiles, judgeFiles } from '../../node-app/doctor/files.ts'
import { judgeFirewall } from '../../node-app/doctor/firewall.ts'
import { checkInterfaces } from '../../node-app/doctor/interfaces.ts'
import { judgeIsolation } from '../../node-app/doctor/isolation.ts'
import { checkLan } from '../../node-app/doctor/lan.ts'
import { judgeMulticast } from '../../node-app/doctor/multicast.ts'
import { Vault } from '../../core/identity/vault.ts'
import { checkKeys } from '../../node-app/doctor/keys.ts'
import { checkPermissions, judgePermissions } from '../../node-app/doctor/permissions.ts'
import { probeUdp } from '../../node-app/doctor/udp-probe.ts'
import { judgeVpn } from '../../node-app/doctor/vpn.ts'
import { until } from '../compliance/until.ts'

const facts: DoctorFacts = {
  dir: '/tmp',
  clock: systemClock,
  random: systemRandom,
  nics: [],
  beaconPort: 47_470,
}
const NOW = Date.UTC(2026, 10, 20)

describe('doctor', () => {
  test('clock', () => {
    expect(judgeClock(NOW, []).ok).toBe(true)
    expect(judgeClock(0, [])).toMatchObject({ ok: false, says: expect.stringContaining('1970') })
    expect(judgeClock(NOW, [NOW - 1e9, NOW + 60_000]).ok).toBe(true)
    const behind = judgeClock(NOW, [NOW + 7_200_000])
    expect(behind).toMatchObject({ ok: false, says: expect.stringContaining('2 h') })
  })

  test('disk', () => {
    expect(judgeDisk(10 << 20)).toMatchObject({ ok: false, fix: expect.any(String) })
    expect(judgeDisk(100 << 20)).toMatchObject({ ok: true, fix: expect.any(String) })
    expect(judgeDisk(2 ** 40)).not.toHaveProperty('fix')
  })

  test('files', async () => {
    const where = facts
    const stored = { used: 5e9, quota: null, reasons: [] }
    expect(judgeFiles(undefined, 0).ok).toBe(true)
    expect(judgeFiles(stored, 0)).toMatchObject({
      ok: true,
      says: expect.stringContaining('5.0 GB'),
    })
    expect(judgeFiles({ ...stored, quota: 6e9 }, 0)).not.toHaveProperty('fix')
    expect(judgeFiles({ ...stored, quota: 5e9 }, 0)).toMatchObject({
      ok: true,
      fix: expect.any(String),
    })
    for (const reason of ['disk-full', 'quota', 'damaged', 'lost-here'] as const) {
      const reasons = ['no-source', reason, reason] as const
      expect(judgeFiles({ ...stored, reasons }, 0)).toMatchObject({
        ok: false,
        says: expect.stringMatching(/^2 files /),
        fix: expect.any(String),
      })
    }
    expect(judgeFiles({ ...stored, reasons: ['no-source', 'source-gone'] }, 0).ok).toBe(true)
    const dir = await mkdtemp(join(tmpdir(), 'porchlight-doctor-'))
    await mkdir(join(dir, 'files', 'items'), { recursive: true })
    await writeFile(join(dir, 'files', 'items', 'ab.item'), '')
    expect((await checkFiles({ ...where, dir })).ok).toBe(true)
    await writeFile(join(dir, 'files', 'items', 'cd.damaged'), '')
    expect(await checkFiles({ ...where, dir })).toMatchObject({
      ok: false,
      says: expect.stringContaining('1 record'),
    })
    await rm(dir, { recursive: true })
  })

  test('firewall', () => {
    const open = {
      nft: 'table ip x { chain input { type filter hook input priority 0; policy accept; } }',
      iptables: '-P INPUT ACCEPT\n',
    }
    expect(judgeFirewall(open, [5353]).ok).toBe(true)
    const shut = {
      nft: 'chain input { type filter hook input priority 0; policy drop;\n tcp dport 22 accept }',
      iptables: undefined,
    }
    expect(judgeFirewall(shut, [5353, 47_470])).toMatchObject({
      ok: false,
      says: expect.stringContaining('5353, 47470'),
    })
    const named = { nft: shut.nft.replace('22', '{ 5353, 47470 }'), iptables: undefined }
    expect(judgeFirewall(named, [5353, 47_470]).ok).toBe(true)
    expect(judgeFirewall({ nft: undefined, iptables: '-P INPUT DROP\n' }, [5353]).ok).toBe(false)
    expect(
      judgeFirewall(
        {
          nft: undefined,
          iptables: '-P INPUT ACCEPT\n-A INPUT -j REJECT --reject-with icmp-host-prohibited\n',
        },
        [5353],
      ).ok,
    ).toBe(false)
    expect(judgeFirewall({ nft: undefined, iptables: undefined }, [5353]).ok).toBe(true)
  })

  test('bluetooth', async () => {
    const view = { id: 'ble', state: 'on', peers: 2, addresses: [] } as const
    const one = { names: ['hci0'], blocked: undefined }
    expect(judgeBluetooth(one, { view })).toEqual({
      check: 'bluetooth',
      ok: true,
      says: 'Bluetooth (hci0) is on; 2 devices are linked.',
    })
    expect(judgeBluetooth(one, undefined).ok).toBe(true)
    expect(judgeBluetooth(one, { view: undefined })).toMatchObject({
      ok: true,
      fix: expect.stringContaining('transport on ble'),
    })
    const reason = 'this user may not open it.'
    expect(judgeBluetooth(one, { view: { ...view, state: 'unavailable', reason } })).toMatchObject({
      ok: false,
      says: expect.stringContaining(reason),
      fix: expect.any(String),
    })
    expect(judgeBluetooth({ names: [], blocked: undefined }, { view })).toMatchObject({
      ok: true,
      says: expect.stringContaining('no Bluetooth adapter'),
    })
    expect(judgeBluetooth({ ...one, blocked: 'soft' }, { view })).toMatchObject({
      ok: false,
      fix: expect.stringContaining('rfkill unblock'),
    })
    expect(judgeBluetooth({ ...one, blocked: 'hard' }, { view })).toMatchObject({
      ok: false,
      fix: expect.stringContaining('switch'),
    })

    const sys = await mkdtemp(join(tmpdir(), 'porchlight-sys-'))
    expect(adaptersHere(sys, 'linux')).toEqual({ names: [], blocked: undefined })
    expect(adaptersHere(sys, 'darwin')).toEqual({ names: undefined, blocked: undefined })
    for (const name of ['hci0', 'hci0:64']) {
      await mkdir(join(sys, 'bluetooth', name), { recursive: true })
    }
    const rfkill = async (
      name: string,
      type: string,
      soft: string,
      hard: string,
    ): Promise<void> => {
      await mkdir(join(sys, 'rfkill', name), { recursive: true })
      for (const [file, text] of Object.entries({ type, soft, hard })) {
        await writeFile(join(sys, 'rfkill', name, file), `${text}\n`)
      }
    }
    await rfkill('rfkill0', 'wlan', '1', '1')
    expect(adaptersHere(sys, 'linux')).toEqual({ names: ['hci0'], blocked: undefined })
    await rfkill('rfkill1', 'bluetooth', '1', '0')
    expect(adaptersHere(sys, 'linux').blocked).toBe('soft')
    await rfkill('rfkill1', 'bluetooth', '0', '1')
    expect(adaptersHere(sys, 'linux').blocked).toBe('hard')
    await rfkill('rfkill2', 'bluetooth', '0', '0')
    expect(adaptersHere(sys, 'linux').blocked).toBeUndefined()
    await rm(sys, { recursive: true })
  })

  test('isolation', () => {
    expect(judgeIsolation({ linked: 1, heard: 5 }).ok).toBe(true)
    expect(judgeIsolation({ linked: 0, heard: 0 })).toMatchObject({
      ok: true,
      fix: expect.any(String),
    })
    expect(judgeIsolation({ linked: 0, heard: 2 })).toMatchObject({
      ok: false,
      fix: expect.any(String),
    })
  })

  test.each([
    ['multicast', judgeMulticast],
    ['broadcast', judgeBroadcast],
  ])('%s', (_name, judge) => {
    const good = { name: 'eth0', result: 'received' }
    const bad = { name: 'wlan0', result: 'ENETUNREACH' }
    expect(judge([good]).ok).toBe(true)
    expect(judge([good, bad])).toMatchObject({ ok: true, fix: expect.any(String) })
    expect(judge([bad])).toMatchObject({
      ok: false,
      says: expect.stringContaining('wlan0 (ENETUNREACH)'),
    })
  })

  test('interfaces', () => {
    expect(checkInterfaces(facts)).toMatchObject({ ok: false, fix: expect.any(String) })
    const nic = {
      name: 'eth0',
      address: '10.0.0.2',
      family: 4,
      netmask: '',
      mac: '',
      index: 1,
      internal: false,
    } as const
    expect(checkInterfaces({ ...facts, nics: [nic] })).toMatchObject({
      ok: true,
      says: expect.stringContaining('10.0.0.2 (eth0)'),
    })
  })

  test('lan', () => {
    const lan = (state: 'on' | 'off' | 'unavailable', reason?: string) =>
      checkLan({
        ...facts,
        node: {
          url: '',
          othersSentAt: [],
          transports: [
            {
              id: 'lan',
              state,
              peers: 2,
              addresses: ['10.0.0.2:9'],
              ...(reason === undefined ? {} : { reason }),
            },
          ],
        },
      })
    expect(lan('on')).toMatchObject({
      ok: true,
      says: expect.stringMatching(/2 devices.*10\.0\.0\.2:9/),
    })
    expect(lan('off')).toMatchObject({
      ok: false,
      fix: expect.stringContaining('transport on lan'),
    })
    expect(lan('unavailable', 'No network.')).toMatchObject({
      ok: false,
      says: expect.stringContaining('No network.'),
    })
  })

  test('permissions, of real files', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'porchlight-doctor-'))
    const path = join(dir, 'keys.json')
    await writeFile(path, '', { mode: 0o600 })
    await writeFile(join(dir, 'config.json'), '', { mode: 0o644 })
    expect(await checkPermissions({ ...facts, dir })).toMatchObject({ ok: true })
    await chmod(path, 0o640)
    expect((await checkPermissions({ ...facts, dir })).says).toContain(path)
    await chmod(dir, 0o750)
    expect((await checkPermissions({ ...facts, dir })).fix).toContain(`chmod 700 '${dir}'`)
    await rm(dir, { recursive: true })
    expect(await checkPermissions({ ...facts, dir })).toMatchObject({ ok: true })
  })

  test('permissions', () => {
    expect(judgePermissions('/d', false, []).ok).toBe(true)
    expect(judgePermissions('/d', false, ['/d/keys.json'])).toMatchObject({
      ok: false,
      fix: "Run: chmod 600 '/d/keys.json'",
    })
    expect(judgePermissions('/d', true, ['/d/api.json'])).toMatchObject({
      ok: false,
      fix: expect.stringMatching(/chmod 700 '\/d' && chmod 600 '\/d\/api\.json'/),
    })
  })

  test('A24: keys: it says whether a passphrase guards them', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'porchlight-doctor-'))
    const keys = async (): Promise<string> => (await checkKeys({ ...facts, dir })).says
    expect(await keys()).toContain('no keys yet')
    const cost = { ops: 1, mem: 8 * 1024 * 1024 }
    const vault = await Vault.open(join(dir, 'keys.json'), { random: systemRandom, cost })
    expect(await keys()).toContain('0600')
    await vault.setPassphrase(undefined, 'a long passphrase')
    expect(await keys()).toContain('sealed with a passphrase')
    await rm(dir, { recursive: true })
  })

  test('a network is not called silent because the computer was busy', async () => {
    const taken = createSocket('udp4').bind(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address()
    await new Promise<void>((resolve) => taken.close(resolve))
    const due = new Set<() => void>()
    const clock: Clock = {
      ...systemClock,
      after(_ms, fn) {
        due.add(fn)
        return { cancel: () => due.delete(fn) }
      },
    }
    const way = { from: '127.0.0.1', to: '127.255.255.255', port, multicast: false }
    const probing = probeUdp({ clock, random: systemRandom, ...way })
    await until('it to be about to send', () => due.size > 1)
    // All at once, the end of its patience too: nothing of what comes in was read yet.
    const [patience, ...sends] = due
    due.clear()
    for (const fn of [...sends, patience!]) fn()
    expect(await probing).toBe('received')
  })

  test('vpn', () => {
    const route = (name: string, destination: string, mask: string): string =>
      [name, destination, '0100000A', '0003', '0', '0', '0', mask, '0', '0', '0'].join('\t')
    const all = route('wg0', '00000000', '00000000')
    expect(judgeVpn([], all).ok).toBe(true)
    expect(judgeVpn(['wg0'], all)).toMatchObject({
      ok: false,
      says: expect.stringContaining('wg0'),
    })
    expect(judgeVpn(['wg0'], route('wg0', '00000080', '00000080')).ok).toBe(false)
    expect(judgeVpn(['wg0'], route('wg0', '0000000A', '000000FF')).ok).toBe(true)
    expect(judgeVpn(['utun3'], undefined).ok).toBe(true)
    expect(judgeVpn(['wg0'], undefined).ok).toBe(false)
  })
})
