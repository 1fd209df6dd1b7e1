import type { ApiContext } from '../context.ts'
import { ApiError, AvatarRequest, Empty, SwitchRequest } from '../schemas.ts'
import type { Api } from '../server.ts'

/** How this person shows to others: the picture, and whether they hear what was read. */
export function profileRoutes({ engine }: ApiContext) {
  return async (app: Api): Promise<void> => {
    app.put(
      '/identity/avatar',
      {
        schema: {
          summary: 'The picture that others see; it travels in the rooms',
          body: AvatarRequest,
          response: { 200: Empty, default: ApiError },
        },
      },
      async (request) => {
        await engine.identity.setAvatar(Buffer.from(request.body.image, 'base64'))
        return {}
      },
    )
    app.delete(
      '/identity/avatar',
      { schema: { summary: 'Have no picture', response: { 200: Empty, default: ApiError } } },
      async () => {
        await engine.identity.setAvatar(null)
        return {}
      },
    )
    app.get(
      '/identity/receipts',
      {
        schema: {
          summary: 'Whether others are told what was read',
          response: { 200: SwitchRequest, default: ApiError },
        },
      },
      () => ({ on: engine.identity.readReceipts }),
    )
    app.put(
      '/identity/receipts',
      {
        schema: {
          summary: 'Tell others what was read, or not',
          body: SwitchRequest,
          response: { 200: SwitchRequest, default: ApiError },
        },
      },
      async (request) => {
        await engine.identity.setReadReceipts(request.body.on)
        return { on: engine.identity.readReceipts }
      },
    )
  }
}
