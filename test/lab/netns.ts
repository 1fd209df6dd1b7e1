/**
 * Hosts on bridges, each in a network namespace of its own, the bridges too: the network of the
 * computer itself is never touched. No host has a default route or a name server that answers.
 */
import { ip } from './ip.ts'
import { LabHost } from './lab-host.ts'
import { delay, kernelDelays, SlowSwitch } from './slow-switch.ts'
import type { Line } from './slow-switch.ts'
import { prefix, removeNamespace, removeStale } from './stale.ts'

/** A bridge and the subnet of those plugged into it. */
export interface LabBridge {
  /** The namespace that holds it. */
  readonly namespace: string
  readonly name: string
  /** The first three bytes of its /24, as `10.77.0`. */
  readonly subnet: string
  /** What its cables do to what passes. */
  readonly line?: Line
  /** Where the kernel can not do that. */
  readonly slow?: SlowSwitch
}

export class LabNetwork {
  readonly #namespaces: Promise<string>[] = []
  readonly #hosts: LabHost[] = []
  readonly #switches: SlowSwitch[] = []
  #bridges = 0
  #ports = 0
  #closed = false

  /**
   * Makes a bridge in a namespace of its own, on a subnet of its own or the one that is given, with perfect
   * cables or such as `line` says.
   */
  async bridge(line?: Line, subnet?: string): Promise<LabBridge> {
    const number = this.#bridges++
    const namespace = await this.#namespace(`bridge${number}`)
    await ip(`-n ${namespace} link add br0 type bridge mcast_snooping 0`)
    await ip(`-n ${namespace} link set br0 up`)
    const made = { namespace, name: 'br0', subnet: subnet ?? `10.77.${number}` }
    if (line === undefined) return made
    if (await kernelDelays(namespace)) return { ...made, line }
    const slow = new SlowSwitch(namespace, line)
    this.#switches.push(slow)
    return { ...made, line, slow }
  }

  /** Makes a host with eth0 on a bridge; `number` is the last byte of its address. */
  async host(name: string, bridge: LabBridge, number: number): Promise<LabHost> {
    const host = new LabHost(name, await this.#namespace(name))
    this.#hosts.push(host)
    await this.plug(host, 'eth0', bridge, number)
    return host
  }

  /** Gives a host an interface on a bridge. */
  async plug(host: LabHost, nic: string, bridge: LabBridge, number: number): Promise<void> {
    const port = `port${this.#ports++}`
    const { namespace, line, slow } = bridge
    // Both ends are born in their namespaces: nothing ever appears among the computer's own interfaces.
    await ip(`-n ${namespace} link add ${port} type veth peer name ${nic} netns ${host.namespace}`)
    await ip(`-n ${namespace} link set ${port} ${slow ? '' : `master ${bridge.name} `}up`)
    if (slow) await slow.add(port)
    else if (line) await delay(namespace, port, line)
    await ip(`-n ${host.namespace} addr add ${bridge.subnet}.${number}/24 dev ${nic}`)
    await ip(`-n ${host.namespace} link set ${nic} up`)
  }

  /** Ends everything in it, whatever state it is in; nothing more can be made. */
  async remove(): Promise<void> {
    this.#closed = true
    const endings = await Promise.allSettled([
      ...this.#hosts.map((host) => host.close()),
      ...this.#switches.map((slow) => slow.close()),
    ])
    // One that is being made while the lab is interrupted is waited for, then removed with the others.
    const made = await Promise.allSettled(this.#namespaces.splice(0))
    const names = made.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
    const removals = await Promise.allSettled(names.map((name) => removeNamespace(name)))
    const failed = [...endings, ...removals].find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  async #namespace(name: string): Promise<string> {
    if (this.#namespaces.length === 0) await removeStale()
    if (this.#closed) throw new Error('this lab was taken down')
    const namespace = `${prefix}${name}`
    const made = ip(`netns add ${namespace}`).then(() => namespace)
    this.#namespaces.push(made)
    await made
    await ip(`-n ${namespace} link set lo up`)
    return namespace
  }
}
