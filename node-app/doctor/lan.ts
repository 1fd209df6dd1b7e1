import type { Finding } from '../api/schemas.ts'
import type { DoctorFacts } from './check.ts'

/** How is the transport for the local network? */
export function checkLan({ node }: DoctorFacts): Finding {
  const check = 'lan'
  if (node === undefined) {
    return { check, ok: true, says: 'Nothing to say about links while no node is running.' }
  }
  const lan = node.transports.find((transport) => transport.id === 'lan')
  if (lan === undefined || lan.state === 'off') {
    return {
      check,
      ok: false,
      says: 'The local network is switched off: nobody near is looked for.',
      fix: 'Run `porchlight transport on lan`.',
    }
  }
  if (lan.state === 'unavailable') {
    return {
      check,
      ok: false,
      says: `The local network can not be used: ${lan.reason ?? 'the reason is not known'}`,
      fix: 'Connect to a network, or see the other findings.',
    }
  }
  const people = lan.peers === 1 ? '1 device is linked' : `${lan.peers} devices are linked`
  const at =
    lan.addresses.length === 0 ? '' : ` This one can be reached at ${lan.addresses.join(', ')}.`
  return { check, ok: true, says: `The local network is ${lan.state}; ${people}.${at}` }
}
