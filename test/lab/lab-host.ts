import { admin, ip } from './ip.ts'
import { LabProcess } from './lab-process.ts'
import type { LabProcessOptions } from './lab-process.ts'

interface Counted {
  readonly rx: { readonly bytes: number }
  readonly tx: { readonly bytes: number }
}

/** A computer of the lab: a namespace, the processes in it, and its cables. */
export class LabHost {
  readonly name: string
  readonly namespace: string
  readonly #processes = new Set<LabProcess>()
  #closed = false

  constructor(name: string, namespace: string) {
    this.name = name
    this.namespace = namespace
  }

  /** Starts a program on this host; it is ended with the host at the latest. */
  start(program: string, args: readonly string[], options: LabProcessOptions = {}): LabProcess {
    if (this.#closed) throw new Error(`${this.name} was switched off`)
    const inside = ['netns', 'exec', this.namespace, program, ...args]
    const child = new LabProcess('ip', inside, options)
    this.#processes.add(child)
    void child.ended.then(() => this.#processes.delete(child))
    return child
  }

  /** Runs a program on this host to its end: gives its stdout, rejects with its stderr. */
  async run(program: string, ...args: string[]): Promise<string> {
    const child = this.start(program, args)
    const { code } = await child.ended
    if (code === 0) return child.lines.join('\n')
    throw new Error(`${program} ${args.join(' ')} on ${this.name}: ${child.errors.trim()}`)
  }

  /** Pulls the cable of an interface. */
  async unplug(nic = 'eth0'): Promise<void> {
    await ip(`-n ${this.namespace} link set ${nic} down`)
  }

  /** Puts the cable back. */
  async replug(nic = 'eth0'): Promise<void> {
    await ip(`-n ${this.namespace} link set ${nic} up`)
  }

  /** Lets so many bytes a second leave by an interface; null lifts the limit. */
  async limit(rate: number | null, nic = 'eth0'): Promise<void> {
    // Deleting what is not there fails; replacing never does.
    const line = `qdisc replace dev ${nic} root tbf rate ${(rate ?? 1e9) * 8}bit burst 64k latency 100ms`
    await admin('ip', 'netns', 'exec', this.namespace, 'tc', ...line.split(' '))
  }

  /** Bytes that came in by an interface since it was made. */
  async received(nic = 'eth0'): Promise<number> {
    return (await this.#counted(nic)).rx.bytes
  }

  /** Bytes that went out. */
  async sent(nic = 'eth0'): Promise<number> {
    return (await this.#counted(nic)).tx.bytes
  }

  /** Takes the interface out of the computer; it comes back by `LabNetwork.plug`. */
  async removeNic(nic = 'eth0'): Promise<void> {
    await ip(`-n ${this.namespace} link del ${nic}`)
  }

  /** Drops what matches in both directions: each rule an nftables expression, as `udp dport 5353`. */
  async drop(...rules: string[]): Promise<void> {
    await this.run('nft', 'add table inet lab')
    for (const hook of ['input', 'output']) {
      await this.run('nft', `add chain inet lab ${hook} { type filter hook ${hook} priority 0; }`)
      for (const rule of rules) await this.run('nft', `add rule inet lab ${hook} ${rule} drop`)
    }
  }

  /** Ends every process on it; none can be started any more. */
  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([...this.#processes].map((child) => child.stop()))
  }

  async #counted(nic: string): Promise<Counted> {
    const told = await ip(`-n ${this.namespace} -s -j link show dev ${nic}`)
    return (JSON.parse(told) as [{ stats64: Counted }])[0].stats64
  }
}
