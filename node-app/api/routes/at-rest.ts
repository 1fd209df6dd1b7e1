import type { ApiContext } from '../context.ts'
import {
  ApiError,
  Empty,
  LockRequest,
  PassphraseRequest,
  UnlockRequest,
  WipeRequest,
} from '../schemas.ts'
import type { Api } from '../server.ts'

const whileLocked = { whileLocked: true }

/** The passphrase of this device, and the end of all that is on it. */
export function atRestRoutes(context: ApiContext) {
  const { atRest } = context
  return async (app: Api): Promise<void> => {
    app.post(
      '/lock',
      {
        config: whileLocked,
        schema: {
          summary: 'Lock the node; the passphrase is chosen here when there is none yet',
          body: LockRequest,
          response: { 200: Empty, default: ApiError },
        },
      },
      async (request) => {
        await atRest.lock(request.body.passphrase)
        return {}
      },
    )
    app.post(
      '/unlock',
      {
        config: whileLocked,
        schema: {
          summary: 'Unlock the node; tries are slowed down after wrong ones',
          body: UnlockRequest,
          response: { 200: Empty, default: ApiError },
        },
      },
      async (request) => {
        await atRest.unlock(request.body.passphrase)
        return {}
      },
    )
    app.put(
      '/passphrase',
      {
        schema: {
          summary: 'Choose, change or (null) remove the passphrase',
          body: PassphraseRequest,
          response: { 200: Empty, default: ApiError },
        },
      },
      async (request) => {
        const { current, next } = request.body
        await atRest.setPassphrase(current ?? undefined, next)
        return {}
      },
    )
    app.post(
      '/wipe',
      {
        config: whileLocked,
        schema: {
          summary: 'Erase everything of Porchlight on this device, the keys first; the node ends',
          body: WipeRequest,
          response: { 200: Empty, default: ApiError },
        },
      },
      async (_request, reply) => {
        void reply.header('connection', 'close').header('clear-site-data', '"cache", "storage"')
        try {
          await atRest.wipe()
          return {}
        } finally {
          // Also when something could not be erased: what is left is sealed with keys that are gone.
          if (reply.raw.closed) context.stop()
          else reply.raw.once('close', () => context.stop())
        }
      },
    )
  }
}
