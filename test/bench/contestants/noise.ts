/** A bare Noise stream as a participant: what a message costs before anybody made a chat of it. */
import type NoiseSecretStream from '@hyperswarm/secret-stream'
import { serve } from '../measure/serve.ts'
import { monotonic } from '../measure/timing.ts'
import { chatText } from './chat-text.ts'
import { dial, listen } from './loopback-noise.ts'

let stream: NoiseSecretStream

const calls = {
  /** Sends back whatever comes; gives the port. */
  listen: (): Promise<number> =>
    listen((incoming) => {
      incoming.on('data', (data) => incoming.write(data))
    }),
  async dial(port: number): Promise<void> {
    stream = await dial(port)
  },
  /** Half the milliseconds of a message's way there and back. */
  async halfRoundTrip(n: number): Promise<number> {
    const from = monotonic()
    await new Promise<void>((resolve) => {
      stream.once('data', () => resolve())
      stream.write(Buffer.from(chatText('noise', n)))
    })
    return (monotonic() - from) / 2
  },
}

export type NoiseCalls = typeof calls

serve(calls)
