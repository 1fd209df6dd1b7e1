import type { EngineApi } from '../../core/api.ts'
import { systemClock } from '../../core/clock.ts'
import { silentLogger } from '../../core/logger.ts'
import { systemRandom } from '../../core/random.ts'
import { Credentials } from '../../node-app/api/credentials.ts'
import { EventHub } from '../../node-app/api/event-hub.ts'
import type { Finding } from '../../node-app/api/schemas.ts'
import { createApi, type Api } from '../../node-app/api/server.ts'
import { builtPage } from '../../node-app/package-root.ts'
import { Previews } from '../../node-app/previews/previews.ts'
import { patientClock } from '../compliance/patient-clock.ts'
import { FakeAtRest } from './fake-at-rest.ts'

/** The real local API with the real page, in front of any engine. */
export class PageNode<E extends EngineApi = EngineApi> {
  readonly engine: E
  #app: Api | undefined
  #events: EventHub | undefined
  #credentials = new Credentials(systemClock, systemRandom)
  #port = 0
  readonly atRest = new FakeAtRest()
  readonly previews = new Previews({ clock: patientClock() })
  findings: Finding[] = [{ check: 'Storage', ok: true, says: 'There is room on the disk.' }]

  private constructor(engine: E) {
    this.engine = engine
  }

  static async start<E extends EngineApi>(engine: E): Promise<PageNode<E>> {
    const node = new PageNode(engine)
    await node.resume()
    return node
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** A fresh one-time link for a browser. */
  link(): string {
    return `${this.origin}/#code=${this.#credentials.issueCode()}`
  }

  /** Forgets every token, as a node that was started anew does. */
  async restart(): Promise<void> {
    await this.close()
    this.#credentials = new Credentials(systemClock, systemRandom)
    await this.resume()
  }

  /** Listens, on the port it had before. */
  async resume(): Promise<void> {
    const { engine } = this
    this.#events = new EventHub(systemClock)
    this.#events.follow(engine)
    this.atRest.onchange = (what) => {
      if (what === 'wiped') this.#events?.announceWipe()
      else this.#events?.follow(what === 'locked' ? null : engine)
    }
    this.#app = await createApi({
      engine,
      credentials: this.#credentials,
      events: this.#events,
      logger: silentLogger,
      version: '0.1.0',
      webRoot: builtPage,
      url: () => this.origin,
      status: async () => ({
        device: engine.deviceId,
        person: engine.personId,
        name: this.atRest.isLocked ? '' : engine.name,
        named: !this.atRest.isLocked && engine.named,
        version: '0.1.0',
        locked: this.atRest.isLocked,
        sealed: this.atRest.passphrase !== null,
        transports: Object.fromEntries(engine.transports().map(({ id, ...state }) => [id, state])),
        peers: engine.peers(),
        rooms: engine.rooms().length,
        storage: { used: 3_400_000, free: 58_000_000_000, quota: null },
        pid: 1,
        uptime: 0,
      }),
      doctor: async () => this.findings,
      stop: () => undefined,
      atRest: this.atRest,
      clock: systemClock,
      previews: this.previews,
    })
    await this.#app.listen({ port: this.#port, host: '127.0.0.1' })
    this.#port = (this.#app.server.address() as { port: number }).port
  }

  async close(): Promise<void> {
    this.#events?.close()
    await this.#app?.close()
  }
}
