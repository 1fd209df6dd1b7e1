import { locked } from '../../core/identity/device-keys.ts'
import type { AtRest } from './context.ts'
import type { Api } from './server.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Served by a locked node too. */
    whileLocked?: boolean
  }
}

/** While the node is locked every route is 423 but those that say otherwise; a use puts off the locking. */
export function refuseWhileLocked(app: Api, atRest: AtRest): void {
  app.addHook('onRequest', (request, _reply, done) => {
    const served = request.routeOptions.config.whileLocked === true
    // Pages and programs read by themselves; a person changes something.
    if (request.method !== 'GET' && request.method !== 'HEAD') atRest.used()
    done(atRest.locked() && !served ? locked() : undefined)
  })
}
