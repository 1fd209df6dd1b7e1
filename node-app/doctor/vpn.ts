import { readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import type { Finding } from '../api/schemas.ts'

const TUNNEL = /^(?:tun|tap|wg|ppp|utun|ipsec|nordlynx|proton|mullvad|tailscale|zt)/i

/** Does a VPN take the traffic that should stay on the local network? */
export async function checkVpn(): Promise<Finding> {
  const routes = await readFile('/proc/net/route', 'utf8').catch(() => undefined)
  const names = Object.keys(networkInterfaces()).filter((name) => TUNNEL.test(name))
  return judgeVpn(names, routes)
}

/** `routes` is the text of /proc/net/route, where there is one. */
export function judgeVpn(tunnels: readonly string[], routes: string | undefined): Finding {
  const check = 'vpn'
  // macOS has utun interfaces of its own, so that without routes they tell nothing.
  const taking = tunnels.filter((name) =>
    routes === undefined ? !name.startsWith('utun') : takesDefault(name, routes),
  )
  if (taking.length === 0) {
    return {
      check,
      ok: true,
      says: 'No VPN takes the traffic of the local network, as far as one can see.',
    }
  }
  return {
    check,
    ok: false,
    says: `A VPN (${taking.join(', ')}) takes this computer’s traffic; many of them hide the local network.`,
    fix: 'Allow “local network access” in the VPN, or pause it while you use Porchlight nearby.',
  }
}

/** Half of all addresses or more go there: VPNs often split the default route in two. */
function takesDefault(name: string, routes: string): boolean {
  return routes.split('\n').some((line) => {
    const fields = line.split('\t')
    return fields[0] === name && (fields[7] === '00000000' || fields[7] === '00000080')
  })
}
