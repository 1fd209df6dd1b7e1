import type { ServerResponse } from 'node:http'

/** Aborts when the client goes away before it was answered. */
export function whileAsked(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new Error('the client went away'))
  })
  return gone.signal
}
