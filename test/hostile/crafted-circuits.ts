/** What a crafted peer says of circuits: whatever a test wants. */
import type Protomux from 'protomux'
import { circuitMessages, CIRCUITS_PROTOCOL } from '../../core/circuit/messages.ts'
import type { CircuitSenders } from '../../core/circuit/messages.ts'

type Name = keyof typeof circuitMessages
type Value<N extends Name> = Parameters<(typeof circuitMessages)[N]['encode']>[1]

/** The channel for circuits of a crafted peer. */
export class CraftedCircuits {
  readonly send: CircuitSenders
  /** All that the other side said, in the order of its arrival. */
  readonly heard: { name: Name; value: unknown }[] = []
  onheard: (name: Name, value: unknown) => void = () => {}

  constructor(mux: Protomux) {
    const channel = mux.createChannel({ protocol: CIRCUITS_PROTOCOL })!
    const senders = (Object.keys(circuitMessages) as Name[]).map((name) => [
      name,
      channel.addMessage({
        encoding: circuitMessages[name] as (typeof circuitMessages)['credit'],
        onmessage: (value) => {
          this.heard.push({ name, value })
          this.onheard(name, value)
        },
      }),
    ])
    this.send = Object.fromEntries(senders) as CircuitSenders
    channel.open()
  }

  /** What was heard under a name. */
  said<N extends Name>(name: N): Value<N>[] {
    return this.heard.filter((one) => one.name === name).map((one) => one.value as Value<N>)
  }
}
