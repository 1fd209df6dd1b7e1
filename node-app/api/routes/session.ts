import type { Api } from '../server.ts'
import type { ApiContext } from '../context.ts'
import { ApiError, Session, SessionRequest } from '../schemas.ts'

/** Where a browser trades the one-time code of its link for the token. */
export function sessionRoutes({ credentials }: ApiContext) {
  return async (app: Api): Promise<void> => {
    app.post(
      '/session',
      {
        schema: {
          summary: 'Trade the one-time code of a link for the token',
          security: [],
          body: SessionRequest,
          response: { 200: Session, default: ApiError },
        },
      },
      (request) => ({ token: credentials.redeem(request.body.code) }),
    )
  }
}
