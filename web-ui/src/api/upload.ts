import { ApiFailure } from './api-failure.ts'

export interface UploadOptions {
  readonly signal: AbortSignal
  /** Called with how many bytes the node has taken. */
  readonly onProgress: (sent: number) => void
}

/** PUTs a file straight from the disk: fetch() would not tell how far it came. */
export function put(
  address: string,
  body: Blob,
  token: string | null,
  { signal, onProgress }: UploadOptions,
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('PUT', address)
    request.setRequestHeader('content-type', 'application/octet-stream')
    if (token !== null) request.setRequestHeader('authorization', `Bearer ${token}`)
    const stop = (): void => request.abort()
    signal.addEventListener('abort', stop)
    request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded))
    request.addEventListener('load', () =>
      resolve({ status: request.status, text: request.responseText }),
    )
    for (const event of ['error', 'abort'])
      request.addEventListener(event, () => reject(ApiFailure.noAnswer()))
    request.addEventListener('loadend', () => signal.removeEventListener('abort', stop))
    if (signal.aborted) reject(ApiFailure.noAnswer())
    else request.send(body)
  })
}
