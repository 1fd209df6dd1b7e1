import type { EngineApi } from '../core/api.ts'
import { locked } from '../core/identity/device-keys.ts'

/** Where the engine is while the node is unlocked; the routes hold on to `api`, engines come and go. */
export class EngineSlot {
  #engine: EngineApi | null = null
  /** The engine of the moment. Any use of it while there is none is `LOCKED`. */
  readonly api: EngineApi = new Proxy({} as EngineApi, {
    get: (_, name) => {
      if (!this.#engine) throw locked()
      const value: unknown = Reflect.get(this.#engine, name)
      return typeof value === 'function' ? (value.bind(this.#engine) as unknown) : value
    },
  })

  /** The engine that runs, or null while the node is locked. */
  get engine(): EngineApi | null {
    return this.#engine
  }

  put(engine: EngineApi | null): void {
    this.#engine = engine
  }
}
