import type { ServerResponse } from 'node:http'

/** Aborts when the client goes away before it was answered. */
export function whileAsked(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new Error('the client went away'))
  })
  return gone.signal
}

/** It may be quiet for longer than a connection is kept; the client's going is noticed all the same. */
export function patiently({ socket }: { socket: { setTimeout: (ms: number) => unknown } }): void {
  socket.setTimeout(0)
}
