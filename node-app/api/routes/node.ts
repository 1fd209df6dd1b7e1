import Type from '../schemas/type.ts'
import type { ApiContext } from '../context.ts'
import { ApiError, BrowserLink, Empty, Finding, Profile, Status } from '../schemas.ts'
import type { Api } from '../server.ts'

const whileLocked = { whileLocked: true }

/** The node as a whole: how it is, what is wrong with it, its name, its end. */
export function nodeRoutes(context: ApiContext) {
  const { engine, credentials } = context
  return async (app: Api): Promise<void> => {
    app.get(
      '/status',
      {
        config: whileLocked,
        schema: { summary: 'The node at a glance', response: { 200: Status, default: ApiError } },
      },
      () => context.status(),
    )
    app.get(
      '/doctor',
      {
        schema: {
          summary: 'What works here, what does not, and what to do about it',
          response: { 200: Type.Array(Finding), default: ApiError },
        },
      },
      () => context.doctor(),
    )
    app.put(
      '/profile',
      {
        schema: {
          summary: 'Rename this person in every room',
          body: Profile,
          response: { 200: Profile, default: ApiError },
        },
      },
      async (request) => {
        await engine.setName(request.body.name)
        return { name: engine.name }
      },
    )
    app.post(
      '/link',
      {
        config: whileLocked,
        schema: {
          summary: 'A link that opens the page in a browser: good once, for ten minutes',
          response: { 200: BrowserLink, default: ApiError },
        },
      },
      () => ({ url: `${context.url()}/#code=${credentials.issueCode()}` }),
    )
    app.post(
      '/stop',
      {
        config: whileLocked,
        schema: { summary: 'Stop the node', response: { 200: Empty, default: ApiError } },
      },
      (_request, reply) => {
        // The answer has to be out before the connections are closed.
        reply.raw.once('close', () => context.stop())
        void reply.header('connection', 'close').send({})
      },
    )
  }
}
