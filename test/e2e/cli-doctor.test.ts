import { expect } from '@jest/globals'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Finding } from '../../node-app/api/schemas.ts'
import { labTest } from '../setup/lab-test.ts'

const PROGRAM = join(import.meta.dirname, '../../node-app/bin/porchlight.mjs')

/** What doctor finds in a network namespace of its own, once `setup` has run there. */
async function diagnose(setup: readonly string[]): Promise<Record<string, Finding>> {
  const dir = await mkdtemp(join(tmpdir(), 'porchlight-doctor-'))
  const script = [...setup, `exec "${process.execPath}" "${PROGRAM}" doctor --json --data "${dir}"`]
  const env = { ...process.env, NODE_OPTIONS: '' }
  try {
    const argv = ['--net', 'sh', '-ec', script.join('\n')]
    const { stdout } = await promisify(execFile)('unshare', argv, { env })
    const findings = JSON.parse(stdout) as Finding[]
    return Object.fromEntries(findings.map((finding) => [finding.check, finding]))
  } finally {
    await rm(dir, { recursive: true })
  }
}

const LINK = [
  'ip link set lo up',
  // Not every kernel has dummy interfaces; a cable of two ends does as well.
  'ip link add street type veth peer name house',
  'ip addr add 10.77.0.1/24 brd + dev street',
  'ip link set street up',
  'ip link set house up',
]
const DROP = `nft 'table inet f { chain i { type filter hook input priority 0; policy drop; ALLOW
}
}'`

await labTest(
  'doctor finds a network that works',
  { namespaces: true, packages: ['iproute2'] },
  async () => {
    const found = await diagnose(LINK)
    for (const check of ['interfaces', 'multicast', 'broadcast']) {
      expect(found[check]).toMatchObject({ ok: true, says: expect.stringContaining('street') })
    }
  },
)

await labTest(
  'doctor finds that there is none',
  { namespaces: true, packages: ['iproute2'] },
  async () => {
    const found = await diagnose([])
    for (const check of ['interfaces', 'multicast']) {
      expect(found[check]).toMatchObject({ ok: false, fix: expect.any(String) })
    }
  },
)

const needs = { namespaces: true, packages: ['iproute2', 'nftables'] }

await labTest('doctor finds a firewall that drops all', needs, async () => {
  const found = await diagnose([...LINK, DROP.replace('ALLOW', '')])
  expect(found['interfaces']).toMatchObject({ ok: true })
  for (const check of ['multicast', 'broadcast', 'firewall']) {
    expect(found[check]).toMatchObject({ ok: false, fix: expect.any(String) })
  }
})

await labTest('doctor is content with a firewall that knows our ports', needs, async () => {
  const found = await diagnose([
    ...LINK,
    DROP.replace('ALLOW', 'udp dport { 5353, 47470 } accept;'),
  ])
  for (const check of ['multicast', 'broadcast', 'firewall']) {
    expect(found[check]).toMatchObject({ ok: true })
  }
})

await labTest(
  'doctor finds a VPN that takes everything',
  { namespaces: true, packages: ['iproute2'] },
  async () => {
    const vpn = [
      'ip link add wg0 type veth peer name far',
      'ip addr add 10.9.0.1/24 dev wg0',
      'ip link set wg0 up',
      'ip link set far up',
    ]
    const found = await diagnose([...LINK, ...vpn, 'ip route add default dev wg0'])
    expect(found['vpn']).toMatchObject({ ok: false, says: expect.stringContaining('wg0') })
  },
)
