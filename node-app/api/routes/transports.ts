import Type from '../schemas/type.ts'
import type { TransportView as View } from '../../../core/api.ts'
import { PorchlightError } from '../../../core/errors.ts'
import type { ApiContext } from '../context.ts'
import { ApiError, DialRequest, Empty, SwitchRequest, TransportView } from '../schemas.ts'
import type { Api } from '../server.ts'

const Params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 32 }) })
const DIAL_LIMIT = 15_000

/** What carries bytes: on, off, and dialling by hand. */
export function transportRoutes({ engine }: ApiContext) {
  const find = (id: string): View => {
    const all = engine.transports()
    const found = all.find((transport) => transport.id === id)
    if (found !== undefined) return found
    const known = all.map((transport) => transport.id).join(', ') || 'none'
    throw new PorchlightError('NOT_FOUND', `There is no such transport. Known here: ${known}.`)
  }
  return async (app: Api): Promise<void> => {
    app.get(
      '/transports',
      {
        schema: {
          summary: 'The transports of this node',
          response: { 200: Type.Immutable(Type.Array(TransportView)), default: ApiError },
        },
      },
      () => engine.transports(),
    )
    app.put(
      '/transports/:id',
      {
        schema: {
          summary: 'Switch a transport on or off until the next start',
          params: Params,
          body: SwitchRequest,
          response: { 200: TransportView, default: ApiError },
        },
      },
      async (request) => {
        const { id } = find(request.params.id)
        await engine.switchTransport(id, request.body.on)
        return find(id)
      },
    )
    app.post(
      '/transports/:id/dial',
      {
        schema: {
          summary: 'Dial an address typed by hand',
          params: Params,
          body: DialRequest,
          response: { 200: Empty, default: ApiError },
        },
      },
      async (request) => {
        const { id } = find(request.params.id)
        await engine.dial(id, request.body.address, AbortSignal.timeout(DIAL_LIMIT))
        return {}
      },
    )
  }
}
