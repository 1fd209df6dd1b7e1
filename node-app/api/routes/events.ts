import type { ApiContext } from '../context.ts'
import type { Api } from '../server.ts'

/** What happens, as it happens: server-sent events that resume by Last-Event-ID. */
export function eventRoutes({ events }: ApiContext) {
  return async (app: Api): Promise<void> => {
    app.get(
      '/events',
      {
        // A locked node has none but `reset` and `wiped`.
        config: { whileLocked: true },
        schema: {
          summary:
            'Events room, timeline, delivery, peers, transports, people, pairing, wiped, and reset when some were lost',
          produces: ['text/event-stream'],
        },
      },
      (request, reply) => {
        const header = request.headers['last-event-id']
        events.open(reply.raw, Array.isArray(header) ? header[0] : header)
        reply.hijack()
      },
    )
  }
}
