import { execFile } from 'node:child_process'
import type { Finding } from '../api/schemas.ts'
import type { DoctorFacts } from './check.ts'

/** Does a packet filter here drop what comes in? */
export async function checkFirewall(facts: DoctorFacts): Promise<Finding> {
  if (process.platform !== 'linux') {
    return {
      check: 'firewall',
      ok: true,
      says: 'The rules of this system’s firewall can not be read; if it asks, allow Porchlight.',
    }
  }
  const [nft, iptables] = await Promise.all([
    output('nft', ['list', 'ruleset']),
    output('iptables', ['-S', 'INPUT']),
  ])
  return judgeFirewall({ nft, iptables }, wantedPorts(facts))
}

/** The ports that have to be open: of the beacon, of mDNS, and the one links come in at. */
function wantedPorts({ node, beaconPort }: DoctorFacts): readonly number[] {
  const lan = node?.transports.find((transport) => transport.id === 'lan')
  const own = Number(/:(\d+)$/.exec(lan?.addresses[0] ?? '')?.[1] ?? Number.NaN)
  return [5353, beaconPort, ...(Number.isInteger(own) ? [own] : [])]
}

/** What the rules mean for a person: a filter that drops by default and names none of our ports is in the way. */
export function judgeFirewall(
  rules: { nft: string | undefined; iptables: string | undefined },
  ports: readonly number[],
): Finding {
  const check = 'firewall'
  if (rules.nft === undefined && rules.iptables === undefined) {
    return {
      check,
      ok: true,
      says: 'The firewall’s rules can not be read by this user; none is known.',
    }
  }
  const text = `${rules.nft ?? ''}\n${rules.iptables ?? ''}`
  const drops =
    /hook input[^\n]*policy drop/.test(rules.nft ?? '') ||
    /^-P INPUT (?:DROP|REJECT)/m.test(rules.iptables ?? '') ||
    /^-A INPUT(?: -j| .*--reject-with).*(?:DROP|REJECT)/m.test(rules.iptables ?? '')
  if (!drops) return { check, ok: true, says: 'No filter on this computer drops what comes in.' }
  const missing = ports.filter((port) => !new RegExp(`\\b${port}\\b`).test(text))
  if (missing.length === 0) {
    return {
      check,
      ok: true,
      says: 'The firewall drops what it does not know; our ports are named in it.',
    }
  }
  return {
    check,
    ok: false,
    says: `The firewall of this computer drops what comes in, and does not name ${missing.join(', ')}.`,
    fix: `Allow UDP 5353 and 47470 and the TCP port of links on the local network ("lanPort" in config.json keeps it the same).`,
  }
}

/** What a program prints; undefined when it is missing, not allowed or slow. */
function output(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const limits = { timeout: 10_000, maxBuffer: 4 << 20, windowsHide: true }
    execFile(program, args, limits, (error, stdout) => resolve(error === null ? stdout : undefined))
  })
}
