import type { ApiContext } from '../context.ts'
import { ApiError, Backup, Identity, Phrase, UnlockRequest } from '../schemas.ts'
import type { Api } from '../server.ts'

/** Who this person is, and how to become them again elsewhere. */
export function identityRoutes({ engine }: ApiContext) {
  return async (app: Api): Promise<void> => {
    app.get(
      '/identity',
      {
        schema: {
          summary: 'Who this person is on this device',
          response: { 200: Identity, default: ApiError },
        },
      },
      () => engine.identity.show(),
    )
    app.get(
      '/identity/phrase',
      {
        schema: {
          summary: 'The 24 words that make this person: whoever has them is this person',
          response: { 200: Phrase, default: ApiError },
        },
      },
      () => ({ phrase: engine.identity.phrase() }),
    )
    app.post(
      '/identity/backup',
      {
        schema: {
          summary: 'The person and the list of rooms as one file, which the passphrase alone opens',
          body: UnlockRequest,
          response: { 200: Backup, default: ApiError },
        },
      },
      async (request) => ({ file: await engine.identity.backup(request.body.passphrase) }),
    )
  }
}
