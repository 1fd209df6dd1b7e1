import { createSocket } from 'node:dgram'
import type { Clock, Timer } from '../../core/clock.ts'
import type { Random } from '../../core/random.ts'

const SENDS = [0, 150, 400]
const LIMIT = 1_500
/** What came while a busy computer did other things is read before silence is told. */
const LAST_LOOK = 50

export interface UdpProbe {
  readonly clock: Clock
  readonly random: Random
  /** The address of the interface to send from. */
  readonly from: string
  /** Where to: a multicast group, which is joined first, or a broadcast address. */
  readonly to: string
  readonly multicast: boolean
  /** The port to use: a firewall may let the beacon's through and no other. Shared with whoever has it. */
  readonly port: number
}

/** Sends a nonce to itself by way of the network: `received`, `silence`, or the code of an error. */
export function probeUdp(probe: UdpProbe): Promise<string> {
  const { clock, random, from, to, multicast, port } = probe
  const nonce = random.bytes(24)
  const socket = createSocket({ type: 'udp4', reuseAddr: true })
  let failure = 'silence'
  return new Promise((resolve) => {
    const limit = (): Timer =>
      clock.after(LIMIT, () => timers.push(clock.after(LAST_LOOK, () => finish(failure))))
    const timers = [limit()]
    const stopTimers = (): void => {
      for (const timer of timers.splice(0)) timer.cancel()
    }
    const finish = (result: string): void => {
      stopTimers()
      socket.removeAllListeners('message')
      socket.close()
      resolve(result)
    }
    const note = (error: Error): void => {
      failure = (error as NodeJS.ErrnoException).code ?? error.name
    }
    socket.on('error', note)
    socket.on('message', (data) => {
      if (data.equals(nonce)) finish('received')
    })
    socket.bind(port, '0.0.0.0', () => {
      try {
        if (multicast) {
          socket.addMembership(to, from)
          socket.setMulticastInterface(from)
        } else {
          socket.setBroadcast(true)
        }
      } catch (error) {
        return finish((error as NodeJS.ErrnoException).code ?? 'refused')
      }
      stopTimers()
      timers.push(limit())
      for (const delay of SENDS) {
        timers.push(
          clock.after(delay, () => socket.send(nonce, port, to, (error) => error && note(error))),
        )
      }
    })
  })
}
